"""A rule's conditions, made ready for one day: strong Kleene logic with a fourth value for what an agency decides.

The values are in order: no < unknown < an agency decides < yes.  ``all`` is the least of its parts, ``any`` the
greatest, ``at_least n`` the n-th greatest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from policy_kb.eligibility.days import add_months
from policy_kb.eligibility.model import Condition, Fact, Parameter, ParameterValue
from policy_kb.eligibility.values import Known, Range, ends


class Truth(IntEnum):
    NO = 0
    UNKNOWN = 1
    AGENCY = 2
    YES = 3


NO, UNKNOWN, AGENCY, YES = Truth
_NOT = (YES, UNKNOWN, AGENCY, NO)
Test = Callable[[Known], Truth]
Truths = Sequence[Truth]


@dataclass(frozen=True)
class Leaf:
    """``slot``: where its truth stands among the truths of all tests; equal tests share one."""

    slot: int
    condition: Condition
    value: ParameterValue | None

    def truth(self, truths: Truths) -> Truth:
        return truths[self.slot]

    def behind(self, truths: Truths) -> Iterator[Leaf]:
        yield self


@dataclass(frozen=True)
class Not:
    child: Node
    condition: Condition

    def truth(self, truths: Truths) -> Truth:
        return _NOT[self.child.truth(truths)]

    def behind(self, truths: Truths) -> Iterator[Leaf]:
        return self.child.behind(truths)


@dataclass(frozen=True)
class Group:
    """At least ``count`` of the children."""

    count: int
    children: tuple[Node, ...]
    condition: Condition

    def truth(self, truths: Truths) -> Truth:
        return sorted(child.truth(truths) for child in self.children)[-self.count]

    def behind(self, truths: Truths) -> Iterator[Leaf]:
        """The leaves that make it what it is: those of an unknown are what could still change it."""
        whole = self.truth(truths)
        for child in self.children:
            if child.truth(truths) == whole:
                yield from child.behind(truths)


Node = Leaf | Not | Group


class Compiler:
    """Turns conditions into nodes and collects the tests of their leaves, for one day."""

    def __init__(self, facts: Mapping[str, Fact], parameters: Mapping[str, Parameter], day: date) -> None:
        self._facts, self._parameters, self._day = facts, parameters, day
        self._slots: dict[tuple[object, ...], int] = {}
        self._tests: list[tuple[str | None, Test]] = []

    def node(self, condition: Condition) -> Node:
        if condition.not_ is not None:
            return Not(self.node(condition.not_), condition)
        for count, children in (
            (len(condition.all or ()), condition.all),
            (1, condition.any),
            (condition.at_least or 0, condition.of),
        ):
            if children is not None:
                return Group(count, tuple(self.node(each) for each in children), condition)
        return self._leaf(condition)

    def truths(self, values: Mapping[str, Known]) -> list[Truth]:
        """The truth of every test; unknown where its fact is not among ``values`` or its value is don't know."""
        found = []
        for fact, test in self._tests:
            value = values.get(fact) if fact is not None else True
            found.append(UNKNOWN if value is None else test(value))
        return found

    def _leaf(self, condition: Condition) -> Leaf:
        name = condition.min or condition.max or condition.under or condition.within_months
        value = self._parameters[name].on(self._day) if name else None
        accepted = (condition.is_,) if isinstance(condition.is_, str) else condition.is_
        lapsed = condition.left_open or (name is not None and value is None)
        limits = (condition.min, condition.max, condition.under, condition.within_months)
        key = (condition.fact, accepted, limits, condition.agency, lapsed)
        if key not in self._slots:
            self._slots[key] = len(self._tests)
            held = AGENCY if condition.agency else YES
            test = _left_open if lapsed else self._test(condition, accepted, value.value if value else 0, held)
            self._tests.append((None if lapsed else condition.fact, test))
        return Leaf(self._slots[key], condition, value)

    def _test(self, condition: Condition, accepted: tuple[str, ...] | None, limit: int, held: Truth) -> Test:
        if accepted is not None:
            is_bool = self._facts[condition.fact or ""].type == "bool"
            return _is_one_of({each == "yes" for each in accepted} if is_bool else set(accepted), held)
        if condition.min is not None:
            return _within(limit, None, held)
        if condition.max is not None:
            return _within(None, limit, held)
        if condition.under is not None:
            return _within(None, limit - 1, held)
        return _within_months(limit, self._day, held)


def _left_open(value: Known) -> Truth:
    return AGENCY


def _is_one_of(accepted: set[bool] | set[str], held: Truth) -> Test:
    def test(value: Known) -> Truth:
        if not isinstance(value, (bool, str)):
            return UNKNOWN
        return held if value in accepted else NO

    return test


def _within(least: int | None, most: int | None, held: Truth) -> Test:
    """Whole numbers from ``least`` to ``most``, both inclusive."""

    def test(value: Known) -> Truth:
        if type(value) is int:
            low = high = value
        elif isinstance(value, Range):
            low, high = value.low, value.high  # type: ignore[assignment]  # the evaluator has checked: numbers
        else:
            return UNKNOWN
        if (high is not None and least is not None and high < least) or (
            low is not None and most is not None and low > most
        ):
            return NO
        inside_below = least is None or (low is not None and low >= least)
        inside_above = most is None or (high is not None and high <= most)
        return held if inside_below and inside_above else UNKNOWN

    return test


def _within_months(months: int, today: date, held: Truth) -> Test:
    def too_old(day: date) -> bool:
        return add_months(day, months) < today

    def test(value: Known) -> Truth:
        low, high = ends(value)
        if (isinstance(high, date) and too_old(high)) or (isinstance(low, date) and low > today):
            return NO
        if isinstance(low, date) and isinstance(high, date) and not too_old(low) and high <= today:
            return held
        return UNKNOWN

    return test
