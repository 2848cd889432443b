"""What is known about a person, as JSON in the errand's state and as the evaluator's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from casework.fields import Value
from policy_kb import KnowledgeBase
from policy_kb.eligibility import DONT_KNOW, DontKnow, Fact, Known, Range
from policy_kb.model import Place


def to_json(value: Known) -> Any:
    if isinstance(value, DontKnow):
        return {"dont_know": True}
    if isinstance(value, Range):
        return {"low": _plain(value.low), "high": _plain(value.high)}
    return value.isoformat() if isinstance(value, date) else value


def from_json(fact: Fact, value: Any) -> Known:
    if isinstance(value, dict):
        return DONT_KNOW if "dont_know" in value else Range(_bound(fact, value["low"]), _bound(fact, value["high"]))
    return date.fromisoformat(value) if fact.type == "date" else value


def all_from_json(facts: Mapping[str, Fact], plain: Mapping[str, Any]) -> dict[str, Known]:
    return {fact: from_json(facts[fact], value) for fact, value in plain.items() if fact in facts}


def from_answer(fact: Fact, value: Value) -> Known:
    """A form's answer as the evaluator knows it: a month is the range of its days."""
    if fact.type == "date":
        low, high = date.fromisoformat(value.value["from"]), date.fromisoformat(value.value["to"])
        return low if low == high else Range(low, high)
    answer: Known = value.value
    return answer


def from_profile(fact: Fact, value: Any) -> Known | None:
    """A profile's value, whether a form or a check has put it there; None where it does not fit the fact."""
    match value:
        case {"from": str() as first, "to": str() as last} if fact.type == "date":
            low, high = date.fromisoformat(first), date.fromisoformat(last)
            return low if low == high else Range(low, high)
        case {"dont_know": True} | {"low": _, "high": _}:
            return from_json(fact, value)
        case bool() if fact.type == "bool":
            return value
        case int() if fact.type == "number" and not isinstance(value, bool):
            return value
        case str() if fact.type == "date":
            return date.fromisoformat(value)
        case str() if fact.type == "place" or any(choice.id == value for choice in fact.choices):
            return value
    return None


def shown(fact: Fact, value: Known, places: Sequence[Place]) -> str:
    """The value as it is read back to the person."""
    if isinstance(value, DontKnow):
        return "不清楚"
    if isinstance(value, bool):
        return "是" if value else "不是"
    if isinstance(value, Range):
        return "到".join(_day_or_number(fact, each) for each in (value.low, value.high) if each is not None)
    if isinstance(value, str) and fact.type == "place":
        return next((place.name for place in places if place.code == value), value)
    if isinstance(value, str):
        return next((choice.title for choice in fact.choices if choice.id == value), value)
    return _day_or_number(fact, value)


def in_words(knowledge: KnowledgeBase, told: Mapping[str, Known]) -> str:
    """All of them, as they are read back to the person."""
    facts = [(knowledge.facts[fact], value) for fact, value in told.items()]
    return "，".join(f"{fact.title}：{shown(fact, value, knowledge.places)}" for fact, value in facts)


def _day_or_number(fact: Fact, bound: int | date) -> str:
    if isinstance(bound, date):
        return f"{bound.year}年{bound.month}月{bound.day}日"
    return f"{bound}{ {'years': '岁', 'months': '个月', 'yuan': '元'}.get(fact.unit or '', '') }"


def _plain(bound: int | date | None) -> Any:
    return bound.isoformat() if isinstance(bound, date) else bound


def _bound(fact: Fact, bound: Any) -> int | date | None:
    return date.fromisoformat(bound) if bound is not None and fact.type == "date" else bound
