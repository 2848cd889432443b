"""The figures that a Chinese text states: amounts, shares, lengths of time, ages, times of day, dates.

``figures(answer) - figures(quotes)`` is what an answer states and its quotes do not.  So equal figures come out
as equal strings however they were written (10万 = 10万元 = 100,000元, 一年 = 1年, 半年 = 6个月, 2022年年底 =
2022-12-31), and a date also yields what it implies: 2022年12月31日 supports 2022年12月 and 2022年.

Not figures: numbers without a unit (12333, 4.1), document and article numbers (〔2022〕57号, 第45条), and numerals
that only count things or are part of a word (三条, 一次性, 一人一档, 二维码, 一个月多少钱).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

_CHINESE = "〇零一二两三四五六七八九十"
_NUMERAL = f"[{_CHINESE}][{_CHINESE}百千万亿]{{0,15}}"
_DIGITS = {**{character: value for value, character in enumerate("〇一二三四五六七八九")}, "零": 0, "两": 2}
_ONE_FORM = str.maketrans("０１２３４５６７８９％．壹贰叁肆伍陆柒捌玖拾佰仟", "0123456789%.一二三四五六七八九十百千")
_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}


class _Unit(NamedTuple):
    pattern: str
    name: str
    in_words: int | None = 1
    """From which value on a Chinese numeral makes it a figure; None where only digits do."""


# The first that fits wins.  The look-aheads keep words apart that begin with a unit: 人员, 户籍, 年级, 天然.
_UNITS = (
    _Unit("个?工作日", "工作日"),
    _Unit("个?(?:自然|日历)日|天(?!然|赋|津)|日(?!报|常|元)", "天"),
    _Unit("周?岁", "岁"),
    _Unit("年半", "年半"),
    _Unit("周年|个?年(?!级|龄|轻|货)", "年"),
    _Unit("个半月", "个半月"),
    _Unit("个多月", "多个月"),
    _Unit("个月", "个月"),
    _Unit("个?(?:星期|礼拜)|周(?!边|围|期)", "周"),
    _Unit("个?(?:小时(?!工)|钟头)", "小时"),
    _Unit("分钟", "分钟"),
    _Unit("%", "%"),
    _Unit("‰", "‰"),
    _Unit("个百分点", "个百分点"),
    _Unit("元(?!化)|块钱", "元"),
    _Unit("块(?!儿|地|头)", "元", 10),
    _Unit("倍(?!增|受|感)", "倍"),
    _Unit("次(?!性|数|要|序)", "次", 2),
    _Unit("(?:人(?![员工社均力才民大行事们次口家数选])|名(?![字称单额义下]))", "人", None),
    _Unit("户(?![籍口主外头均])", "户", None),
    _Unit("个", "个", None),
)

_UNIT = re.compile("|".join(f"(?P<u{index}>{unit.pattern})" for index, unit in enumerate(_UNITS)))
_NUMBER = re.compile(
    rf"(?:(?P<arabic>(?<![0-9.])[0-9]{{1,12}}(?:\.[0-9]{{1,4}})?(?!\.?[0-9]))|(?P<words>{_NUMERAL}))"
    r"(?P<more>[多余])?(?P<scale> ?[万亿]{1,2}|[十百千][万亿]?)?(?P<over>[多余])?"
)
_HALF_YEAR = re.compile(r"(?<![上下前后大多年])半年(?!报)|(?<![个])半(?P<unit>个月|小时)(?!工)")
# 初级1000、中级1500、高级2000元 and 3～12个月: the unit stands with the last number only.
_SHARED = re.compile(r"(?:[、/或和及与至到~～—–-])[^\W\d_]{0,4}")
_SHARED_IN_WORDS = re.compile(r"[至到~～—–-]")
_COUNTED_NEXT = re.compile(r"[家套辆亩吨条件台级种所]")

# 一个月1710元 and 一年多少 say per what, not how long; 这一年 and 有一天 say when.
_NOT_A_LENGTH_BEFORE = "元块万钱每这那哪有同某头上下前后当大"
_NOT_A_LENGTH_AFTER = re.compile(
    r"[^，。；：、？！]{0,5}(?:多少|几|一次|一回)|(?:最低|最高|最多|至少)?[0-9.]+[万千百]?元"
)
_LENGTHS = frozenset({"天", "年", "个月", "周", "小时"})
_IDIOMS = re.compile(
    "一年到头|一年四季|一年一度|一天到晚|三天两头|三天打鱼，?两天晒网|一日三餐|十年如一日|三番[五两]次"
)

# 年龄18～65, 男60女50
_AGE_WITHOUT_UNIT = re.compile(
    r"(?:年龄|男性?|女性?)满?[1-9][0-9](?:[至到~～—–-][1-9][0-9])?(?![0-9岁周年个天日元%％万人户名次倍至到~～—–.-])"
)
_MONTH_OR_DAY = "[0-9]{1,2}|[一二三四五六七八九十]{1,3}"
_YEAR = "(?:19|20)[0-9]{2}"
_DATE = re.compile(
    rf"(?<![0-9.])(?:(?P<year>{_YEAR})年(?:(?P<month>{_MONTH_OR_DAY})月(?:(?P<day>{_MONTH_OR_DAY})[日号])?|年?(?P<end>[底末终]))?"
    rf"|(?P<iso>{_YEAR}(?P<mark>[-/.])[01]?[0-9](?P=mark)[0-3]?[0-9]|{_YEAR}-(?:0[1-9]|1[0-2]))(?![0-9.-])"
    rf"|(?P<only_month>{_MONTH_OR_DAY})月(?P<only_day>{_MONTH_OR_DAY})[日号]"
    rf"|(?P<same>{_YEAR})(?=(?:[、至到~～—–-]{_YEAR}){{1,9}}年)"
    r"|(?P<lone_month>1[0-2]|0?[1-9])月(?!嫂))"
)
_UNTIL = re.compile(r"[至到~～—–-]")
_TIME = re.compile(r"(?<![0-9:])(?P<hour>[01]?[0-9]|2[0-4])[:：](?P<minute>[0-5][0-9])(?![0-9:])")
_FRACTION = re.compile(r"(?<![0-9/])[1-9][0-9]?/[1-9][0-9]?(?![0-9/])")


def figures(text: str) -> frozenset[str]:
    """The figures of ``text`` in one normal form.  Never raises; spacing and full-width digits make no difference."""
    found: set[str] = set()
    rest = _normal(text)
    for pattern, read in ((_DATE, _dates), (_TIME, _times), (_FRACTION, _fractions)):
        found.update(read(rest))
        rest = pattern.sub("｜", rest)
    found.update(_half_years(rest))
    found.update(_quantities(_HALF_YEAR.sub("｜", rest)))
    return frozenset(found)


def _normal(text: str) -> str:
    text = text.translate(_ONE_FORM)
    # Whitespace is no text, but two numbers stay two: 12333 10天.
    text = re.sub(rf"(?<![0-9{_CHINESE}])\s+|\s+(?![0-9{_CHINESE}百千万亿])", "", text)
    text = re.sub(r"\s+", " ", text)
    text = _IDIOMS.sub("｜", text)
    text = re.sub(r"(?<![0-9])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])", lambda match: match[0].replace(",", ""), text)
    text = _AGE_WITHOUT_UNIT.sub(r"\g<0>岁", text)
    text = re.sub("([0-9]+)万([0-9])千", lambda match: f"{match[1]}.{match[2]}万", text)
    text = re.sub("[一二][〇零一二三四五六七八九]{3}(?=年)", _digit_by_digit, text)
    text = re.sub(f"百分之(百|{_NUMERAL})", lambda match: f"{_value(match[1])}%", text).replace("百分之", "")
    text = re.sub("百分百", "100%", text)
    text = re.sub(f"千分之({_NUMERAL})", lambda match: f"{_value(match[1])}‰", text)
    text = re.sub(
        "([二三四五六七八九十]{1,2})分之([一二三四五六七八九])",
        lambda match: f"{_value(match[2])}/{_value(match[1])}",
        text,
    )
    text = re.sub("([二两三四五六七八九])成(?=[，。；、）的左右以到]|$)", lambda match: f"{_value(match[1])}0%", text)
    return re.sub("(?<!另)一半", "50%", text)


def _digit_by_digit(match: re.Match[str]) -> str:
    return "".join(str(_DIGITS[character]) for character in match[0])


def _value(numeral: str) -> int:
    """十六 → 16, 两千零五 → 2005, 一百二十万 → 1200000."""
    whole = section = digit = 0
    for character in numeral:
        scale = _SCALES.get(character)
        if scale is None:
            digit = _DIGITS[character]
        elif scale < 10_000:
            section += (digit or 1) * scale
            digit = 0
        else:
            whole = (whole + section + digit or 1) * scale
            section = digit = 0
    return whole + section + digit


def _dates(text: str) -> Iterator[str]:
    year, end = "", -1
    for match in _DATE.finditer(text):
        if match["only_month"]:
            # 2025年1月1日至12月31日: the second date is of the first one's year.
            carried = year if year and _UNTIL.fullmatch(text[end : match.start()]) else ""
            yield from _date(carried, match["only_month"], match["only_day"])
        elif match["iso"]:
            year, month, *day = re.split("[-/.]", match["iso"])
            yield from _date(year, month, *day)
        elif match["lone_month"]:
            yield from _date("", match["lone_month"])
        else:
            year = match["year"] or match["same"]
            month, day_of_month = ("12", "31") if match["end"] else (match["month"], match["day"])
            yield from _date(year, month, day_of_month)
        end = match.end()


def _date(year: str, month: str | None = None, day: str | None = None) -> Iterator[str]:
    """The date and all that it implies, so that a vaguer date is supported by an exact one."""
    in_year = f"{year}年" if year else ""
    if in_year:
        yield in_year
    if month:
        in_month = f"{_month_or_day(month)}月"
        yield from {in_month, in_year + in_month}
        if day:
            on_day = f"{in_month}{_month_or_day(day)}日"
            yield from {on_day, in_year + on_day}


def _month_or_day(written: str) -> int:
    return int(written) if written.isascii() else _value(written)


def _times(text: str) -> Iterator[str]:
    return (f"{int(match['hour'])}:{match['minute']}" for match in _TIME.finditer(text))


def _fractions(text: str) -> Iterator[str]:
    return (match[0] for match in _FRACTION.finditer(text))


def _half_years(text: str) -> Iterator[str]:
    return (f"0.5{match['unit']}" if match["unit"] else "6个月" for match in _HALF_YEAR.finditer(text))


class _Number(NamedTuple):
    match: re.Match[str]
    value: Decimal
    scaled: bool
    unit: _Unit | None
    end: int

    @property
    def in_words(self) -> bool:
        return self.match["words"] is not None


def _quantities(text: str) -> Iterator[str]:
    following: _Number | None = None
    for number in reversed(list(_numbers(text))):
        if number.unit is None and following and following.unit and _shares_unit(text, number, following):
            number = number._replace(unit=following.unit)
        following = number
        if number.unit is None:
            if number.scaled and not _COUNTED_NEXT.match(text, number.end):
                yield _written(number, "元")
        elif _is_figure(text, number, number.unit):
            yield _written(number, number.unit.name)


def _numbers(text: str) -> Iterator[_Number]:
    for match in _NUMBER.finditer(text):
        if text.startswith("第", max(0, match.start() - 1)):
            continue
        unit = _UNIT.match(text, match.end())
        numeral, scale = match["words"], (match["scale"] or "").strip()
        values = _around(numeral) if numeral else (Decimal(match["arabic"]),)
        scaled = any(each in (numeral or "") + scale for each in "万亿")
        for value in values:
            for each in scale:
                value *= _SCALES[each]
            yield _Number(match, value, scaled, _unit_of(unit), unit.end() if unit else match.end())


def _around(numeral: str) -> tuple[Decimal, ...]:
    """两三 is two or three; all else is one number."""
    if len(numeral) == 2 and all(character in _DIGITS for character in numeral):
        return tuple(Decimal(_DIGITS[character]) for character in numeral)
    return (Decimal(_value(numeral)),)


def _unit_of(match: re.Match[str] | None) -> _Unit | None:
    return _UNITS[int(match.lastgroup[1:])] if match and match.lastgroup else None


def _shares_unit(text: str, number: _Number, following: _Number) -> bool:
    between = text[number.end : following.match.start()]
    if number.in_words:
        return _SHARED_IN_WORDS.fullmatch(between) is not None
    return _SHARED.fullmatch(between) is not None and not _numbers_a_list_or_a_telephone(text, number)


def _numbers_a_list_or_a_telephone(text: str, number: _Number) -> bool:
    written, before = number.match[0], text[max(0, number.match.start() - 1) : number.match.start()]
    if re.fullmatch(r"12\d{3}|1[3-9]\d{9}|0\d{9,11}", written) or (before and before in "打拨线话"):
        return True
    return len(written) <= 2 and text.startswith("、", number.end) and not before.strip("。；：】”！？\n")


def _is_figure(text: str, number: _Number, unit: _Unit) -> bool:
    if not number.in_words:
        return True
    if unit.in_words is None or number.value < unit.in_words:
        return False
    if number.value != 1 or unit.name not in _LENGTHS:
        return True
    before = text[max(0, number.match.start() - 1) : number.match.start()]
    return not (before and before in _NOT_A_LENGTH_BEFORE) and not _NOT_A_LENGTH_AFTER.match(text, number.end)


def _written(number: _Number, unit: str) -> str:
    value, more = number.value, "多" if number.match["more"] or number.match["over"] else ""
    if unit == "年半":
        value, unit = value * 12 + 6, "个月"
    if unit == "个半月":
        value, unit = value + Decimal("0.5"), "个月"
    large = value >= 10_000
    return f"{_plain(value / 10_000 if large else value)}{more}{'万' if large else ''}{unit}"


def _plain(value: Decimal) -> str:
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
