"""Words as they sound.  失业斤 and shiyejin sound like 失业金, whatever an input method made of them."""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT

_HAN = re.compile(r"[一-鿿]+")
_RUN = re.compile(r"[一-鿿]+|[a-z]+|\d+")

# Sounds that people from Yunnan write for one another: z/zh, c/ch, s/sh, n/l, hu-/f- and -n/-ng.
_FUZZY = (
    (re.compile(r"^zh"), "z"),
    (re.compile(r"^ch"), "c"),
    (re.compile(r"^sh"), "s"),
    (re.compile(r"^n(?=[aeiouv])"), "l"),
    (re.compile(r"^hu(?=[aeiou])"), "f"),
    (re.compile(r"ng$"), "n"),
)


@lru_cache(maxsize=1)
def syllable_table() -> frozenset[str]:
    """Every toneless syllable of Mandarin that the pinyin library knows, v for ü."""
    found: set[str] = set()
    for code_point in range(0x4E00, 0x9FA6):
        for reading in PINYIN_DICT.get(code_point, "").split(","):
            if reading:
                found.add(_toneless(reading))
    return frozenset(syllable for syllable in found if syllable.isascii() and syllable.isalpha())


_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm")


def _toneless(reading: str) -> str:
    return reading.translate(_TONES)


@lru_cache(maxsize=8192)
def cut_syllables(letters: str) -> tuple[str, ...] | None:
    """``shiyedengji`` → (shi, ye, deng, ji); None where the letters are not pinyin.

    Of several ways to cut, the one with the fewest syllables (the longest ones) is taken.
    """
    table = syllable_table()
    best: list[tuple[str, ...] | None] = [()] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 6), end):
            head = best[start]
            if head is None or letters[start:end] not in table:
                continue
            current = best[end]
            if current is None or len(head) + 1 < len(current):
                best[end] = (*head, letters[start:end])
    return best[-1]


@lru_cache(maxsize=1 << 17)  # training reads everything twice
def _read(han: str) -> tuple[str, ...]:
    return tuple(lazy_pinyin(han, style=Style.NORMAL, v_to_u=False))


def syllables(text: str) -> list[str]:
    """The text read aloud: toneless syllables for Han characters and typed pinyin; other words as they are."""
    spoken: list[str] = []
    for run in _RUN.findall(text):
        if _HAN.match(run):
            spoken.extend(_read(run))
        elif run.isdigit():
            spoken.append(run)
        else:
            spoken.extend(cut_syllables(run) or (run,))
    return spoken


@lru_cache(maxsize=4096)
def blur(syllable: str) -> str:
    """The syllable without the distinctions that dialect speakers do not hear."""
    for pattern, replacement in _FUZZY:
        syllable = pattern.sub(replacement, syllable)
    return syllable


def is_typed_pinyin(text: str) -> bool:
    """Whether at least four letters of the text are pinyin that somebody typed instead of characters."""
    letters = "".join(re.findall(r"[a-z]+", text))
    return len(letters) >= 4 and cut_syllables(letters) is not None
