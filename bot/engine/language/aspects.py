"""Which part of the answer a question asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from policy_kb.model import AspectWords


class _Word(NamedTuple):
    text: str
    aspect: str


class AspectFinder:
    """Looks for the words of policy_kb/aspects.yml; the longest found wins, of equals the last."""

    def __init__(self, aspects: Iterable[AspectWords]) -> None:
        self._words = tuple(_Word(word, aspect.id) for aspect in aspects for word in aspect.words)

    def find(self, text: str) -> str | None:
        """The aspect's id, or None where the question is about the measure as a whole."""
        found = [(len(word.text), text.rfind(word.text), word.aspect) for word in self._words if word.text in text]
        return max(found)[2] if found else None
