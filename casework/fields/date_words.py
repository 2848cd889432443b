"""The grammar of dates: which words of a text name which days."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from casework.fields.answer import Wrong
from casework.fields.calendar_words import DAYS, MONTHS, PARTS, WEEKDAYS, WEEKS, YEARS
from casework.fields.numerals import number_in
from casework.fields.spans import Span, half_of_year, months_off, of_day, of_month, of_week, of_year, part_of_month

_N = "[0-9零〇一二三四五六七八九十两廿卅]"
_D = "[0-9零〇一二三四五六七八九]"
_GAP = r"[，,、嘛呢的那个]{0,3}"
_LONGEST_AGO = 120


class Found(NamedTuple):
    start: int
    end: int
    outcome: Span | Wrong


class _When(NamedTuple):
    """The day of the question, and whether a date without its year lies ahead."""

    today: date
    forward: bool


def _any(words: Mapping[str, int] | Mapping[str, str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_YEAR = (
    rf"(?:(?P<year>{_D}{{4}}|{_D}{{2}})年|(?P<years>{_any(YEARS)})"
    rf"|(?P<ago>{_N}{{1,3}})年前(?={_GAP}{_N}{{1,2}}月))"
)
_MONTH = rf"(?:(?P<month>{_N}{{1,3}}+)月份?|(?P<months>{_any(MONTHS)}))"
_DAY = rf"(?P<day>{_N}{{1,3}}+)(?:[号日](?!子)|(?![{_N[1:-1]}个年天块岁点人月万千百多几.]))"
_PART = rf"(?P<part>{_any(PARTS)})"


def find(text: str, today: date, forward: bool) -> list[Found]:
    """The dates in ``text`` (without spaces), in order, none within another."""
    found: list[Found] = []
    at = 0
    while at < len(text):
        for pattern, resolve in _GRAMMAR:
            when = _When(today, forward)
            if resolve is _day_only and found and text[found[-1].end : at] in ("到", "至"):
                when = _after(found[-1].outcome, when)
            if (match := pattern.match(text, at)) and (outcome := _outcome(resolve, match, when)) is not None:
                found.append(Found(match.start(), match.end(), outcome))
                at = match.end()
                break
        else:
            at += 1
    return found


def _after(before: Span | Wrong, when: _When) -> _When:
    """10号到15号: the second day is in the month of the first, or the next."""
    return _When(before.first, forward=True) if isinstance(before, Span) else when


def _outcome(resolve: _Resolve, match: re.Match[str], when: _When) -> Span | Wrong | None:
    try:
        return resolve(match, when)
    except (ValueError, OverflowError):  # beyond the calendar's years
        return Wrong("这个日期太远了。请说年、月、日，比如“2024年3月5日”。")


def _written(match: re.Match[str], when: _When) -> Span | Wrong | None:
    """1998-3-5, 1998.3, 98.3, 3.5."""
    first, second, third = match["first"], int(match["second"]), match["third"]
    if third is not None:
        return _on(_century(first, when), second, int(third))
    if len(first) == 4 or int(first) > 12:
        return _in(_century(first, when), second)
    return _without_year(int(first), second, when) if 1 <= second <= 31 else None


def _compact(match: re.Match[str], when: _When) -> Span | Wrong | None:
    """19980305 and 199803."""
    year, month, day = int(match["year"]), int(match["month"]), match["day"]
    if not 1900 <= year <= when.today.year + 20:
        return None
    return _in(year, month) if day is None else _on(year, month, int(day))


def _bare_year(match: re.Match[str], when: _When) -> Span | None:
    year = int(match["year"])
    return of_year(year) if 1900 <= year <= when.today.year + 20 else None


def _with_year(match: re.Match[str], when: _When) -> Span | Wrong | None:
    """去年, 98年3月, 前年腊尾: a year and what follows of it."""
    year = _year(match, when)
    if match["this_time"]:
        return of_month(year, when.today.month)
    if match["half"]:
        return half_of_year(year, match["half"])
    if match["ends"]:
        return of_month(year, 1 if match["ends"] in "初头" else 12)
    if not match["month"]:
        return of_year(year)
    month = number_in(match["month"]) or 0
    return _month_of(year, month, match)


def _year(match: re.Match[str], when: _When) -> int:
    if match["year"]:
        digits = f"{number_in(match['year']):02d}"
        return _century(digits if len(match["year"]) == 2 else digits.zfill(4), when)
    if match["ago"]:
        return when.today.year - (number_in(match["ago"]) or 0)
    return when.today.year + YEARS[match["years"]]


def _century(digits: str, when: _When) -> int:
    """Two digits are the last such year, or the next where the date lies ahead."""
    if len(digits) == 4:
        return int(digits)
    latest = when.today.year + (20 if when.forward else 0)
    return latest - (latest - int(digits)) % 100


def _month_of(year: int, month: int, match: re.Match[str]) -> Span | Wrong:
    if match["day"]:
        return _on(year, month, number_in(match["day"]) or 0)
    whole = _in(year, month)
    if match["part"] and isinstance(whole, Span):
        return part_of_month(year, month, PARTS[match["part"]])
    return whole


def _with_month(match: re.Match[str], when: _When) -> Span | Wrong | None:
    """上个月15号, 3月底, 10月1号."""
    if match["months"]:
        return _month_of(*months_off(when.today, MONTHS[match["months"]]), match)
    month = number_in(match["month"]) or 0
    if match["day"]:
        return _without_year(month, number_in(match["day"]) or 0, when)
    year = when.today.year
    this = _month_of(year, month, match)
    if isinstance(this, Wrong):
        return this
    if when.forward:
        return this if this.last >= when.today else _month_of(year + 1, month, match)
    return this if this.first <= when.today else _month_of(year - 1, month, match)


def _without_year(month: int, day: int, when: _When) -> Span | Wrong:
    if (month, day) == (2, 29):
        return Wrong("2月29号不是每年都有。请连年份一起说，比如“2024年2月29日”。")
    this = _on(when.today.year, month, day)
    if isinstance(this, Wrong):
        return this
    if when.forward:
        return this if this.first >= when.today else _on(when.today.year + 1, month, day)
    return this if this.first <= when.today else _on(when.today.year - 1, month, day)


def _day_only(match: re.Match[str], when: _When) -> Span | Wrong | None:
    """15号: of this month, or of the last (the next, ahead)."""
    day = number_in(match["day"]) or 0
    if not 1 <= day <= 31:
        return Wrong(f"没有{day}号这一天。请再说一次是哪天。")
    off = 0 if (day >= when.today.day if when.forward else day <= when.today.day) else 1 if when.forward else -1
    year, month = months_off(when.today, off)
    if day > monthrange(year, month)[1]:
        return Wrong(f"请连月份一起说，比如“{month}月{monthrange(year, month)[1]}号”。")
    return _on(year, month, day)


def _part_only(match: re.Match[str], when: _When) -> Span:
    return part_of_month(when.today.year, when.today.month, PARTS[match["part"]])


def _start_of_year(_match: re.Match[str], when: _When) -> Span:
    return of_month(when.today.year, 1)


def _ago(match: re.Match[str], when: _When) -> Span | Wrong:
    """三天前 is a day, 两个星期前 a week, 三个月前 a month, 两年前 a year."""
    vague = Wrong("大概是哪年几月？说个年份和月份就行，比如“2024年3月”。")
    if match["vague"]:
        return vague
    number = 0 if match["number"] == "半" else number_in(match["number"])
    half = match["number"] == "半" or bool(match["half"] or match["half_more"])
    if number is None or number > (_LONGEST_AGO if match["unit"] == "年" else 1200):
        return vague
    ahead = 1 if match["side"] == "后" else -1
    unit = match["unit"]
    if unit in "天日":
        return of_day(when.today + ahead * timedelta(days=number))
    if unit == "年":
        months = ahead * (12 * number + 6)
        return of_month(*months_off(when.today, months)) if half else of_year(when.today.year + ahead * number)
    if unit == "月":
        if not half:
            return of_month(*months_off(when.today, ahead * number))
        middle = when.today + ahead * timedelta(days=30 * number + 15)
        return Span(middle - timedelta(days=2), middle + timedelta(days=2))
    return of_week(when.today + ahead * timedelta(days=7 * number))


def _day_word(match: re.Match[str], when: _When) -> Span:
    return of_day(when.today + timedelta(days=DAYS[match["days"]]))


def _week(match: re.Match[str], when: _When) -> Span:
    week = of_week(when.today + timedelta(days=7 * WEEKS[match["week"]]))
    weekday = WEEKDAYS.get(match["weekday"] or "")
    return week if weekday is None else of_day(week.first + timedelta(days=weekday))


def _on(year: int, month: int, day: int) -> Span | Wrong:
    whole = _in(year, month)
    if isinstance(whole, Wrong):
        return whole
    if not 1 <= day <= whole.last.day:
        return Wrong(f"{year}年{month}月没有{day}号，只到{whole.last.day}号。请再说一次是哪天。")
    return of_day(date(year, month, day))


def _in(year: int, month: int) -> Span | Wrong:
    if not 1 <= month <= 12:
        return Wrong(f"没有{month}月，月份是 1 到 12。请再说一次。")
    return of_month(year, month)


_Resolve = Callable[[re.Match[str], _When], Span | Wrong | None]
_UNIT = r"(?:个|个?(?P<half>半))?(?:(?P<unit>天|日|星期|礼拜|周|月|年)(?P<half_more>半)?)"
_GRAMMAR: tuple[tuple[re.Pattern[str], _Resolve], ...] = tuple(
    (re.compile(pattern), resolve)
    for pattern, resolve in (
        (
            rf"(?P<number>{_N}{{1,4}}?|半)(?:个?多个?|(?P<vague>几|来|一两|两三))?{_UNIT}(?P<more>多)?(?:[以之])?(?P<side>[前后])(?!{_GAP}{_N}{{1,2}}月)",
            _ago,
        ),
        (
            r"(?<!\d)(?P<first>\d{4}|\d{1,2})[-./](?P<second>\d{1,2})(?:[-./](?P<third>\d{1,2}))?(?!\d)(?:[日号](?!子))?",
            _written,
        ),
        (r"(?<!\d)(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})?(?!\d)", _compact),
        (
            rf"(?<!{_D}){_YEAR}{_GAP}(?:(?P<this_time>差?不?多?这个?时候)|(?P<half>[上下]半年)|年?(?P<ends>[初底末尾头])"
            rf"|(?P<month>{_N}{{1,3}}+)月份?{_GAP}(?:{_DAY}|{_PART})?|(?!了|多|以))",
            _with_year,
        ),
        (rf"(?<!{_N}){_MONTH}(?!亮|饼|薪|嫂|租|经){_GAP}(?:{_DAY}|{_PART})?", _with_month),
        (rf"(?<!{_N})(?P<day>{_N}{{1,3}})[号日](?!子|线|楼)", _day_only),
        (rf"月(?P<part>{_any(PARTS)})", _part_only),
        (r"年初", _start_of_year),
        (rf"(?P<days>{_any(DAYS)})", _day_word),
        (rf"(?P<week>{_any(WEEKS)})个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天1-7])?", _week),
        (r"(?<!\d)(?P<year>(?:19|20)\d{2})(?!\d)", _bare_year),
    )
)
