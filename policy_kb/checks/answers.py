"""Answers: each part is stated, supplemented or left open, and no figure comes from nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policy_kb.checks.problem import Problem, aspects_of, error, measure_file
from policy_kb.figures import figures
from policy_kb.knowledge import KnowledgeBase
from policy_kb.model import Aspect, Measure, Quote

LONGEST_LABEL = 14
STAGED_WORDS = ("阶段性", "试点", "疫情", "新冠")
"""What a source says of a measure that is not meant to stay, as the conversation contract has it."""


def aspects_say_something(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for measure in knowledge.measures.values():
        for key, aspect in aspects_of(measure):
            file = measure_file(measure)
            if not (aspect.quotes or aspect.supplements or aspect.left_open):
                cure = "add quotes or supplements, or say under left_open what the source does not say"
                yield error(file, key, "the answer rests on nothing", cure)
            if aspect.left_open and not aspect.ask:
                yield error(file, f"{key}.ask", "left_open without ask", "name the contact to ask (contacts.yml)")
            if aspect.ask and not aspect.left_open:
                yield error(file, f"{key}.left_open", "ask without left_open", "say what is open, or remove ask")


def facts_may_be_told(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """Unknown ids are another check's."""
    for measure in knowledge.measures.values():
        for key, aspect in aspects_of(measure):
            for name in aspect.supplements:
                fact = knowledge.supplements.get(name)
                if fact and not fact.may_be_told:
                    rests = f"reliability {'/'.join(fact.reliability)}, currency {fact.currency}"
                    cure = "take it out of the answer, or find a law, a government site or official news for it"
                    yield error(measure_file(measure), f"{key}.supplements", f"{name} may not be told ({rests})", cure)


def figures_are_sourced(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for measure in knowledge.measures.values():
        passages = _of_quotes(measure.passages)
        for key, said in (("title", measure.title), ("label", measure.label), ("summary", measure.summary)):
            yield from _unsourced(measure, key, said, passages, "passages")
        basis = measure.validity.basis
        grounds = _of_quotes([basis] if basis else []) | passages
        yield from _unsourced(measure, "validity.note", measure.validity.note, grounds, "validity.basis")
        for key, aspect in aspects_of(measure):
            grounds = _of_aspect(knowledge, aspect)
            yield from _unsourced(measure, f"{key}.answer", aspect.answer, grounds, f"{key}.quotes")
            yield from _unsourced(measure, f"{key}.left_open", aspect.left_open, grounds, f"{key}.quotes")


def _unsourced(measure: Measure, key: str, said: str | None, grounds: frozenset[str], where: str) -> Iterator[Problem]:
    missing = figures(said or "") - grounds
    if missing:
        what = f"{'、'.join(_exact(missing))} is stated but not quoted"
        yield error(measure_file(measure), key, what, f"add the words that hold it to {where}, or take it out")


def _exact(found: frozenset[str]) -> list[str]:
    """Without what a fuller date among them implies."""
    return sorted(each for each in found if not any(each != other and each in other for other in found))


def _of_quotes(quotes: Iterable[Quote]) -> frozenset[str]:
    return frozenset().union(*(figures(quote.quote) for quote in quotes))


def _of_aspect(knowledge: KnowledgeBase, aspect: Aspect) -> frozenset[str]:
    facts = [knowledge.supplements[name] for name in aspect.supplements if name in knowledge.supplements]
    return _of_quotes(aspect.quotes).union(*(figures(fact.text) | figures(fact.source) for fact in facts))


def validity_has_a_basis(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for measure in knowledge.measures.values():
        for key, what, cure in _wrong_validity(measure):
            yield error(measure_file(measure), f"validity.{key}", what, cure)


def _wrong_validity(measure: Measure) -> Iterator[tuple[str, str, str]]:
    validity, basis = measure.validity, measure.validity.basis
    says = basis.quote if basis else ""
    if basis is None and (validity.last_day or validity.staged):
        yield "basis", "an end or staged without basis", "quote the words of the source that say so"
    if basis and not (validity.last_day or validity.staged):
        yield "basis", "a basis without last_day or staged", "add what it is the basis of, or remove it"
    if basis and validity.staged and not any(word in says for word in STAGED_WORDS):
        yield "basis", f"it says none of {'、'.join(STAGED_WORDS)}", "quote the words that do, or remove staged"
    last = validity.last_day
    if basis and last and f"{last.year}年{last.month}月{last.day}日" not in figures(says):
        yield "last_day", f"{last} is not in the basis", "quote the words that name this day, or correct it"
    if validity.starts and last and validity.starts > last:
        yield "starts", f"{validity.starts} is after last_day {last}", "correct one of them"


def measures_can_be_offered(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for measure in knowledge.measures.values():
        file = measure_file(measure)
        if len(measure.label) > LONGEST_LABEL:
            what = f"“{measure.label}” has {len(measure.label)} characters"
            yield error(file, "label", what, f"shorten it to {LONGEST_LABEL}: it is a button")
        if not measure.audience:
            yield error(file, "audience", "it is empty", "name person, employer, government or everyone")
        if not measure.passages:
            yield error(file, "passages", "it is empty", "quote what the source says about this measure")
