"""What judging says of one measure, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import msgspec

from policy_kb.eligibility.model import Condition, Ground, ParameterValue, Rule, Statement
from policy_kb.eligibility.tree import AGENCY, Group, Leaf, Node, Not, Split, Truths
from policy_kb.model import Citation, Frozen, Measure, Quote

if TYPE_CHECKING:
    from policy_kb.knowledge import KnowledgeBase

Outcome = Literal["yes", "no", "unknown", "not_in_force", "needs_review"]
"""yes: every condition that the sources name is met.  no: one of them is not.  unknown: more has to be known of the
person.  not_in_force: the measure has ended.  needs_review: as far as the sources go nothing is against it, and an
agency decides the rest."""

Applicant = Literal["person", "employer"]


class Trace(Frozen, frozen=True):
    """One node of a rule's tree as it was judged.  It holds no answer of the person, so it may be kept and shown.

    ``truth``: no, unknown, agency (an agency decides) or yes.  A leaf has ``says`` and, unless the source leaves it
    open, ``fact``.
    """

    kind: Literal["all", "any", "not", "at_least", "leaf"]
    truth: Literal["no", "unknown", "agency", "yes"]
    fact: str | None = None
    says: str | None = None
    citations: tuple[Citation, ...] = ()
    children: tuple[Trace, ...] = ()


@dataclass(frozen=True)
class Basis:
    """What a verdict rests on: the rule made ready for the day, and the truth of its tests for one applicant.

    ``known``: the facts that have been answered, don't know included.
    """

    knowledge: KnowledgeBase
    measure: Measure
    rule: Rule
    root: Node | None
    applicant: Applicant
    truths: Truths
    known: Collection[str]

    @cached_property
    def behind(self) -> tuple[Leaf, ...]:
        """The leaves that make the tree as true as it is."""
        return tuple(self.root.behind(self.truths)) if self.root is not None else ()

    def cite(self, ground: Ground) -> Iterator[Citation]:
        if ground.clause is not None and ground.quote is not None:
            yield self.knowledge.cite(self.measure, Quote(clause=ground.clause, quote=ground.quote))
        if ground.supplement is not None:
            yield self.knowledge.cite_supplement(ground.supplement)

    def cite_leaf(self, leaf: Leaf) -> tuple[Citation, ...]:
        """Its own source, and that of the number that it compares with."""
        value = leaf.value
        return tuple(dict.fromkeys((*self.cite(leaf.condition), *(self._cite_value(value) if value else ()))))

    def _cite_value(self, value: ParameterValue) -> Iterator[Citation]:
        if value.source is None or value.source == self.measure.source:
            yield from self.cite(value)
        elif value.clause is not None and value.quote is not None:
            number = self.knowledge.sources[value.source].number
            yield Citation(notice=number, source=None, clause=value.clause, quote=value.quote)

    def trace(self, node: Node) -> Trace:
        truth = node.truth(self.truths).name.lower()
        if isinstance(node, Split):
            return msgspec.structs.replace(self.trace(node.child), truth=truth)
        if isinstance(node, Leaf):
            condition = node.condition
            return Trace("leaf", truth, condition.fact, condition.says, self.cite_leaf(node))  # type: ignore[arg-type]
        children = (node.child,) if isinstance(node, Not) else node.children
        return Trace(_kind(node), truth, children=tuple(map(self.trace, children)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Verdict:
    """The outcome for one measure and applicant on one day.  What explains it is worked out when it is looked at.

    ``measure``: its id.  ``version``: 12 hexadecimal digits that change with the measure's rule and with the facts,
    numbers and supplements that it uses, and with nothing else.
    """

    outcome: Outcome
    measure: str
    version: str
    day: date
    basis: Basis = field(repr=False, compare=False)

    @cached_property
    def decisive(self) -> tuple[Condition, ...]:
        """The conditions that make it a no; empty where the measure is not for such an applicant at all."""
        return tuple(each.condition for each in self._reasons) if self.outcome == "no" else ()

    @cached_property
    def live(self) -> tuple[str, ...]:
        """Ids of the facts whose answer could still change an unknown.  Empty where all of them were don't know."""
        if self.outcome != "unknown":
            return ()
        named = (each.condition.fact for each in self.basis.behind)
        return tuple(dict.fromkeys(each for each in named if each is not None and each not in self.basis.known))

    @cached_property
    def looks_at(self) -> tuple[Statement, ...]:
        """Where an agency decides: what it looks at."""
        if self.outcome != "needs_review":
            return ()
        if self.basis.applicant == "employer":
            return self.basis.rule.employer
        undecided = (each.condition for each in self.basis.behind if each.truth(self.basis.truths) == AGENCY)
        return (*self.basis.rule.agency_decides, *map(_statement, undecided))

    @property
    def gaps(self) -> tuple[str, ...]:
        """What the rule does not cover, in plain words."""
        return self.basis.rule.gaps

    @cached_property
    def remedies(self) -> tuple[str, ...]:
        """Ids of the measures by which all that is decisive for a no can be mended; empty where some of it cannot."""
        named = [self.basis.knowledge.facts[each.fact].remedy for each in self.decisive if each.fact is not None]
        found = [each for each in named if each is not None]
        return tuple(dict.fromkeys(found)) if len(found) == len(named) else ()

    @cached_property
    def citations(self) -> tuple[Citation, ...]:
        """What the outcome rests on; never empty."""
        return tuple(dict.fromkeys(self._cited())) or self.basis.knowledge.citations(self.basis.measure)

    @cached_property
    def trace(self) -> Trace | None:
        """The whole tree; None where nothing about the applicant can be judged."""
        return self.basis.trace(self.basis.root) if self.basis.root is not None else None

    def _cited(self) -> Iterator[Citation]:
        basis, ended = self.basis, self.basis.measure.validity.basis
        if self.outcome == "not_in_force" and ended is not None:
            yield basis.knowledge.cite(basis.measure, ended)
            return
        said = self.looks_at
        if basis.applicant == "person" and self.outcome == "no":
            said = basis.rule.not_for_persons
        for statement in said:
            yield from basis.cite(statement)
        for leaf in self._reasons:
            yield from basis.cite_leaf(leaf)

    @cached_property
    def _reasons(self) -> tuple[Leaf, ...]:
        """The leaves behind the outcome.  Not to have yet what the measure itself gives is no reason against it."""
        facts = self.basis.knowledge.facts
        return tuple(
            each
            for each in self.basis.behind
            if self.outcome != "no" or each.condition.fact is None or facts[each.condition.fact].remedy != self.measure
        )


def _kind(node: Not | Group) -> Literal["all", "any", "not", "at_least"]:
    if isinstance(node, Not):
        return "not"
    if node.condition.all is not None:
        return "all"
    return "any" if node.condition.any is not None else "at_least"


def _statement(condition: Condition) -> Statement:
    return Statement(
        says=condition.says or "", clause=condition.clause, quote=condition.quote, supplement=condition.supplement
    )
