"""What a text names outright, and what is left of it when the asking is taken away."""

from __future__ import annotations

import re
from itertools import pairwise

from policy_kb import KnowledgeBase

_ADDRESS = re.compile(
    r"对了|请问|想问一下|想问|问一下|问下|麻烦|谢谢|一下|一个月|每个月|每月|一个人|到底|具体|大概|还有没得|有没得"
)
_AND = re.compile(r"和|跟|与|及|以及|还有|、|,|同")
_SMALL_WORDS = frozenset(
    "那这要的呢吗嘛啊呀吧噶嘎嘞喽有没是了个我你您他她它们得给能会可以去到克办还再就也都和跟哪些什么样多少咋怎几谁在需把被让得着过又整弄搞做领拿现"
)
SHORT = 2


class Mentions:
    """Looks for the names of measures in a text, and tells a bare question from one with a subject."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._names: list[tuple[str, str]] = sorted(
            (
                (name, measure.id)
                for measure in knowledge.measures.values()
                for name in (measure.label, *measure.phrases)
            ),
            key=lambda pair: (-len(pair[0]), pair[0]),
        )
        self._aspect_words = sorted(
            (word for aspect in knowledge.aspects.values() for word in aspect.words), key=lambda word: -len(word)
        )
        self._ambiguous = {each.word: each.measures for each in knowledge.ambiguous}

    def measures(self, text: str) -> tuple[str, ...]:
        """The measures that are named, in the order of the text; a name inside a longer one does not count."""
        return tuple(dict.fromkeys(measure for _, _, measure in self._spans(text)))

    def joined(self, text: str) -> tuple[str, ...]:
        """Measures named one beside the other: 创业担保贷款和培训补贴怎么弄; () where none are."""
        spans = self._spans(text)
        found: list[str] = []
        for (_, end, one), (start, _, other) in pairwise(spans):
            if one != other and _AND.fullmatch(text[end:start]):
                found += [one, other]
        return tuple(dict.fromkeys(found))

    def _spans(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and measure of each name, in the order of the text."""
        found: list[tuple[int, int, str]] = []
        for name, measure in self._names:
            start = text.find(name)
            if start >= 0:
                found.append((start, start + len(name), measure))
                text = text.replace(name, "\0" * len(name))
        return sorted(found)

    def subject(self, text: str) -> str:
        """The text without the words that ask (怎么办, 多少钱) and the small words: what it is about."""
        for word in self._aspect_words:
            text = text.replace(word, " ")
        text = _ADDRESS.sub(" ", text)
        return "".join(each for each in text if each.isalnum() and each not in _SMALL_WORDS)

    def is_bare(self, text: str) -> bool:
        """Whether the question leaves out what it is about: 那要什么材料, 一个月有多少."""
        return len(self.subject(text)) <= SHORT and not self.readings(text) and not self.measures(text)

    def readings(self, text: str) -> tuple[str, ...]:
        """The measures that a text may mean which says nothing but one ambiguous word; () for any other."""
        for known in (re.sub(r"\W", "", text), self.subject(text)):
            if known in self._ambiguous:
                return self._ambiguous[known]
        return ()
