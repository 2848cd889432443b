"""`python -m policy_kb check`: all checks over one knowledge base.

A check is a function from the knowledge base to the problems that it finds; adding one is adding it to a tuple.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from policy_kb.checks import (
    answers,
    applications,
    eligibility,
    guides,
    quotes,
    references,
    sources,
    uniqueness,
    upcoming,
)
from policy_kb.checks.problem import Problem
from policy_kb.checks.unreadable import unreadable
from policy_kb.knowledge import HOME, KnowledgeBase
from policy_kb.loading import KnowledgeError

__all__ = ["ERRORS", "WARNINGS", "Problem", "check", "problems_of"]

ERRORS: tuple[Callable[[KnowledgeBase], Iterator[Problem]], ...] = (
    sources.texts_are_stored,
    sources.clause_ids_are_unique,
    sources.clauses_are_in_the_text,
    sources.text_is_in_the_clauses,
    sources.sentences_are_covered,
    quotes.quotes_are_verbatim,
    references.measures_name_what_is_there,
    references.clauses_name_what_is_there,
    references.menu_names_what_is_there,
    references.aspects_are_those_of_the_model,
    references.places_are_in_places,
    answers.aspects_say_something,
    answers.facts_may_be_told,
    answers.figures_are_sourced,
    answers.validity_has_a_basis,
    answers.measures_can_be_offered,
    uniqueness.phrases_lead_to_one_measure,
    uniqueness.labels_and_titles_tell_measures_apart,
    uniqueness.forms_stand_under_one_term,
    guides.guides_name_what_is_there,
    guides.guide_quotes_are_verbatim,
    guides.guide_facts_may_be_told,
    guides.steps_rest_on_something,
    guides.guide_figures_are_sourced,
    guides.guides_come_to_an_end,
    guides.guides_can_be_read,
    guides.guide_words_lead_one_way,
    applications.applications_are_those_of_the_measures,
    applications.applications_name_what_is_there,
    applications.time_limits_have_a_source,
    applications.conditions_can_be_met,
    applications.told_fields_can_be_told,
    applications.field_ids_are_unique,
    applications.choices_can_be_told_apart,
    applications.personal_fields_are_marked,
    applications.applicants_can_be_recognised,
    applications.facts_are_those_of_the_rules,
    applications.forms_are_short,
    applications.application_figures_are_sourced,
    eligibility.rules_name_what_is_there,
    eligibility.rule_quotes_are_verbatim,
    eligibility.rule_figures_are_sourced,
    eligibility.rules_fit_their_audience,
    eligibility.parameters_end_with_their_sources,
)
WARNINGS: tuple[Callable[[KnowledgeBase, date], Iterator[Problem]], ...] = (
    upcoming.ends_soon,
    upcoming.phased_facts_are_told,
    upcoming.nothing_leads_there,
    eligibility.measures_have_rules,
    eligibility.parameters_end_soon,
)


def check(home: Path = HOME, day: date | None = None) -> tuple[Problem, ...]:
    """All problems of the knowledge base below ``home``, errors first; ``day`` (today) is what warnings look from.

    Reads the files afresh.  Files that the loader refuses are a problem like any other, but hide the rest.
    """
    try:
        knowledge = KnowledgeBase(home)
    except KnowledgeError as refusal:
        return unreadable(home, refusal)
    return problems_of(knowledge, day or date.today())


def problems_of(knowledge: KnowledgeBase, day: date) -> tuple[Problem, ...]:
    return (
        *(problem for found in ERRORS for problem in found(knowledge)),
        *(problem for found in WARNINGS for problem in found(knowledge, day)),
    )
