"""What a reader gives back, and how an answer is told from the polite words around it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policy_kb.model import Place
from policy_kb.procedures import ApplicationField


@dataclass(frozen=True)
class Value:
    """An answer that was understood.

    ``value`` is JSON: str, int, float, bool, list[str] or dict.  ``shown`` is how it is read back, and reads
    again to the same value.  ``tells``: what else follows from it (an identity tells birth date and sex).
    """

    value: Any
    shown: str
    tells: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wrong:
    """What is wrong and how to mend it, for the person; a personal value is never repeated in it."""

    message: str


@dataclass(frozen=True)
class Reading:
    """The outcome, and what of the text is neither the value nor padding: empty means that all was answer."""

    outcome: Value | Wrong
    rest: str = ""


@dataclass(frozen=True)
class Question:
    """What is asked, of whom it is read, and when."""

    field: ApplicationField
    today: date
    places: Sequence[Place]


_PADDING = (
    "我们家|我家|我们|本人|自己|我|你好|您好|同志|老师|领导|麻烦|谢谢|请|帮我|帮忙|给|就是|是|叫做?|为|的话|的|呢|哩|嘞|地"
    "|写上|写|填|记|选择|选|改成|改为|登记|应该|大概|大约|差不多|左右|可能|嘛|嘎|噶|嗄|哦|喔|哈|呀|啊|呵|嘅|吧|了|啦|咯|喽|么|呃|嗯|那个"
    "|这个|这里|那里|那边|这边|好|来|就|在|有|号码|一共|总共"
)
_MARKS = r"[\s，,。.、：:；;！!~～…“”\"'‘’（）()【】\[\]<>《》\-—_]"
_ASKING = re.compile(
    r"[?？吗]|什么|啥|怎么|咋|哪|多少|为何|能不能|可不可以|是不是|有没有|要不要|几时|几号|谁|如何|请问|[行得好]不[行得好]"
)


def rest_of(text: str, own: str = "") -> str:
    """What remains of ``text`` without padding; ``own`` are the padding words of one type, as a regex.

    A question is never padding, however polite.
    """
    if _ASKING.search(text):
        return text
    return re.sub(rf"{own}|{_PADDING}|{_MARKS}" if own else rf"{_PADDING}|{_MARKS}", "", text)


def asks(text: str) -> bool:
    """Whether ``text`` has the shape of a question."""
    return _ASKING.search(text) is not None


def without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """``text`` without the pieces at ``spans``, a space where each was."""
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(text[at:start])
        at = max(at, end)
    return " ".join((*kept, text[at:]))
