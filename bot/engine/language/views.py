"""The views under which a message is seen: words, characters, and sounds.

Each view turns a normalised text into a list of n-grams.  Words say what is meant, characters bridge
words that were cut differently, sounds survive homophones, typed pinyin and accents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.engine.language.pinyin import blur, syllables

_NOT_WORD = re.compile(r"\W+")


def grams(items: Sequence[str], longest: int) -> list[str]:
    """All runs of 1 to ``longest`` items, joined by a space."""
    return [
        " ".join(items[start : start + length])
        for length in range(1, longest + 1)
        for start in range(len(items) - length + 1)
    ]


def word_grams(words: Sequence[str]) -> list[str]:
    return grams(words, 2)


def character_grams(text: str) -> list[str]:
    return grams(_NOT_WORD.sub("", text), 3)


def sound_grams(text: str) -> list[str]:
    return grams([blur(each) for each in syllables(text)], 3)
