"""One person and all measures: who may have what, and what to ask next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from policy_kb.eligibility.derive import with_derived
from policy_kb.eligibility.model import Condition, Fact, Rule
from policy_kb.eligibility.tree import AGENCY, NO, UNKNOWN, YES, Compiler, Node, Truth
from policy_kb.eligibility.values import DontKnow, Known, Range
from policy_kb.eligibility.verdict import Applicant, Basis, Outcome, Verdict
from policy_kb.model import Measure

if TYPE_CHECKING:
    from policy_kb.knowledge import KnowledgeBase

_OUTCOMES: Mapping[Truth, Outcome] = {NO: "no", UNKNOWN: "unknown", AGENCY: "needs_review", YES: "yes"}


class WrongFact(ValueError):
    """A fact that does not exist, or a value that is not of its type.  The message holds no value."""


@dataclass(frozen=True)
class ReadyRule:
    """A rule on one day.  ``best``: what it gives where all its conditions hold."""

    rule: Rule
    measure: Measure
    root: Node | None
    best: Truth
    ended: bool
    version: str


@dataclass(frozen=True)
class _Day:
    compiler: Compiler
    rules: Mapping[str, ReadyRule]


class Evaluator:
    """Judges by the rules of one knowledge base.  Immutable, so that threads may share it.

    ``facts`` in all methods maps fact ids to what is known; see :data:`policy_kb.eligibility.Known`.  An absent
    fact has not been spoken of.  :class:`WrongFact` for an id or a type that facts.yml does not have; no other
    error.  ``day`` is the day of judging, in local calendar days.
    """

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self.knowledge = knowledge
        self._derived = tuple(each for each in knowledge.facts.values() if each.derive is not None)
        self._order = {fact: index for index, fact in enumerate(knowledge.facts)}
        self._on = lru_cache(maxsize=8)(self._ready)

    @property
    def personal(self) -> tuple[str, ...]:
        """Ids of the measures about which a person can be judged."""
        return tuple(each.id for each in self.knowledge.rules.values() if not each.not_for_persons)

    @property
    def for_employers(self) -> tuple[str, ...]:
        """Ids of the measures for which a company may ask."""
        return tuple(each.id for each in self.knowledge.rules.values() if each.employer)

    def known(self, facts: Mapping[str, Known], day: date) -> dict[str, Known]:
        """``facts`` and all that follows from them on ``day``: the age, months without work, the month of retirement.

        Where a derived fact was also told, it is what both leave possible; don't know where they exclude each other.
        """
        for name, value in facts.items():
            self._check(name, value)
        return with_derived(facts, self._derived, day, self.knowledge.parameters.retirement)

    def judge(
        self,
        facts: Mapping[str, Known],
        day: date,
        applicant: Applicant = "person",
        measures: Iterable[str] | None = None,
    ) -> Mapping[str, Verdict]:
        """The verdict for each measure that has a rule (or for ``measures``), by id, in the order of the files."""
        ready, values = self._on(day), self.known(facts, day)
        truths = ready.compiler.truths(values)
        chosen = ready.rules.values() if measures is None else [_get(ready.rules, each) for each in measures]
        return {each.rule.id: self._verdict(each, applicant, truths, values, day) for each in chosen}

    def judge_one(
        self, measure: str, facts: Mapping[str, Known], day: date, applicant: Applicant = "person"
    ) -> Verdict:
        """KeyError for a measure without a rule."""
        return self.judge(facts, day, applicant, (measure,))[measure]

    def next_question(
        self,
        facts: Mapping[str, Known],
        day: date,
        measures: Collection[str] | None = None,
        applicant: Applicant = "person",
    ) -> Fact | None:
        """The fact to ask for, so that ``measures`` (all that the applicant may have) become decided; None when done.

        Gate facts come first, then what most undecided measures wait for, then what is easy and not sensitive.
        Nothing is asked that was answered, don't know included, nor what makes no sense yet (``Fact.when``).
        """
        values = self.known(facts, day)
        every = self.personal if applicant == "person" else self.for_employers
        verdicts = self.judge(facts, day, applicant, every if measures is None else measures)
        waiting = Counter(name for verdict in verdicts.values() for name in verdict.live)
        askable = (self.knowledge.facts[name] for name in waiting)
        return min(
            (each for each in askable if _makes_sense(each, values)),
            key=lambda fact: (not fact.gate, -waiting[fact.id], fact.ease, fact.sensitivity, self._order[fact.id]),
            default=None,
        )

    def _verdict(
        self, ready: ReadyRule, applicant: Applicant, truths: list[Truth], values: Collection[str], day: date
    ) -> Verdict:
        root = ready.root if applicant == "person" else None
        basis = Basis(self.knowledge, ready.measure, ready.rule, root, applicant, truths, values)
        if ready.ended:
            outcome: Outcome = "not_in_force"
        elif applicant == "employer":
            outcome = "needs_review" if ready.rule.employer else "no"
        else:
            truth = root.truth(truths) if root is not None else YES
            outcome = _OUTCOMES[min(truth, ready.best)]
        return Verdict(outcome, ready.rule.id, ready.version, day, basis)

    def _ready(self, day: date) -> _Day:
        parameters = {each.id: each for each in self.knowledge.parameters.parameters}
        compiler = Compiler(self.knowledge.facts, parameters, day)
        rules = {rule.id: self._ready_rule(rule, compiler, day) for rule in self.knowledge.rules.values()}
        return _Day(compiler, rules)

    def _ready_rule(self, rule: Rule, compiler: Compiler, day: date) -> ReadyRule:
        measure = self.knowledge.measure(rule.id)
        root = compiler.root(rule.conditions) if rule.conditions is not None else None
        best = NO if rule.not_for_persons else AGENCY if rule.agency_decides else YES
        return ReadyRule(rule, measure, root, best, measure.validity.on(day) == "expired", self._version(rule, measure))

    def _version(self, rule: Rule, measure: Measure) -> str:
        leaves = tuple(_leaves(rule.conditions)) if rule.conditions is not None else ()
        numbers = {getattr(each, key) for each in leaves for key in ("min", "max", "under", "within_months")}
        grounds = (*leaves, *rule.agency_decides, *rule.not_for_persons, *rule.employer)
        rests_on: list[Any] = [
            rule,
            measure.validity,
            [each for each in self.knowledge.facts.values() if each.id in {leaf.fact for leaf in leaves}],
            [each for each in self.knowledge.parameters.parameters if each.id in numbers],
            [each for each in self.knowledge.supplements.values() if each.id in {one.supplement for one in grounds}],
        ]
        return sha256(msgspec.json.encode(rests_on)).hexdigest()[:12]

    def _check(self, name: str, value: Known) -> None:
        fact = self.knowledge.facts.get(name)
        if fact is None:
            raise WrongFact(f"there is no fact “{name}”")
        if not _fits(fact, value):
            raise WrongFact(f"the value of “{name}” is not a {fact.type}")


def _fits(fact: Fact, value: Known) -> bool:
    if isinstance(value, DontKnow):
        return True
    if fact.type in ("number", "date"):
        wanted = int if fact.type == "number" else date
        ends = (value.low, value.high) if isinstance(value, Range) else (value,)
        return all(type(end) is wanted for end in ends if end is not None)
    if fact.type == "bool":
        return isinstance(value, bool)
    return isinstance(value, str) and (fact.type == "place" or any(each.id == value for each in fact.choices))


def _makes_sense(fact: Fact, values: Mapping[str, Known]) -> bool:
    if fact.when is None:
        return True
    value = values.get(fact.when.fact)
    return ("yes" if value is True else "no" if value is False else value) in fact.when.one_of


def _leaves(condition: Condition) -> Iterator[Condition]:
    inner = (*(condition.all or ()), *(condition.any or ()), *(condition.of or ()))
    inner += (condition.not_,) if condition.not_ is not None else ()
    if not inner:
        yield condition
    for each in inner:
        yield from _leaves(each)


def _get(rules: Mapping[str, ReadyRule], name: str) -> ReadyRule:
    try:
        return rules[name]
    except KeyError:
        raise KeyError(f"no rule judges “{name}”") from None
