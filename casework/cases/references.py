"""Case references: 12 digits that a person can read over the phone and nobody can guess.

Eleven are random, the last is a Damm check digit: it finds every single wrong digit and every swap of
neighbours.  The first is never 0, because twelve digits with a leading 0 read as a landline number.
"""

from __future__ import annotations

import re
import secrets
import unicodedata

from stdnum import damm

LENGTH = 12

_GAPS = re.compile(r"[\s\-‐‑‒–—―−_.·、,]+")


def new_reference() -> str:
    """Twelve digits without gaps, as they are stored; two are the same once in 90 thousand million."""
    digits = str(10**10 + secrets.randbelow(9 * 10**10))
    return digits + damm.calc_check_digit(digits)


def parse(text: str) -> str | None:
    """The stored form of what a person typed (gaps, hyphens and full-width digits do not matter).

    None if it is not a reference: wrong length, or a check digit that does not fit.
    """
    digits = _GAPS.sub("", unicodedata.normalize("NFKC", text))
    if not (len(digits) == LENGTH and digits.isascii() and digits.isdigit()):
        return None
    return digits if damm.is_valid(digits) else None


def shown(reference: str) -> str:
    """The reference in groups of four, as it is read out."""
    return " ".join(reference[start : start + 4] for start in range(0, LENGTH, 4))
