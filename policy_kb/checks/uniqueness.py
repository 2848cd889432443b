"""Nothing has two values at once: a name that people say leads to one measure, a word to one term."""

from __future__ import annotations

from collections.abc import Iterator

from policy_kb.checks.problem import VOCABULARY, Problem, clashes, error, measure_file
from policy_kb.knowledge import KnowledgeBase


def phrases_lead_to_one_measure(knowledge: KnowledgeBase) -> Iterator[Problem]:
    said = [(phrase, measure_file(each)) for each in knowledge.measures.values() for phrase in each.phrases]
    for phrase, files in clashes(said):
        yield error(files[-1], "phrases", f"“{phrase}” stands in {_places(files)}", "keep it in one place")


def labels_and_titles_tell_measures_apart(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for key in ("label", "title"):
        for name, files in clashes((getattr(each, key), measure_file(each)) for each in knowledge.measures.values()):
            yield error(files[-1], key, f"“{name}” stands in {_places(files)}", "give one of them another")


def forms_stand_under_one_term(knowledge: KnowledgeBase) -> Iterator[Problem]:
    forms = [(form, each.term) for each in knowledge.vocabulary for form in (each.term, *each.also)]
    for form, terms in clashes(forms):
        what = f"“{form}” stands under {' and '.join(dict.fromkeys(terms))}, {len(terms)} times in all"
        yield error(VOCABULARY, f"term {terms[-1]}", what, "keep it in one place")


def _places(files: list[str]) -> str:
    return " and ".join(files) if len(set(files)) > 1 else "this file more than once"
