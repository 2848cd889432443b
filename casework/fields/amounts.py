"""Sums of money in yuan, and whole numbers of people, years and the like."""

from __future__ import annotations

import re
from decimal import Decimal

from casework.fields.answer import Value, Wrong
from casework.fields.free_text import cores, plain
from casework.fields.numerals import number_in
from policy_kb.procedures import ApplicationField

_NUMERAL = r"[0-9零〇一二两俩三四五六七八九十廿卅百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬wWkK点.,]"
_VAGUE = re.compile(
    r"半|[一二三四五六七八九两][二三四五六七八九两](?:个|名|位|口|次|块)|[0-9一二两三四五六七八九十百千万][多几来]|几[十百千万个年]|[数好]几|上[百千万]|[一二两三四五六七八九](?:、|,)?[二三四五六七八九两][十百千万个年岁]"
)
_MINUS = re.compile(rf"[-−负]\s*(?={_NUMERAL})")
_MONEY = re.compile(
    rf"(?:想要?|要|贷款|贷|借|工资|到手|是)*(?:人民币|¥|￥|rmb)?({_NUMERAL}+)(?:块钱|元钱|块|元整|元|圆|钱|rmb)?",
    re.IGNORECASE,
)
_JIAO = re.compile(rf"({_NUMERAL}+)(?:块|元)({_NUMERAL})[角毛]?")
_SMALL = re.compile(rf"({_NUMERAL}+)(毛|角|分)钱?")
_PER = re.compile(r"(?:每个?|一个)月|[每一]年")
_NOTHING = re.compile(r"(?:一[个分毛]|一样)?[都也]?(?:没有|没得|莫得|不有|没|无|冇)")
_UNITS = r"口人|个人|个月|个小时|周岁|公里|小时|人|个|名|位|口|岁|年|月|天|次|家|份|套|户|亩|辆|台|间|床|号"
_COUNT = re.compile(rf"(?:一共|总共|共|快|满|今年|家里|有)*({_NUMERAL}+)(?:{_UNITS})?")
_FOUND = re.compile(rf"{_NUMERAL}+")
_NO_MONEY = rf"(?!{_NUMERAL}|个|人|口|岁|年|月|天|日|号|次|家|名|位|楼)"
_LONGEST = 30
"""Characters; a number in a longer text is about something else."""


def exact_amount(core: str) -> Decimal | None:
    """The yuan that ``core`` is and nothing besides it."""
    core = _PER.sub("", core.replace(" ", ""))
    if _NOTHING.fullmatch(core):
        return Decimal(0)
    if _VAGUE.search(core):
        return None
    if match := _SMALL.fullmatch(core):
        number = _decimal(match[1])
        return None if number is None else number / (100 if match[2] == "分" else 10)
    if match := _JIAO.fullmatch(core):
        whole, tenth = _decimal(match[1]), number_in(match[2])
        return whole + Decimal(tenth) / 10 if whole is not None and tenth is not None and tenth < 10 else None
    return _decimal(match[1]) if (match := _MONEY.fullmatch(core)) else None


def exact_number(core: str) -> int | None:
    """The whole number that ``core`` is, with or without what it counts."""
    core = core.replace(" ", "")
    if _NOTHING.fullmatch(core):
        return 0
    match = _COUNT.fullmatch(core)
    if match is None or _VAGUE.search(core):
        return None
    number = _decimal(match[1])
    return int(number) if number is not None and number == int(number) else None


def read_amount(field: ApplicationField, text: str) -> Value | Wrong:
    """Yuan: an int where there are no jiao, else a float."""
    said = _PER.sub("", plain(text))
    found = next((each for core in cores(said) if (each := exact_amount(core)) is not None), None)
    if found == 0 and (field.least or 0) > 0:  # 没有 says nothing of how much it is to be
        found = None
    if found is None and (_VAGUE.search(said) or (found := _only(said, _NO_MONEY)) is None):
        return Wrong("请说一个准数，单位是元，比如 3200 或者“八万五”。")
    if _MINUS.search(said):
        return Wrong("钱数不能是负的，请重新说一个数。")
    yuan = int(found) if found == int(found) else float(found)
    return _bounded(field, yuan, f"{yuan:,} 元", " 元")


def read_number(field: ApplicationField, text: str) -> Value | Wrong:
    said = plain(text)
    found = next((each for core in cores(said) if (each := exact_number(core)) is not None), None)
    if found is None:
        only = None if _VAGUE.search(said) else _only(said)
        if only is None or only != int(only):
            return Wrong("请说一个整数，比如 3 或者“三”。")
        found = int(only)
    if _MINUS.search(said):
        return Wrong("不能是负数，请重新说一个数。")
    return _bounded(field, found, str(found), "")


def _bounded(field: ApplicationField, number: int | float, shown: str, unit: str) -> Value | Wrong:
    if field.least is not None and number < field.least:
        return Wrong(f"这个数太小了，最少是 {field.least}{unit}。请看看有没有说错。")
    if field.most is not None and number > field.most:
        return Wrong(f"这个数太大了，最多是 {field.most}{unit}。请看看有没有说错。")
    return Value(number, shown)


def _only(text: str, after: str = "") -> Decimal | None:
    """The number in ``text`` if there is just one; with two of them nobody knows which is meant.

    ``after``: what has to follow it, as a regex.
    """
    if len(text) > _LONGEST:
        return None
    found = [number for each in re.findall(_FOUND.pattern + after, text) if (number := _decimal(each)) is not None]
    return found[0] if len(found) == 1 else None


def _decimal(text: str) -> Decimal | None:
    """1200.50, 8.5w, 三点五万, and all that :func:`number_in` knows; commas only between thousands."""
    text = text.lower().replace("点", ".").strip(".,")
    if "," in text:
        if not re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
            return None
        text = text.replace(",", "")
    if match := re.fullmatch(r"([^.]+)\.([^.w万k千]+)([w万k千]?)", text):
        whole, unit = number_in(match[1]), {"": 1, "k": 1000, "千": 1000, "w": 10000, "万": 10000}[match[3]]
        tail = [number_in(each) for each in match[2]]
        if whole is None or len(tail) > 6 or any(each is None or each > 9 for each in tail):
            return None
        return Decimal(f"{whole}.{''.join(map(str, tail))}") * unit
    number = number_in(text)
    return None if number is None or number > 10**12 else Decimal(number)
