"""Words by their sound: what voice input and a Yunnan tongue confuse sounds the same here."""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import lazy_pinyin

_SAME = (
    *((r"^zh", "z"), (r"^ch", "c"), (r"^sh", "s"), (r"^r", "l"), (r"^n(?!g)", "l")),
    *((r"(?<=[aei])ng$", "n"), ("v", "i")),
)


@lru_cache(maxsize=4096)
def sound(text: str) -> tuple[str, ...]:
    """One syllable for each character, without tones, with zh/z, n/l, an/ang and the like made one."""
    return tuple(_flat(syllable) for character in text for syllable in lazy_pinyin(character))


def _flat(syllable: str) -> str:
    for written, flat in _SAME:
        syllable = re.sub(written, flat, syllable)
    return syllable
