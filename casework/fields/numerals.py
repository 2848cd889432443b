"""Numbers as people write and say them: 55, 五十五, 八万五, 8.5w, 一九九八, 幺三八."""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("零一二三四五六七八九", range(10), strict=True)),
    **dict(zip("〇壹贰叁肆伍陆柒捌玖", range(10), strict=True)),
    **{"两": 2, "俩": 2, "幺": 1, "洞": 0, "拐": 7},
}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "k": 1000}
_LARGE = {"万": 10**4, "萬": 10**4, "w": 10**4, "亿": 10**8}
_TENS = {"廿": "二十", "卅": "三十"}
_SPOKEN = "".join(_DIGITS)[10:]
NUMERAL = rf"[0-9{_SPOKEN}十拾百佰千仟万萬亿廿卅]"
"""One character of a number, as a regex."""
_TOKEN = re.compile(r"\d+(?:\.\d+)?|.")
_SPOKEN_RUN = re.compile(rf"(?:[{_SPOKEN}0-9][\s\-]*){{3,}}")


def number_in(text: str) -> int | None:
    """The whole number that ``text`` is, and nothing besides it; None for anything else."""
    amount = decimal_in(text)
    return int(amount) if amount is not None and amount == amount.to_integral_value() else None


def decimal_in(text: str) -> Decimal | None:
    """The number that ``text`` is: 八万五 is 85000, 8万5千 too, 一百二 is 120, 三点五 is 3.5."""
    spelled = "".join(_TENS.get(each, each) for each in text.lower().replace(",", "").replace("点", "."))
    if not spelled or len(spelled) > 30:
        return None
    if re.fullmatch(rf"[{_SPOKEN}0-9]+(?:\.[{_SPOKEN}0-9]+)?", spelled):
        return Decimal("".join(each if each == "." else str(_DIGITS[each]) for each in spelled))
    return _with_units("".join(str(_DIGITS[each]) if each in _SPOKEN else each for each in spelled))


def _with_units(text: str) -> Decimal | None:
    total = section = Decimal(0)
    pending: Decimal | None = None
    unit, after_zero = 0, False
    for token in _TOKEN.findall(text):
        if token in _LARGE:
            section += pending or 0
            if not section:
                return None
            # 一亿二千万: what stands before a larger unit than the last is multiplied with it alone.
            total, unit = total + section * _LARGE[token], _LARGE[token]
            section, pending, after_zero = Decimal(0), None, False
        elif token in _SMALL:
            if pending is None and (token not in "十拾" or (unit and unit < 100)):
                return None
            section += (Decimal(1) if pending is None else pending) * _SMALL[token]
            pending, unit, after_zero = None, _SMALL[token], False
        elif token[0].isdigit() and pending is None:
            stripped = token.lstrip("0") if len(token) > 1 and unit and "." not in token else token
            after_zero = after_zero or token[0] == "0"
            pending = Decimal(stripped) if stripped and token != "0" else None
            if token == "0" and not unit:
                return None
        elif token[0].isdigit() and after_zero:
            return None
        else:
            return None
    # 八万五, 一百二: a last digit without its unit counts in the next smaller one.
    small = pending is not None and pending < 10 and pending == pending.to_integral_value()
    if pending is not None and unit >= 100 and small and not after_zero:
        pending *= unit // 10
    return total + section + (pending or 0)


def as_digits(text: str) -> str:
    """``text`` with runs of spoken digits (幺三八, at least three) written as 138; its length stays the same."""
    return _SPOKEN_RUN.sub(lambda run: "".join(str(_DIGITS.get(each, each)) for each in run[0]), text)


def only_digits(text: str) -> str:
    """:func:`as_digits` for numbers without letters: an O among digits is a zero."""
    return re.sub(r"(?<=\d)[oO]+(?=\d)", lambda letters: "0" * len(letters[0]), as_digits(text))
