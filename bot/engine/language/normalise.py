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
# What the gateway hid, and the words that announced it: they say nothing of what is asked.
_HIDDEN = re.compile(
    r"(?:我叫|本人叫|姓名|名字|我的)?(?:身份证号?码?|手机号?码?|电话号?码?|银行卡号?|卡号|邮箱|住在|家住|住)?"
    r"[是叫: ]*〔[^〕]{1,6}〕[,、;。 ]*"
)
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
    text = _HIDDEN.sub(" ", text)
    text = _FILLERS.sub(" ", text)
    text = _REPEATED_MARKS.sub(r"\1", text)
    text = _REPEATED_CHARACTERS.sub(r"\1\1", text)
    text = _SPACES.sub(" ", text)
    return _SPACE_BETWEEN_HAN.sub("", text).strip(" ,，。、;；")
