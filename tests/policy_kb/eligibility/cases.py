"""The clerk's examples (cases/*.yml), and further ones made from the rules at both sides of every boundary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from policy_kb.eligibility import DONT_KNOW, Condition, Fact, Known, Outcome, Range
from policy_kb.eligibility.days import add_months
from policy_kb.eligibility.model import Parameter
from policy_kb.knowledge import KnowledgeBase
from policy_kb.loading import read_yaml

HERE = Path(__file__).parent / "cases"
DAY = date(2026, 11, 23)
OUTCOMES: tuple[Outcome, ...] = ("yes", "no", "unknown", "not_in_force", "needs_review")


@dataclass(frozen=True)
class Case:
    measure: str
    facts: Mapping[str, Known]
    outcome: Outcome
    why: str
    day: date = DAY

    def __str__(self) -> str:
        return f"{self.measure}: {self.why}"


@dataclass(frozen=True)
class LeafCase:
    """One condition of a rule, the ``number``-th from the top, by itself: what it says to one value of its fact.

    ``value`` None: nothing has been said of the fact.
    """

    measure: str
    number: int
    fact: str
    value: Known | None
    truth: str
    day: date

    def __str__(self) -> str:
        return f"{self.measure}[{self.number}]: {self.fact} {self.value} on {self.day}"


def written(knowledge: KnowledgeBase) -> Iterator[Case]:
    for path in sorted(HERE.glob("*.yml")):
        for group in read_yaml(path):
            day = date.fromisoformat(group["day"]) if "day" in group else DAY
            for changes, outcome, why in group["rows"]:
                told = {**group["given"], **changes}
                facts = {name: read(knowledge.facts[name], said) for name, said in told.items() if said is not None}
                yield Case(path.stem, facts, OUTCOMES[OUTCOMES.index(outcome)], why, day)


def read(fact: Fact, said: str) -> Known:
    """What a clerk wrote, as the type of the fact."""
    if said == "dont_know":
        return DONT_KNOW
    if fact.type == "bool":
        return {"yes": True, "no": False}[said]
    if fact.type in ("choice", "place"):
        return said
    one: Any = int if fact.type == "number" else date.fromisoformat
    if ".." not in said:
        value: Known = one(said)
        return value
    low, high = said.split("..")
    return Range(one(low) if low else None, one(high) if high else None)


def made(knowledge: KnowledgeBase) -> Iterator[LeafCase]:
    """For every condition of every rule: unknown, both answers or all choices, and both sides of every boundary."""
    for rule in knowledge.rules.values():
        for number, leaf in enumerate(leaves(rule.conditions) if rule.conditions else ()):
            if leaf.fact is None:
                continue
            fact = knowledge.facts[leaf.fact]
            lapsed = _lapsed(knowledge, leaf)
            for nothing in (None, DONT_KNOW):
                yield LeafCase(rule.id, number, fact.id, nothing, "agency" if DAY in lapsed else "unknown", DAY)
            for day in lapsed:
                yield LeafCase(rule.id, number, fact.id, 0, "agency", day)
            held = "agency" if leaf.agency else "yes"
            for value, holds, day in _of_leaf(knowledge, fact, leaf):
                truth = "unknown" if holds is None else held if holds else "no"
                yield LeafCase(rule.id, number, fact.id, value, truth, day)


def _lapsed(knowledge: KnowledgeBase, leaf: Condition) -> tuple[date, ...]:
    """Of today and the days around the parameter's values: those on which none is in force."""
    parameter = _parameter(knowledge, leaf)
    if parameter is None:
        return ()
    one = timedelta(days=1)
    around = [day for each in parameter.values for day in (_plus(each.starts, -one), _plus(each.last_day, one)) if day]
    return tuple(day for day in (DAY, *around) if parameter.on(day) is None)


def _plus(day: date | None, more: timedelta) -> date | None:
    return None if day is None else day + more


def _parameter(knowledge: KnowledgeBase, leaf: Condition) -> Parameter | None:
    name = leaf.min or leaf.max or leaf.under or leaf.within_months
    return next((each for each in knowledge.parameters.parameters if each.id == name), None)


def leaves(condition: Condition) -> Iterator[Condition]:
    """From the top, as they stand in the file."""
    inner = (*(condition.all or ()), *(condition.any or ()), *(condition.of or ()))
    if not inner:
        yield condition
    for each in inner:
        yield from leaves(each)


Expected = Iterator[tuple[Known, bool | None, date]]
"""A value, whether the condition holds of it (None: it cannot be told), and the day of judging."""


def _of_leaf(knowledge: KnowledgeBase, fact: Fact, leaf: Condition) -> Expected:
    if leaf.is_ is not None:
        accepted = (leaf.is_,) if isinstance(leaf.is_, str) else leaf.is_
        answers: dict[str, Known] = {"yes": True, "no": False}
        if fact.type == "choice":
            answers = {each.id: each.id for each in fact.choices}
        for name, value in answers.items():
            yield value, name in accepted, DAY
        return
    parameter = _parameter(knowledge, leaf)
    for each in parameter.values if parameter else ():
        for day in sorted({each.starts or DAY, each.last_day or DAY}):
            yield from _of_dates(day, each.value) if leaf.within_months else _of_numbers(day, each.value, leaf)


def _of_numbers(day: date, limit: int, leaf: Condition) -> Expected:
    last = limit - 1 if leaf.under else limit
    below, above = bool(not leaf.min), bool(leaf.min)
    at = last if not leaf.min else limit - 1
    yield at - 1, below, day
    yield at, below, day
    yield at + 1, above, day
    yield at + 2, above, day
    yield Range(at - 1, at), below, day
    yield Range(at + 1, at + 2), above, day
    yield Range(at, at + 1), None, day
    yield Range(None, at), below, day
    yield Range(at + 1, None), above, day
    yield Range(None, at + 1), None, day


def _of_dates(day: date, months: int) -> Expected:
    one = timedelta(days=1)
    first = add_months(day, -months)
    for value, holds in ((first - one, False), (first, True), (first + one, True), (day, True), (day + one, False)):
        yield value, holds, day
    yield Range(first, day), True, day
    yield Range(first - one, first), None, day
    yield Range(day, day + one), None, day
    yield Range(None, first - one), False, day
    yield Range(day + one, None), False, day
    yield Range(first, None), None, day
