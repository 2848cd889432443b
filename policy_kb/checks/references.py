"""Ids that name something which is not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from policy_kb.checks.problem import Problem, aspects_of, clashes, error, measure_file, quotes_of, source_file
from policy_kb.knowledge import KnowledgeBase
from policy_kb.model import ASPECTS, Measure

MORE_ASPECTS = ("validity", "source")
"""What people ask beside the parts of an answer: whether it still holds, and what the source says."""


def measures_name_what_is_there(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for measure in knowledge.measures.values():
        file = measure_file(measure)
        yield from _unknown(file, "source", "source", [measure.source], knowledge.sources)
        yield from _unknown(file, "related", "measure", measure.related, knowledge.measures)
        for key, aspect in aspects_of(measure):
            asked = [aspect.ask] if aspect.ask else []
            yield from _unknown(file, f"{key}.supplements", "supplement", aspect.supplements, knowledge.supplements)
            yield from _unknown(file, f"{key}.ask", "contact", asked, knowledge.contacts)
        yield from _unknown_clauses(knowledge, measure)


def _unknown_clauses(knowledge: KnowledgeBase, measure: Measure) -> Iterator[Problem]:
    source = knowledge.sources.get(measure.source)
    if source is None:
        return
    file, known = measure_file(measure), [clause.id for clause in source.clauses]
    yield from _unknown(file, "clause", "clause", [measure.clause], known)
    for key, quote in quotes_of(measure):
        yield from _unknown(file, f"{key}.clause", "clause", [quote.clause], known)


def clauses_name_what_is_there(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for source in knowledge.sources.values():
        known = [clause.id for clause in source.clauses]
        for clause in source.clauses:
            parents = [clause.parent] if clause.parent else []
            yield from _unknown(source_file(source), f"clauses {clause.id}.parent", "clause", parents, known)


def menu_names_what_is_there(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for group in knowledge.menu.values():
        yield from _unknown("menu.yml", f"{group.id}.measures", "measure", group.measures, knowledge.measures)


def aspects_are_those_of_the_model(knowledge: KnowledgeBase) -> Iterator[Problem]:
    known = (*ASPECTS, *MORE_ASPECTS)
    yield from _unknown("aspects.yml", "id", "aspect", knowledge.aspects, known)
    for missing in sorted(set(known) - set(knowledge.aspects)):
        yield error("aspects.yml", "id", f"there is no aspect “{missing}”", "add it: every answer needs its button")


def places_are_in_places(knowledge: KnowledgeBase) -> Iterator[Problem]:
    known = {place.code for place in knowledge.places}
    for place in knowledge.places:
        parents = [place.parent] if place.parent else []
        yield from _unknown("places.yml", f"{place.code}.parent", "place", parents, known)
    for code, names in clashes((place.code, place.name) for place in knowledge.places):
        yield error("places.yml", code, f"the code stands twice: {' and '.join(names)}", "correct one of them")


def _unknown(file: str, key: str, kind: str, named: Iterable[str], known: Collection[str]) -> Iterator[Problem]:
    for name in named:
        if name not in known:
            yield error(file, key, f"there is no {kind} “{name}”", f"correct the id, or add the {kind}")
