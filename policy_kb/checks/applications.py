"""Applications: what is asked can be asked, who decides is there, and no text says what no source says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import product
from typing import NamedTuple

from policy_kb.checks.problem import Problem, clashes, error, plain, quotes_of
from policy_kb.eligibility.model import Fact
from policy_kb.figures import figures
from policy_kb.knowledge import KnowledgeBase
from policy_kb.procedures import Application, ApplicationField, When

LONGEST_PROMPT = 40
MOST_ASKED = {"unemployment-registration": 11}
"""With the request, the consent and the confirmation they are the 14 messages that a registration may take."""

PERSONAL = frozenset({"name", "identity", "mobile", "phone", "bank_card", "address", "file"})
LISTS = ("choice", "choices")
_IDENTIFYING = {"person": "identity", "employer": "credit_code"}
_ANSWERS = ("yes", "no")
_EXAMPLE = re.compile("“[^”]*”")
"""What a help shows as an example is nobody's statement: 比如“去年 10 月”."""

_FACT_TYPES = {
    "bool": ("yes_no",),
    "number": ("number", "amount"),
    "date": ("date",),
    "choice": ("choice",),
    "place": ("place",),
}


class _Place(NamedTuple):
    """A field, its number in the application, and how a problem names it."""

    application: Application
    number: int
    field: ApplicationField

    @property
    def file(self) -> str:
        return _file(self.application)

    @property
    def before(self) -> dict[str, ApplicationField]:
        return {each.id: each for each in self.application.fields[: self.number]}

    def key(self, key: str) -> str:
        return f"fields {self.field.id}.{key}"


def applications_are_those_of_the_measures(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for measure in knowledge.measures.values():
        file = f"applications/{measure.id}.yml"
        if measure.fileable and measure.id not in knowledge.applications:
            yield error(file, "id", f"{measure.id} is fileable and has no application", "write it, or set fileable")
        if not measure.fileable and measure.id in knowledge.applications:
            yield error(file, "id", f"{measure.id} is not fileable", "remove it, or set fileable in the measure")
    for application in knowledge.applications.values():
        yield from _unknown(_file(application), "id", "measure", [application.id], knowledge.measures)


def applications_name_what_is_there(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for application in knowledge.applications.values():
        file, decided, source = _file(application), application.decided_by, application.time_limit.source
        basis = [decided.basis] if decided.basis else []
        yield from _unknown(file, "decided_by.contact", "contact", [decided.contact], knowledge.contacts)
        yield from _unknown(file, "decided_by.basis", "supplement", basis, knowledge.supplements)
        yield from _unknown(file, "time_limit.source", "supplement", [source] if source else [], knowledge.supplements)


def time_limits_have_a_source(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """A number of working days is told only where a source that may be told has it, for the whole country."""
    for application in knowledge.applications.values():
        for key, what, cure in _wrong_limit(knowledge, application):
            yield error(_file(application), f"time_limit.{key}", what, cure)


def _wrong_limit(knowledge: KnowledgeBase, application: Application) -> Iterator[tuple[str, str, str]]:
    limit = application.time_limit
    if limit.working_days is None:
        if limit.source:
            yield "source", "a source without working_days", "give the number that it holds, or remove the source"
        if not limit.note:
            yield "note", "neither a number nor a note", "say that the notice gives none and whom to ask"
    elif limit.source is None:
        yield "source", "working_days without a source", "name the supplement, or remove the number"
    elif source := knowledge.supplements.get(limit.source):
        if not source.may_be_told or source.currency != "stable":
            yield "source", f"{source.id} does not hold everywhere and for good", "remove it and working_days"
        if f"{limit.working_days}工作日" not in figures(source.text):
            what = f"{source.id} does not say {limit.working_days} working days"
            yield "working_days", what, "give the source's number"


def conditions_can_be_met(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for at in _places(knowledge):
        for condition in at.field.when:
            for what, cure in _wrong_condition(at, condition):
                yield error(at.file, at.key("when"), what, cure)


def _wrong_condition(at: _Place, condition: When) -> Iterator[tuple[str, str]]:
    asked = at.before.get(condition.field)
    if asked is None:
        yield f"there is no field “{condition.field}” before it", "name a field that stands above"
        return
    if asked.personal:
        yield f"{asked.id} is personal, so its answer is not seen here", "depend on another field"
    if asked.type not in (*LISTS, "yes_no"):
        yield f"{asked.id} is a {asked.type} and has no choices", "depend on a choice or a yes_no"
        return
    known = _ANSWERS if asked.type == "yes_no" else tuple(each.id for each in asked.choices)
    if not condition.one_of:
        yield "one_of is empty, so it is never asked", "name the answers, or remove when"
    for answer in condition.one_of:
        if answer not in known:
            yield f"{asked.id} has no answer “{answer}”", f"name one of {', '.join(known)}"


def told_fields_can_be_told(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for at in _places(knowledge):
        if at.field.told_by is None:
            continue
        teller = at.before.get(at.field.told_by)
        if teller is None or teller.type != "identity":
            what = f"“{at.field.told_by}” is no identity field before it"
            yield error(at.file, at.key("told_by"), what, "name an identity field that stands above")
        if at.field.fact not in ("birth_date", "sex"):
            what = "an identity number tells birth_date and sex only"
            yield error(at.file, at.key("fact"), what, "set fact to one of them, or remove told_by")


def field_ids_are_unique(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for application in knowledge.applications.values():
        for field_id, _ in clashes((field.id, field.id) for field in application.fields):
            yield error(_file(application), f"fields {field_id}", "the id stands twice", "give one of them another id")


def choices_can_be_told_apart(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for at in _places(knowledge):
        field = at.field
        if field.type in LISTS and len(field.choices) < 2:
            yield error(at.file, at.key("choices"), "fewer than two choices", "add the others, or make it yes_no")
        if field.type not in LISTS and field.choices:
            yield error(at.file, at.key("choices"), f"a {field.type} has no choices", "remove them, or make it choice")
        for choice_id, _ in clashes((each.id, each.title) for each in field.choices):
            yield error(at.file, at.key("choices"), f"the id “{choice_id}” stands twice", "give one of them another id")
        said = [(word, each.title) for each in field.choices for word in (each.title, *each.also)]
        for word, titles in clashes(said):
            what = f"“{word}” stands under {' and '.join(titles)}"
            yield error(at.file, at.key("choices"), what, "keep it in one")


def personal_fields_are_marked(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """A credit code is public, and a place has to be read to know where a case goes."""
    for at in _places(knowledge):
        if at.field.type in PERSONAL and not at.field.personal:
            yield error(at.file, at.key("personal"), f"a {at.field.type} is not personal", "set personal: true")
        if at.field.type == "place" and at.field.personal:
            what = "a place is personal, so that nobody sees where the case goes"
            yield error(at.file, at.key("personal"), what, "remove personal")


def applicants_can_be_recognised(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """Without an identifying field the same application may be filed again and again: a report, a complaint."""
    for application in knowledge.applications.values():
        name = application.identified_by
        if name is None:
            continue
        wanted = _IDENTIFYING[application.applicant]
        field = next((each for each in application.fields if each.id == name), None)
        if field is None or field.type != wanted or field.optional or field.when:
            what = f"“{name}” is no {wanted} field that everybody answers"
            yield error(_file(application), "identified_by", what, "name one, or remove it where many may be filed")


def facts_are_those_of_the_rules(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """A fact that eligibility rules know too has the same type and the same choices in a form."""
    for at in _places(knowledge):
        fact = knowledge.facts.get(at.field.fact or "")
        if fact is not None and (what := _unlike(at.field, fact)):
            yield error(at.file, at.key("fact"), f"{what} in facts.yml", "make them the same, or name another fact")


def _unlike(field: ApplicationField, fact: Fact) -> str | None:
    if field.type not in _FACT_TYPES[fact.type]:
        return f"{fact.id} is a {fact.type}"
    if [each.id for each in field.choices] != [each.id for each in fact.choices]:
        return f"{fact.id} has other choices"
    return None


def forms_are_short(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for at in _places(knowledge):
        if (length := len(plain(at.field.prompt))) > LONGEST_PROMPT:
            what = f"it has {length} characters"
            yield error(at.file, at.key("prompt"), what, f"shorten it to {LONGEST_PROMPT}")
    for application_id, most in MOST_ASKED.items():
        application = knowledge.applications.get(application_id)
        if application and (asked := longest_path(application)) > most:
            what = f"the longest way through has {asked} questions"
            yield error(_file(application), "fields", what, f"leave out what can be asked later: at most {most}")


def longest_path(application: Application) -> int:
    """How many questions are asked at most, whatever is answered; several answers may be chosen at once in choices."""
    ruling = [each for each in application.fields if any(_rules(each, other) for other in application.fields)]
    ways = product(*map(_ways_to_answer, ruling))
    return max(_asked(application, dict(zip((each.id for each in ruling), way, strict=True))) for way in ways)


def _rules(field: ApplicationField, other: ApplicationField) -> bool:
    return any(condition.field == field.id for condition in other.when)


def _ways_to_answer(field: ApplicationField) -> list[frozenset[str]]:
    """One answer each; of choices also all together, which meets whatever any of them meets."""
    ids = [each.id for each in field.choices] or list(_ANSWERS)
    together = [frozenset(ids)] if field.type == "choices" else []
    return [*(frozenset({each}) for each in ids), *together]


def _asked(application: Application, answers: dict[str, frozenset[str]]) -> int:
    asked: set[str] = set()
    for field in application.fields:
        met = all(each.field in asked and answers[each.field] & set(each.one_of) for each in field.when)
        if met and field.told_by is None:
            asked.add(field.id)
    return len(asked)


def application_figures_are_sourced(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """How long we keep what was not filed is our own promise; all other figures are a source's."""
    for application in knowledge.applications.values():
        cited = _cited(knowledge, application)
        for key, said in _texts(application):
            if missing := figures(said) - cited:
                what = f"{'、'.join(sorted(missing))} is stated and in no source of it"
                yield error(_file(application), key, what, "take it out, or name the supplement that holds it")


def _cited(knowledge: KnowledgeBase, application: Application) -> frozenset[str]:
    """What the measure quotes, and what the application itself names."""
    measure = knowledge.measures.get(application.id)
    named = (application.decided_by.basis, application.time_limit.source)
    facts = [knowledge.supplements[each] for each in named if each and each in knowledge.supplements]
    quoted = [quote.quote for _, quote in quotes_of(measure)] if measure else []
    return frozenset().union(*map(figures, [*quoted, *(each.text for each in facts)]))


def _texts(application: Application) -> Iterator[tuple[str, str]]:
    consent = application.consent
    yield "title", application.title
    yield "opening", application.opening
    yield "consent.purpose", consent.purpose
    yield "consent.recipients", consent.recipients
    yield "consent.sensitive", consent.sensitive or ""
    yield "time_limit.note", application.time_limit.note or ""
    yield from ((f"outcomes.{key}", words) for key, words in application.outcomes.items())
    for field in application.fields:
        for key in ("label", "prompt", "why"):
            yield f"fields {field.id}.{key}", getattr(field, key)
        yield f"fields {field.id}.help", _EXAMPLE.sub("", field.help)
        yield from ((f"fields {field.id}.choices {each.id}", each.title) for each in field.choices)


def _places(knowledge: KnowledgeBase) -> Iterator[_Place]:
    for application in knowledge.applications.values():
        yield from (_Place(application, number, field) for number, field in enumerate(application.fields))


def _file(application: Application) -> str:
    return f"applications/{application.id}.yml"


def _unknown(file: str, key: str, kind: str, named: Iterable[str], known: Collection[str]) -> Iterator[Problem]:
    for name in named:
        if name not in known:
            yield error(file, key, f"there is no {kind} “{name}”", f"correct the id, or add the {kind}")
