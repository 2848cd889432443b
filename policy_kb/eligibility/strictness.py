"""What must hold of facts, parameters and rules beyond their shape.  Each problem says where it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from policy_kb.eligibility.derive import GIVES, TAKES
from policy_kb.eligibility.model import Condition, Fact, Ground, Parameter, Parameters, ParameterValue, Rule, Statement

Step = str | int
LONGEST_QUESTION = 40
_COMPARES = {"min": "number", "max": "number", "under": "number", "within_months": "date"}


class Refused(NamedTuple):
    """``steps``: keys and indexes that lead to the place in the file."""

    steps: tuple[Step, ...]
    what: str
    cure: str


def of_facts(facts: tuple[Fact, ...]) -> Iterator[Refused]:
    by_id = {each.id: each for each in facts}
    for index, fact in enumerate(facts):
        for key, what, cure in _wrong_fact(fact, by_id):
            yield Refused((index, key), f"fact “{fact.id}”: {what}", cure)
        if facts.index(by_id[fact.id]) != index:
            yield Refused((index, "id"), f"fact “{fact.id}” stands twice", "keep one of them")


def _wrong_fact(fact: Fact, facts: Mapping[str, Fact]) -> Iterator[tuple[str, str, str]]:
    if (fact.type == "choice") != bool(fact.choices):
        yield (
            "choices",
            f"a {fact.type} with {len(fact.choices)} choices",
            "choices are for the type choice",
        )
    if (fact.type == "number") != (fact.unit is not None):
        yield "unit", f"a {fact.type} with unit {fact.unit}", "a unit is for the type number"
    if fact.question is None and fact.derive is None:
        yield "question", "neither a question nor derive", "say how it becomes known"
    if len(fact.question or "") > LONGEST_QUESTION:
        yield "question", f"{len(fact.question or '')} characters", f"shorten it to {LONGEST_QUESTION}"
    if fact.question and not (fact.help and fact.why):
        yield "help", "a question without help or why", "say how to answer it and what it is asked for"
    if fact.derive is not None:
        given, wanted = tuple(facts[each].type for each in fact.derive.of if each in facts), TAKES[fact.derive.how]
        if given != wanted or GIVES[fact.derive.how] != fact.type:
            yield "derive", f"{fact.derive.how} takes {wanted} and gives {GIVES[fact.derive.how]}", "name such facts"
    if fact.when is not None:
        yield from (("when", *wrong) for wrong in _wrong_values(facts.get(fact.when.fact), fact.when.one_of))


def _wrong_values(fact: Fact | None, values: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with comparing ``fact`` with these choices, or with yes and no."""
    if fact is None:
        yield "there is no such fact", "add it to facts.yml, or correct the id"
    elif fact.type not in ("bool", "choice"):
        yield (
            f"“{fact.id}” is a {fact.type}; it cannot be compared with {'、'.join(values)}",
            "use a parameter",
        )
    else:
        known = ("yes", "no") if fact.type == "bool" else tuple(each.id for each in fact.choices)
        for value in values:
            if value not in known:
                yield f"“{fact.id}” has no answer “{value}”", f"write one of {'、'.join(known)}"


def of_parameters(parameters: Parameters) -> Iterator[Refused]:
    seen: set[str] = set()
    for index, parameter in enumerate(parameters.parameters):
        steps = ("parameters", index)
        if parameter.id in seen:
            yield Refused((*steps, "id"), f"parameter “{parameter.id}” stands twice", "keep one of them")
        seen.add(parameter.id)
        for number, value in enumerate(parameter.values):
            at = (*steps, "values", number)
            if value.starts and value.last_day and value.starts > value.last_day:
                yield Refused(at, f"“{parameter.id}” starts after its last day", "correct one of them")
            if any(_overlap(value, other) for other in parameter.values[:number]):
                yield Refused(at, f"two values of “{parameter.id}” are in force at once", "end one the day before")
            yield from _wrong_ground(value, at)


def _overlap(one: ParameterValue, other: ParameterValue) -> bool:
    starts = max(one.starts or date.min, other.starts or date.min)
    return starts <= min(one.last_day or date.max, other.last_day or date.max)


def of_rule(
    rule: Rule,
    name: str,
    facts: Mapping[str, Fact],
    parameters: Mapping[str, Parameter],
) -> Iterator[Refused]:
    if rule.id != name:
        yield Refused(("id",), f"the id is “{rule.id}” but the file is {name}.yml", "make them the same")
    about_persons = rule.conditions is not None or bool(rule.agency_decides)
    if about_persons == bool(rule.not_for_persons):
        cure = "say conditions and/or agency_decides, or not_for_persons"
        yield Refused(("not_for_persons",), "it must say one thing about persons", cure)
    statements: Iterable[tuple[str, tuple[Statement, ...]]] = (
        ("agency_decides", rule.agency_decides),
        ("not_for_persons", rule.not_for_persons),
        ("employer", rule.employer),
    )
    for key, said in statements:
        for index, statement in enumerate(said):
            yield from _wrong_ground(statement, (key, index))
    if rule.conditions is not None:
        yield from _wrong_condition(rule.conditions, ("conditions",), facts, parameters)


def _wrong_condition(
    condition: Condition,
    at: tuple[Step, ...],
    facts: Mapping[str, Fact],
    parameters: Mapping[str, Parameter],
) -> Iterator[Refused]:
    groups = {"all": condition.all, "any": condition.any, "of": condition.of}
    inner = [((*at, key, i), each) for key, group in groups.items() for i, each in enumerate(group or ())]
    inner += [((*at, "not"), condition.not_)] if condition.not_ else []
    forms = [each for each in (*groups.values(), condition.not_, condition.fact) if each is not None]
    if len(forms) + condition.left_open != 1:
        yield Refused(at, "a condition is one of all, any, not, at_least, fact, left_open", "write exactly one")
    if (condition.at_least is None) != (condition.of is None):
        yield Refused(at, "at_least without of, or the other way round", "write both")
    if any(not group for group in groups.values() if group is not None):
        yield Refused(at, "a group without conditions", "add one, or remove the group")
    if condition.of and not 1 <= (condition.at_least or 0) <= len(condition.of):
        yield Refused((*at, "at_least"), f"at least {condition.at_least} of {len(condition.of)}", "correct the number")
    for steps, each in inner:
        yield from _wrong_condition(each, steps, facts, parameters)
    if condition.fact is not None or condition.left_open:
        yield from _wrong_ground(condition, at)
        if not condition.says:
            yield Refused(at, "a condition without says", "say it in plain words")
    compares = any(getattr(condition, key) is not None for key in ("is_", *_COMPARES)) or condition.agency
    if condition.fact is None and compares:
        yield Refused(at, "it compares without a fact", "name the fact, or remove the comparison")
    if condition.fact is not None:
        for what, cure in _wrong_leaf(condition, facts.get(condition.fact), parameters):
            yield Refused((*at, "fact"), what, cure)


def _wrong_leaf(leaf: Condition, fact: Fact | None, parameters: Mapping[str, Parameter]) -> Iterator[tuple[str, str]]:
    limits = {key: getattr(leaf, key) for key in _COMPARES if getattr(leaf, key) is not None}
    if len(limits) + (leaf.is_ is not None) != 1:
        yield "a fact is compared once: is, min, max, under or within_months", "write exactly one"
    if fact is None:
        yield f"there is no fact “{leaf.fact}”", "add it to facts.yml, or correct the id"
        return
    if fact.question is None:
        yield f"“{fact.id}” cannot be asked", "give it a question, or use what it is derived from"
    if leaf.is_ is not None:
        yield from _wrong_values(fact, (leaf.is_,) if isinstance(leaf.is_, str) else leaf.is_)
    for key, name in limits.items():
        parameter = parameters.get(name)
        if _COMPARES[key] != fact.type:
            yield f"{key} compares a {_COMPARES[key]}, and “{fact.id}” is a {fact.type}", "use another comparison"
        elif parameter is None:
            yield f"there is no parameter “{name}”", "add it to parameters.yml, with its source"
        elif parameter.unit != (fact.unit or "months"):
            yield f"“{name}” is in {parameter.unit}, “{fact.id}” in {fact.unit or 'months'}", "use the same unit"


def _wrong_ground(ground: Ground, at: tuple[Step, ...]) -> Iterator[Refused]:
    if (ground.clause is None) != (ground.quote is None):
        yield Refused(at, "a quote without its clause, or the other way round", "write both")
    if ground.quote is None and ground.supplement is None:
        yield Refused(at, "it names no source", "add clause and quote, or a supplement")
