"""Rules of eligibility: what the loader cannot refuse, because it shows only beside the sources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from policy_kb.checks.problem import Problem, error, plain, shown, warning
from policy_kb.checks.upcoming import LOOK_AHEAD
from policy_kb.eligibility.model import Condition, Ground, ParameterValue, Rule
from policy_kb.figures import figures
from policy_kb.knowledge import KnowledgeBase
from policy_kb.model import Measure

PARAMETERS = "parameters.yml"


def rules_name_what_is_there(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for rule in knowledge.rules.values():
        if rule.id not in knowledge.measures:
            yield error(rule_file(rule), "id", f"there is no measure “{rule.id}”", "add the measure, or correct the id")
        for key, _, ground in _said(rule):
            yield from _wrong_supplement(knowledge, rule_file(rule), key, ground.supplement)
    for key, value in _values(knowledge):
        yield from _wrong_supplement(knowledge, PARAMETERS, key, value.supplement)
    yield from _wrong_supplement(knowledge, PARAMETERS, "retirement", knowledge.parameters.retirement.supplement)
    for fact in knowledge.facts.values():
        if fact.remedy is not None and fact.remedy not in knowledge.measures:
            yield error("facts.yml", f"{fact.id}.remedy", f"there is no measure “{fact.remedy}”", "correct the id")


def rule_quotes_are_verbatim(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for rule, measure in _with_measure(knowledge):
        for key, _, ground in _said(rule):
            yield from _wrong_quote(knowledge, rule_file(rule), key, measure.source, ground)
    for key, value in _values(knowledge):
        if value.quote is not None:
            yield from _wrong_quote(knowledge, PARAMETERS, key, value.source or "", value)


def rule_figures_are_sourced(knowledge: KnowledgeBase) -> Iterator[Problem]:
    cure = "quote the words that hold it, or take it out"
    for rule in knowledge.rules.values():
        said = list(_said(rule))
        of_rule = frozenset[str]().union(*(_figures_of(knowledge, ground) for _, _, ground in said))
        for key, words, ground in said:
            for missing in sorted(figures(words) - _figures_of(knowledge, ground)):
                yield error(rule_file(rule), key, f"{missing} is stated but not quoted", cure)
        for index, gap in enumerate(rule.gaps):
            for missing in sorted(figures(gap) - of_rule):
                yield error(rule_file(rule), f"gaps[{index}]", f"{missing} is stated but not quoted", cure)


def rules_fit_their_audience(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for rule, measure in _with_measure(knowledge):
        audience = measure.audience
        if "person" in audience and rule.not_for_persons:
            cure = "say conditions or agency_decides, or correct the measure's audience"
            yield error(rule_file(rule), "not_for_persons", "the measure is for persons", cure)
        if ("employer" in audience) != bool(rule.employer):
            what = f"the measure is for {'、'.join(audience)}"
            yield error(rule_file(rule), "employer", what, "say what is looked at where a company asks, or only then")
        if not rule.gaps:
            yield error(rule_file(rule), "gaps", "it is empty", "say what the rule does not cover")


def parameters_end_with_their_sources(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for key, value in _values(knowledge):
        supplement = knowledge.supplements.get(value.supplement or "")
        ends = supplement.last_day if supplement is not None else None
        if ends is not None and (value.last_day is None or value.last_day > ends):
            what = f"it outlives {value.supplement}, which ends on {ends}"
            yield error(PARAMETERS, key, what, "end it with its source, and add what follows")


def measures_have_rules(knowledge: KnowledgeBase, day: date) -> Iterator[Problem]:
    for measure in knowledge.measures.values():
        if measure.id not in knowledge.rules:
            cure = f"add rules/{measure.id[:60]}.yml, or people asking what they may get are not told of it"
            yield warning("rules", measure.id, "the measure has no rule", cure)


def parameters_end_soon(knowledge: KnowledgeBase, day: date) -> Iterator[Problem]:
    for key, value in _values(knowledge):
        if value.last_day is not None and day <= value.last_day <= day + LOOK_AHEAD:
            cure = "add the value that follows; without one, an agency decides from the day after"
            yield warning(PARAMETERS, key, f"ends on {value.last_day}", cure)


def rule_file(rule: Rule) -> str:
    return f"rules/{rule.id}.yml"


def _with_measure(knowledge: KnowledgeBase) -> Iterator[tuple[Rule, Measure]]:
    """A rule without a measure is another check's."""
    for rule in knowledge.rules.values():
        if rule.id in knowledge.measures:
            yield rule, knowledge.measures[rule.id]


def _values(knowledge: KnowledgeBase) -> Iterator[tuple[str, ParameterValue]]:
    for parameter in knowledge.parameters.parameters:
        for index, value in enumerate(parameter.values):
            yield f"{parameter.id}.values[{index}]", value


def _said(rule: Rule) -> Iterator[tuple[str, str, Ground]]:
    """Key, words and ground of all that the rule states."""
    for key in ("agency_decides", "not_for_persons", "employer"):
        for index, statement in enumerate(getattr(rule, key)):
            yield f"{key}[{index}]", statement.says, statement
    if rule.conditions is not None:
        yield from _said_of(rule.conditions, "conditions")


def _said_of(condition: Condition, key: str) -> Iterator[tuple[str, str, Ground]]:
    if condition.says is not None:
        yield key, condition.says, condition
    for name in ("all", "any", "of"):
        for index, each in enumerate(getattr(condition, name) or ()):
            yield from _said_of(each, f"{key}.{name}[{index}]")
    if condition.not_ is not None:
        yield from _said_of(condition.not_, f"{key}.not")


def _figures_of(knowledge: KnowledgeBase, ground: Ground) -> frozenset[str]:
    found = figures(ground.quote or "")
    if isinstance(ground, Condition):
        names = {ground.min, ground.max, ground.under, ground.within_months}
        for parameter in knowledge.parameters.parameters:
            if parameter.id in names:
                found = found.union(*(_figures_of(knowledge, value) for value in parameter.values))
    supplement = knowledge.supplements.get(ground.supplement or "")
    return found | figures(supplement.text) | figures(supplement.source) if supplement else found


def _wrong_supplement(knowledge: KnowledgeBase, file: str, key: str, name: str | None) -> Iterator[Problem]:
    supplement = knowledge.supplements.get(name or "")
    if name is not None and supplement is None:
        yield error(file, key, f"there is no supplement “{name}”", "add it to supplements.yml, or correct the id")
    elif supplement is not None and not supplement.may_be_told:
        yield error(file, key, f"{name} may not be told, so it decides nothing", "declare it under gaps instead")


def _wrong_quote(knowledge: KnowledgeBase, file: str, key: str, source: str, ground: Ground) -> Iterator[Problem]:
    if ground.quote is None:
        return
    if source not in knowledge.sources:
        yield error(file, key, f"there is no source “{source}”", "correct the id")
        return
    clauses = {each.id: plain(each.heading + "\n" + each.text) for each in knowledge.sources[source].clauses}
    words = plain(ground.quote)
    if ground.clause not in clauses:
        yield error(file, key, f"there is no clause “{ground.clause}”", "correct the id")
    elif not words or words not in clauses[ground.clause]:
        cure = "copy the clause word for word, or quote a shorter piece"
        yield error(file, key, f"{shown(words)} is not in clause {ground.clause}", cure)
