"""A rule's conditions, made ready for one day: strong Kleene logic with a fourth value for what an agency decides.

The values are in order: no < unknown < an agency decides < yes.  ``all`` is the least of its parts, ``any`` the
greatest, ``at_least n`` the n-th greatest.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
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


@dataclass(frozen=True)
class Split:
    """A tree that asks for one answer in several places, so that its parts are not independent.

    Where the answer is not known, the tree is looked at under each possible one.  ``leaves``: all that ask for it;
    ``answers``: what each of them is under each answer.
    """

    leaves: tuple[Leaf, ...]
    answers: tuple[tuple[Truth, ...], ...]
    child: Node

    def truth(self, truths: Truths) -> Truth:
        whole = self.child.truth(truths)
        if whole != UNKNOWN or not self._open(truths):
            return whole
        found = {self.child.truth(each) for each in self._under_each(truths)}
        return found.pop() if len(found) == 1 else UNKNOWN

    def behind(self, truths: Truths) -> Iterator[Leaf]:
        if self.child.truth(truths) != UNKNOWN or not self._open(truths):
            yield from self.child.behind(truths)
            return
        whole = self.truth(truths)
        if len(set(self.shapes(truths))) > 1:
            yield from self.leaves
        for each in self._under_each(truths):
            if self.child.truth(each) == whole:
                yield from self.child.behind(each)

    def shapes(self, truths: Truths) -> tuple[Hashable, ...]:
        """The child's under each answer: where they are all the same, the answer does not matter."""
        if self.child.truth(truths) != UNKNOWN or not self._open(truths):
            return (_shape(self.child, truths),)
        return tuple(_shape(self.child, each) for each in self._under_each(truths))

    def _open(self, truths: Truths) -> bool:
        return truths[self.leaves[0].slot] == UNKNOWN

    def _under_each(self, truths: Truths) -> Iterator[Truths]:
        for answer in self.answers:
            under = list(truths)
            for leaf, truth in zip(self.leaves, answer, strict=True):
                under[leaf.slot] = truth
            yield under


Node = Leaf | Not | Group | Split


def _shape(node: Node, truths: Truths) -> Hashable:
    """What becomes of the node under the answers that are still open; the leaves alone would not tell two apart that
    wait for the same answers and then say different things."""
    if isinstance(node, Split):
        shapes = node.shapes(truths)
        return shapes[0] if len(set(shapes)) == 1 else shapes
    truth = node.truth(truths)
    return truth, tuple(node.behind(truths)) if truth == UNKNOWN else ()


class Compiler:
    """Turns conditions into nodes and collects the tests of their leaves, for one day."""

    def __init__(self, facts: Mapping[str, Fact], parameters: Mapping[str, Parameter], day: date) -> None:
        self._facts, self._parameters, self._day = facts, parameters, day
        self._slots: dict[tuple[object, ...], int] = {}
        self._tests: list[tuple[str | None, Test]] = []

    def root(self, condition: Condition) -> Node:
        """The whole tree, split by the answers for which it asks in several places."""
        node = self.node(condition)
        places = list(_places(node))
        for fact in dict.fromkeys(leaf.condition.fact for leaf, _ in places):
            leaves = dict.fromkeys(leaf for leaf, _ in places if fact is not None and leaf.condition.fact == fact)
            if len({place for leaf, place in places if leaf in leaves}) > 1:
                node = self._split(tuple(leaves), self._facts[fact or ""], node)
        return node

    def _split(self, leaves: tuple[Leaf, ...], fact: Fact, node: Node) -> Node:
        possible: tuple[Known, ...] = (True, False) if fact.type == "bool" else tuple(each.id for each in fact.choices)
        answers = dict.fromkeys(tuple(self._tests[leaf.slot][1](each) for leaf in leaves) for each in possible)
        return Split(leaves, tuple(answers), node) if possible else node

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


def _places(node: Node, place: int = 0) -> Iterator[tuple[Leaf, int]]:
    """Each leaf with a number for the group in which it stands."""
    if isinstance(node, Leaf):
        yield node, place
    elif isinstance(node, Group):
        for child in node.children:
            yield from _places(child, id(node))
    else:
        yield from _places(node.child, id(node))


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
