"""Dates in people's words: 上个月15号, 去年底, 1998.3, 半个月前."""

from __future__ import annotations

import re
from datetime import date, timedelta

from casework.fields.answer import Question, Reading, Value, Wrong, rest_of, without
from casework.fields.date_words import Found, find
from casework.fields.spans import Span

_LUNAR = re.compile(r"农历|阴历|旧历|腊月|正月|冬月|(?<!月)(?<!年)初[一二三四五六七八九十]|大年|除夕|三十晚上")
_FEAST = re.compile(
    r"过[了完]?年|春节|年前|年后|元宵|清明|端午|中秋|国庆|五一|劳动节|元旦|火把节|泼水节|放假|开学|暑假|寒假|收[苞谷稻]|栽秧|[春夏秋冬]天"
)
_UNCLEAR = re.compile(
    r"疫情|前几年|前些年|前[几两]天|前段|前久|前一?阵|这[久段]|最近|刚|好久|很久|早就|以前|多年|几年|[几些]个?月|小时候|年轻|记不|忘|不[晓知]|认不得|不清楚"
)
_TO = re.compile(r"[到至~\-—]+")
_OWN = (
    r"从|自从|自|开始|起|失业|失了业|下岗|待业|没得?|工作|活路|的?那?时候|时间|那[天年个]月?|被|裁员?|辞退|开除|离职|辞职|解雇|前后|出生|生日|生|毕业|拿到?|办|现在|一直"
    r"|得|公司|厂子?|工地|倒闭|解除|合同|当中|期间|份|干|做|不|到|的|才|日期|号|记得|印象"
)
EARLIEST_YEAR = 1900
_CLOSE = timedelta(days=31)


def read_date(question: Question, text: str) -> Reading:
    """{"from": day, "to": day}, ISO: the same twice where the day is known, else the month or year that it is in."""
    joined = re.sub(r"\s+", "", re.sub(r"(?<=\d)\s+(?=\d)", "-", text))
    found = find(joined, question.today, forward=question.field.least is not None and question.field.least >= 0)
    rest = rest_of(without(joined, [(each.start, each.end) for each in found]), _OWN)
    if _LUNAR.search(joined):
        return Reading(
            Wrong("请说阳历（公历）的日期，比如“2024年3月5日”。农历的可以看一下日历再告诉我。"), rest or joined
        )
    outcomes = [each.outcome for each in found]
    wrong = next((outcome for outcome in outcomes if isinstance(outcome, Wrong)), None)
    if wrong:
        return Reading(wrong, rest)
    if not outcomes:
        return Reading(_unread(joined), joined)
    span = _one(joined, found)
    if span is None:
        return Reading(Wrong("您说了不止一个日期。请只说一个。"), rest)
    return Reading(_bounded(question, span), rest)


def _unread(text: str) -> Wrong:
    if _FEAST.search(text) or _UNCLEAR.search(text):
        return Wrong("大概是哪年几月？说个年份和月份就行，比如“2024年3月”。")
    return Wrong("没看懂日期。请说年、月、日，比如“2024年3月5日”；记不清哪天，说到月也行。")


def _one(text: str, found: list[Found]) -> Span | None:
    """The one span that is meant: the narrowest of those within each other, or from one day to a near one."""
    spans = [each.outcome for each in found if isinstance(each.outcome, Span)]
    if len(found) == 2 and _TO.fullmatch(text[found[0].end : found[1].start]):
        first, second = spans
        near = first.first <= second.last and second.last - first.first <= _CLOSE
        return Span(first.first, second.last) if near else None
    narrowest = min(spans, key=lambda span: span.last - span.first)
    return narrowest if all(span.holds(narrowest) for span in spans) else None


def _bounded(question: Question, span: Span) -> Value | Wrong:
    least, most, today = question.field.least, question.field.most, question.today
    earliest = date(EARLIEST_YEAR, 1, 1) if least is None else _off(today, least)
    latest = None if most is None else _off(today, most)
    if latest is not None and span.first > latest:
        if most == 0:
            return Wrong("这个日期还没到。请说今天或者今天以前的日期。")
        return Wrong(f"这个日期太晚了，最晚是{_day(latest)}。请再说一次。")
    if span.last < earliest:
        if least == 0:
            return Wrong("这个日期已经过了。请说今天或者今天以后的日期。")
        return Wrong(f"这个日期太早了，最早是{_day(earliest)}。请再说一次。")
    kept = Span(max(span.first, earliest), span.last if latest is None else min(span.last, latest))
    return Value({"from": kept.first.isoformat(), "to": kept.last.isoformat()}, span.shown)


def _off(today: date, days: int) -> date:
    try:
        return today + timedelta(days=days)
    except OverflowError:
        return date.min if days < 0 else date.max


def _day(day: date) -> str:
    return Span(day, day).shown
