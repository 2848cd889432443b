"""Our rules as expressions of two libraries, so that the three can be set side by side.

Neither library has a third truth value, so a rule becomes two expressions: whether it surely holds, and whether it may
hold where an agency decides.  Numbers are compared as they are, dates as day numbers; what is derived (an age) is
worked out beforehand.  A range cannot be said in either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import cel
import rule_engine  # type: ignore[import-untyped]

from policy_kb import KnowledgeBase
from policy_kb.eligibility import Condition, Known, Outcome, Rule
from policy_kb.eligibility.days import add_months

Library = Literal["rule-engine", "rule-engine, missing is null", "cel"]
LIBRARIES: tuple[Library, ...] = ("rule-engine", "rule-engine, missing is null", "cel")
Facts = Mapping[str, Any]
ERRORS = (rule_engine.errors.EngineError, RuntimeError, TypeError)


@dataclass(frozen=True)
class Spelling:
    """How a library writes what the two write differently."""

    both: str
    either: str
    negated: str


SPELLINGS: Mapping[Library, Spelling] = {
    "rule-engine": Spelling(" and ", " or ", "not ({})"),
    "rule-engine, missing is null": Spelling(" and ", " or ", "not ({})"),
    "cel": Spelling(" && ", " || ", "!({})"),
}


class Expressions:
    """Writes a rule's conditions for one library and one day."""

    def __init__(self, knowledge: KnowledgeBase, spelling: Spelling, day: date) -> None:
        self._facts, self._spelling, self._day = knowledge.facts, spelling, day
        self._parameters = {each.id: each for each in knowledge.parameters.parameters}

    def holds(self, condition: Condition, surely: bool) -> str:
        if condition.not_ is not None:
            return self._spelling.negated.format(self.holds(condition.not_, not surely))
        if condition.all is not None:
            return self._joined(self._spelling.both, condition.all, surely)
        if condition.any is not None:
            return self._joined(self._spelling.either, condition.any, surely)
        if condition.of is not None:
            counted = (f"({self.holds(each, surely)} ? 1 : 0)" for each in condition.of)
            return f"({' + '.join(counted)} >= {condition.at_least})"
        return self._leaf(condition, surely)

    def _joined(self, word: str, conditions: tuple[Condition, ...], surely: bool) -> str:
        return f"({word.join(self.holds(each, surely) for each in conditions)})"

    def _leaf(self, leaf: Condition, surely: bool) -> str:
        name = leaf.min or leaf.max or leaf.under or leaf.within_months
        value = self._parameters[name].on(self._day) if name else None
        if leaf.left_open or (name is not None and value is None) or (leaf.agency and surely):
            return "false" if surely else "true"
        if leaf.is_ is not None:
            return self._is(leaf.fact or "", (leaf.is_,) if isinstance(leaf.is_, str) else leaf.is_)
        limit = value.value if value is not None else 0
        if leaf.within_months:
            today = self._day.toordinal()
            return f"({leaf.fact} >= {_first_day(self._day, limit)}{self._spelling.both}{leaf.fact} <= {today})"
        return f"{leaf.fact} {'>=' if leaf.min else '<=' if leaf.max else '<'} {limit}"

    def _is(self, fact: str, accepted: tuple[str, ...]) -> str:
        if self._facts[fact].type == "bool":
            written = {"yes": f"{fact} == true", "no": f"{fact} == false"}
        else:
            written = {each: f"{fact} == '{each}'" for each in accepted}
        return f"({self._spelling.either.join(written[each] for each in accepted)})"


def _first_day(today: date, months: int) -> int:
    """The earliest day that is not yet so many months back, as a day number."""
    day = add_months(today, -months) - timedelta(days=4)
    while add_months(day, months) < today:
        day += timedelta(days=1)
    return day.toordinal()


@dataclass(frozen=True)
class Judge:
    """All measures by one library, compiled for one day.  ``best``: what each gives where all of it holds."""

    surely: Mapping[str, Callable[[Any], bool]]
    may: Mapping[str, Callable[[Any], bool]]
    best: Mapping[str, Outcome]
    context: Callable[[Facts], Any]

    def outcome(self, measure: str, context: Any) -> Outcome:
        """Raises one of :data:`ERRORS` where the library does."""
        best = self.best[measure]
        if best in ("no", "not_in_force") or measure not in self.may:
            return best
        if self.surely[measure](context):
            return best
        if self.may[measure] is self.surely[measure]:
            return "no"
        return "needs_review" if self.may[measure](context) else "no"

    def judge(self, facts: Facts) -> dict[str, Outcome]:
        context = self.context(facts)
        return {measure: self.outcome(measure, context) for measure in self.best}

    def judge_each(self, facts: Facts) -> Iterator[tuple[str, Outcome | Exception]]:
        context = self.context(facts)
        for measure in self.best:
            try:
                yield measure, self.outcome(measure, context)
            except ERRORS as error:
                yield measure, error


def judge_by(library: Library, knowledge: KnowledgeBase, day: date) -> Judge:
    expressions = Expressions(knowledge, SPELLINGS[library], day)
    compiled = _compiler(library)
    surely, may = dict[str, Callable[[Any], bool]](), dict[str, Callable[[Any], bool]]()
    for rule in knowledge.rules.values():
        if rule.conditions is None:
            continue
        certain, possible = (expressions.holds(rule.conditions, each) for each in (True, False))
        surely[rule.id] = compiled(certain)
        may[rule.id] = surely[rule.id] if certain == possible else compiled(possible)
    best = {rule.id: _best(knowledge, rule, day) for rule in knowledge.rules.values()}
    return Judge(surely, may, best, _cel_context if library == "cel" else _as_it_is)


def _cel_context(facts: Facts) -> Any:
    return cel.Context(dict(facts))


def _as_it_is(facts: Facts) -> Any:
    return facts


def _compiler(library: Library) -> Callable[[str], Callable[[Any], bool]]:
    if library == "cel":
        return lambda text: cel.compile(text).execute
    missing = {"default_value": None} if library == "rule-engine, missing is null" else {}
    context = rule_engine.Context(resolver=rule_engine.resolve_item, **missing)
    return lambda text: rule_engine.Rule(text, context=context).matches


def _best(knowledge: KnowledgeBase, rule: Rule, day: date) -> Outcome:
    if knowledge.validity(rule.id, day) == "expired":
        return "not_in_force"
    return "no" if rule.not_for_persons else "needs_review" if rule.agency_decides else "yes"


def plain(values: Mapping[str, Known]) -> dict[str, Any]:
    """Exact values as the libraries take them."""
    return {name: each.toordinal() if isinstance(each, date) else each for name, each in values.items()}
