"""For whom somebody asks: for themselves, for another person, or for a company."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from policy_kb.model import FactWords

Whose = Literal["self", "family", "employer"]
_KINDS: tuple[Whose, ...] = ("self", "family", "employer")
APPLICANT = "applicant"
"""The id under which fact_words.yml keeps these words.  It is no fact: no rule depends on it."""
_ON_BEHALF = re.compile("(?:替|帮|给|代表?|为)[^，,。]{1,8}(?:问|查|算|打听)(?:$|[的呢了下一看，,。!！])")


class ApplicantWords:
    """Of the entries of fact_words.yml the first counts that has a word in the text."""

    def __init__(self, words: Sequence[FactWords]) -> None:
        self._entries = [each for each in words if each.fact == APPLICANT]

    def of(self, text: str) -> Whose | None:
        """None where the text does not say it."""
        found = next((each.value for each in self._entries if any(word in text for word in each.words)), None)
        return named(found)

    def said_outright(self, text: str) -> Whose | None:
        """As :meth:`of`, where the text is about nothing else: 我是替公司问的.  An answer names a company too."""
        return self.of(text) if _ON_BEHALF.search(text) else None


def named(value: str | None) -> Whose | None:
    return next((each for each in _KINDS if each == value), None)
