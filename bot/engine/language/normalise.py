"""One spelling for what people write in many."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from opencc import OpenCC

MAX_CHARACTERS = 2000

# Said while thinking; they carry no question.  Only where they stand alone between other things, so
# that 那个 in 那个贷款 (which points at something) stays.
_FILLERS = re.compile(r"(?<![一-鿿])(?:嗯+|呃+|额+|哦+|噢+|唉+|哎+|诶+|em+|hmm+)(?![一-鿿a-z])")
_REPEATED_MARKS = re.compile(r"([。，、！？!?,.~…])\1+")
_REPEATED_CHARACTERS = re.compile(r"(.)\1{3,}")
_SPACES = re.compile(r"\s+")
_SPACE_BETWEEN_HAN = re.compile(r"(?<=[一-鿿]) (?=[一-鿿])")


@lru_cache(maxsize=1)
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


def _keep(character: str) -> bool:
    """False for emoji, symbols, control characters and lone surrogates."""
    category = unicodedata.category(character)
    return not (
        category in ("So", "Sk", "Cs", "Co", "Cn", "Cf", "Mn") or (category == "Cc" and character not in "\n\t")
    )


def normalise(text: str) -> str:
    """NFKC, simplified, lower case; emoji, fillers, repeats and odd spaces dropped.

    Never raises, whatever the text; the result may be empty.
    """
    text = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])
    text = "".join(character if _keep(character) else " " for character in text)
    text = _simplifier().convert(text).lower()
    text = _FILLERS.sub(" ", text)
    text = _REPEATED_MARKS.sub(r"\1", text)
    text = _REPEATED_CHARACTERS.sub(r"\1\1", text)
    text = _SPACES.sub(" ", text)
    return _SPACE_BETWEEN_HAN.sub("", text).strip(" ,，。、;；")
