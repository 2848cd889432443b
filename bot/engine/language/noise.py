"""Typing errors made from clean sentences, as people's phones and accents make them.

Seeded: the same sentence with the same seed always gives the same errors, so that training repeats.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache

from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

_HAN = re.compile(r"[一-鿿]")
_MARKS = re.compile(r"[，。？！、；：,.?!;:]")
_FILLERS = ("嗯", "那个", "就是", "哎", "请问一下", "你好", "麻烦问一下", "额", "这个")
_TAILS = ("😭", "😂", "🙏", "啊", "呢", "嘛", "哈", "～", "！！", "？？", "谢谢", "急")
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


class Homophones:
    """Characters that sound alike, weighted by how often a corpus uses them.

    The corpus is the project's own text: an input method offers what is common first.
    """

    def __init__(self, corpus: Iterable[str]) -> None:
        frequency: dict[str, int] = {}
        for text in corpus:
            for character in _HAN.findall(text):
                frequency[character] = frequency.get(character, 0) + 1
        self._alike: dict[str, list[str]] = {}
        for character in sorted(frequency, key=lambda each: -frequency[each]):
            self._alike.setdefault(_sound(character), []).append(character)

    def of(self, character: str) -> list[str]:
        return [other for other in self._alike.get(_sound(character), ()) if other != character][:6]


@lru_cache(maxsize=8192)
def _sound(character: str) -> str:
    return lazy_pinyin(character, style=Style.NORMAL)[0]


@lru_cache(maxsize=1)
def _to_traditional() -> OpenCC:
    return OpenCC("s2t")


class Augmenter:
    """Makes noisy copies of a sentence.  ``copies`` of different kinds, chosen by the sentence's own seed."""

    def __init__(self, corpus: Iterable[str], seed: int) -> None:
        self._homophones = Homophones(corpus)
        self._seed = seed
        self._kinds: tuple[Callable[[str, random.Random], str], ...] = (
            self.mishear,
            self.mishear,
            self.pinyin,
            self.mixed_pinyin,
            self.without_marks,
            self.with_fillers,
            self.slip,
            self.traditional,
        )

    def copies(self, text: str, count: int) -> list[str]:
        """Up to ``count`` different noisy forms of ``text``; none is the text itself."""
        source = random.Random(self._seed ^ zlib.crc32(text.encode()))
        made: list[str] = []
        for kind in source.sample(self._kinds, k=len(self._kinds)):
            if len(made) == count:
                break
            noisy = kind(text, source)
            if noisy != text and noisy not in made:
                made.append(noisy)
        return made

    def mishear(self, text: str, source: random.Random) -> str:
        """One to three characters replaced by others of the same sound: 失业金 → 失业斤."""
        characters = list(text)
        places = [index for index, each in enumerate(characters) if self._homophones.of(each)]
        source.shuffle(places)
        for index in places[: source.randint(1, max(1, min(3, len(places) // 4)))]:
            characters[index] = source.choice(self._homophones.of(characters[index]))
        return "".join(characters)

    def pinyin(self, text: str, source: random.Random) -> str:
        """All of it typed as toneless pinyin, with or without spaces."""
        return source.choice(("", " ", " ")).join(lazy_pinyin(text, style=Style.NORMAL, errors="default")).lower()

    def mixed_pinyin(self, text: str, source: random.Random) -> str:
        """One stretch of two to four characters typed as pinyin, the rest as it was."""
        if len(text) < 4:
            return self.pinyin(text, source)
        length = source.randint(2, 4)
        start = source.randrange(0, len(text) - length + 1)
        spelled = "".join(lazy_pinyin(text[start : start + length], style=Style.NORMAL, errors="default"))
        return text[:start] + spelled + text[start + length :]

    def without_marks(self, text: str, source: random.Random) -> str:
        return _MARKS.sub(lambda _: source.choice(("", " ", "")), text).strip()

    def with_fillers(self, text: str, source: random.Random) -> str:
        return source.choice(_FILLERS) + source.choice(("，", " ", "")) + text.rstrip("。？！?") + source.choice(_TAILS)

    def slip(self, text: str, source: random.Random) -> str:
        """A character dropped, doubled or swapped with its neighbour."""
        if len(text) < 4:
            return text
        index = source.randrange(0, len(text) - 1)
        return source.choice(
            (
                text[:index] + text[index + 1 :],
                text[: index + 1] + text[index:],
                text[:index] + text[index + 1] + text[index] + text[index + 2 :],
            )
        )

    def traditional(self, text: str, source: random.Random) -> str:
        return str(_to_traditional().convert(text)).translate(_FULL_WIDTH)
