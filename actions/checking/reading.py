"""Reading the answer to one fact's question: what a form's field reads, and besides it ranges and 不清楚."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from actions.checking.known import from_answer
from casework.fields import Wrong, certain, read
from casework.fields.numerals import number_in
from policy_kb.eligibility import DONT_KNOW, Fact, Known, Range
from policy_kb.model import Place
from policy_kb.procedures import ApplicationField, FieldType

_TYPES: Mapping[str, FieldType] = {
    "bool": "yes_no",
    "number": "number",
    "date": "date",
    "choice": "choice",
    "place": "place",
}
_DONT_KNOW = re.compile(
    r"(?:我|这个|那个|真|实在)*(?:也|都|还)?(?:"
    r"(?:不|没)(?:太|大|很|咋)?(?:清楚|知道|晓得|确定|清|准|懂|明白|记得)"
    r"|(?:认|记|搞|说|弄|整|晓|讲|想|分)不(?:太|大)?(?:清楚|明白|得|清|准|懂|到|起来?|好|出)"
    r"|知不道|忘(?:记)?(?:掉|球)?了|不好说|没(?:有)?听(?:说)?过|莫名其妙|跳过"
    r")(?:了|呢|嘛|嘎|咯|啰|啊|哦|呀|的)*"
)
"""Not 没得 and 不得, which say no in Yunnan."""
_SAID = r"(?P<number>[\d零〇一二两三四五六七八九十百千万.]{1,8})"
_TENS = re.compile(rf"{_SAID}(?:多|几|来)(?:岁|个月|年)?")
_YEARS = re.compile(rf"(?:大概|大约|差不多|有)?{_SAID}年(?P<half>半)?(?:多|左右)?(?:了|吧)?")


def field_of(fact: Fact) -> ApplicationField:
    """The fact as a form's field, so that one set of readers understands both."""
    return ApplicationField(
        id=fact.id,
        type=_TYPES[fact.type],
        label=fact.title,
        prompt=fact.question or "",
        help=fact.help or "",
        why=fact.why or "",
        choices=fact.choices,
        most=0 if fact.type == "date" else None,
    )


def read_fact(fact: Fact, text: str, today: date, places: Sequence[Place]) -> Known | Wrong:
    """The value that ``text`` gives to ``fact``; a range where that is what was said."""
    plain = text.strip(" 。.!！，,")
    if _DONT_KNOW.fullmatch(plain):
        return DONT_KNOW
    if fact.type == "number" and (found := _range(fact, plain)) is not None:
        return found
    value = read(field_of(fact), text, today, places)
    return value if isinstance(value, Wrong) else from_answer(fact, value)


def chosen_or_read(fact: Fact, text: str, today: date, places: Sequence[Place]) -> Known | Wrong:
    """As :func:`read_fact`, where ``text`` may also be what a button stands for: a choice's id, yes, no, dont_know."""
    if text == "dont_know":
        return DONT_KNOW
    if fact.type == "bool" and text in ("yes", "no"):
        return text == "yes"
    if any(text == choice.id for choice in fact.choices):
        return text
    return read_fact(fact, text, today, places)


def surely_answers(fact: Fact, text: str, today: date, places: Sequence[Place]) -> bool:
    plain = text.strip(" 。.!！，,")
    if _DONT_KNOW.fullmatch(plain) or (fact.type == "number" and _range(fact, plain) is not None):
        return True
    return certain(field_of(fact), text, today, places)


def _range(fact: Fact, text: str) -> Range | None:
    """四十多 is 40 to 49; for months 三年 is 36 to 47, because nobody counts them."""
    if fact.unit == "months" and (match := _YEARS.fullmatch(text)):
        months = 12 * (number_in(match["number"]) or 0) + (6 if match["half"] else 0)
        return Range(months, months + (5 if match["half"] else 11))
    if match := _TENS.fullmatch(text):
        low = number_in(match["number"])
        if low and low % 10 == 0:
            return Range(low, low + (9 if low < 100 else low - 1))
    return None
