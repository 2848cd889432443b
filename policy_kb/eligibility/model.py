"""The shapes of facts.yml, parameters.yml and rules/*.yml.  Field names are the keys of the files."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from policy_kb.model import Frozen
from policy_kb.procedures import Choice

FactType = Literal["bool", "number", "date", "choice", "place"]
"""number: a whole one.  date: a calendar day; where only month or year is known, a range of days."""

Unit = Literal["years", "months", "yuan"]
"""years and months are completed ones."""

How = Literal["age", "months_since", "months_between", "retirement_month", "months_to_retirement"]
"""How a fact follows from others; each function is in derive.py."""


class Derivation(Frozen, frozen=True):
    """``of``: the facts that the function takes, in its order."""

    how: How
    of: tuple[str, ...]


class AskedWhen(Frozen, frozen=True):
    """The question makes sense only where ``fact`` is known to be one of ``one_of`` (choice ids, or yes)."""

    fact: str
    one_of: tuple[str, ...]


class Fact(Frozen, frozen=True):
    """One thing about a person that a rule may depend on.

    ``question``: plain words, at most 40 characters; None where it is only derived.  ``why``: what it is asked
    for.  ``sensitivity``: 0 anyone may know, 1 personal, 2 sensitive in the sense of 《个人信息保护法》 article
    28.  ``ease``: 0 known at once, 1 takes thought, 2 takes looking up.  ``gate``: settles many measures, so it
    is asked before the others.  ``remedy``: the measure by which a person turns a no into a yes.
    """

    id: str
    type: FactType
    title: str
    question: str | None = None
    help: str | None = None
    why: str | None = None
    unit: Unit | None = None
    choices: tuple[Choice, ...] = ()
    sensitivity: Literal[0, 1, 2] = 0
    ease: Literal[0, 1, 2] = 0
    gate: bool = False
    when: AskedWhen | None = None
    derive: Derivation | None = None
    remedy: str | None = None


class Ground(Frozen, frozen=True):
    """Where a statement is from: a verbatim ``quote`` of a ``clause`` of the measure's own source, a supplement
    that may be told, or both."""

    clause: str | None = None
    quote: str | None = None
    supplement: str | None = None


class Statement(Ground, frozen=True, kw_only=True):
    """Something that a person reads, with where it is from."""

    says: str


class ParameterValue(Ground, frozen=True, kw_only=True):
    """In force from ``starts`` to ``last_day``, both inclusive; None is an open end.

    ``source``: id of the source that ``clause`` is of.
    """

    value: int
    starts: date | None = None
    last_day: date | None = None
    source: str | None = None

    def on(self, day: date) -> bool:
        return (self.starts is None or self.starts <= day) and (self.last_day is None or day <= self.last_day)


class Parameter(Frozen, frozen=True):
    """A number that rules compare with, as it was and is.  On any day at most one value is in force."""

    id: str
    title: str
    unit: Unit
    values: tuple[ParameterValue, ...]

    def on(self, day: date) -> ParameterValue | None:
        """None where no source gives a value for ``day``: then an agency decides."""
        return next((each for each in self.values if each.on(day)), None)


class RetirementGroup(Frozen, frozen=True):
    """``years``: the age before the reform.  One month later per ``step`` months of birth, ``most`` months at most."""

    id: Literal["men", "women_55", "women_50"]
    years: int
    step: int
    most: int


class Retirement(Frozen, frozen=True):
    """The gradual schedule; ``starts``: the month from which ages of retirement rise."""

    starts: date
    supplement: str
    groups: tuple[RetirementGroup, ...]


class Parameters(Frozen, frozen=True):
    parameters: tuple[Parameter, ...]
    retirement: Retirement


class Condition(Ground, frozen=True, kw_only=True):
    """A node of a rule's tree: one of ``all``, ``any``, ``not``, ``at_least`` + ``of``, or a leaf.

    A leaf compares a ``fact`` (all of these mean: this must hold):
    ``is``: yes or no, or a choice or several.  ``min``, ``max``: the parameter or more, or less.  ``under``:
    less than the parameter.  ``within_months``: the date lies at most the parameter's months back, its last day
    included, and not after the day of judging.
    ``agency``: where it holds, an agency decides whether that is enough.  ``left_open``, without a fact: the
    source names this and does not say what it takes, so an agency decides.
    ``says``: the condition in plain words.
    """

    all: tuple[Condition, ...] | None = None
    any: tuple[Condition, ...] | None = None
    not_: Condition | None = msgspec.field(default=None, name="not")
    at_least: int | None = None
    of: tuple[Condition, ...] | None = None
    fact: str | None = None
    is_: str | tuple[str, ...] | None = msgspec.field(default=None, name="is")
    min: str | None = None
    max: str | None = None
    under: str | None = None
    within_months: str | None = None
    agency: bool = False
    left_open: bool = False
    says: str | None = None


class Rule(Frozen, frozen=True):
    """Who a measure is for.  ``id`` is the measure's.

    ``conditions`` alone: they decide.  With ``agency_decides``: what an agency looks at besides, so that the best
    outcome is needs_review; ``agency_decides`` alone: nothing about a person can be judged beforehand.
    ``not_for_persons``: whom it is for instead.  ``employer``: what is looked at where a company asks.
    ``gaps``: what the rules do not cover, as people read it.
    """

    id: str
    conditions: Condition | None = None
    agency_decides: tuple[Statement, ...] = ()
    not_for_persons: tuple[Statement, ...] = ()
    employer: tuple[Statement, ...] = ()
    gaps: tuple[str, ...] = ()
