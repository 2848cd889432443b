"""What is not wrong yet: things about to end, facts that run out, measures that nothing leads to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from policy_kb.checks.problem import SUPPLEMENTS, Problem, aspects_of, measure_file, warning
from policy_kb.knowledge import KnowledgeBase

LOOK_AHEAD = timedelta(days=30)


def ends_soon(knowledge: KnowledgeBase, day: date) -> Iterator[Problem]:
    for measure in knowledge.measures.values():
        last_day = measure.validity.last_day
        if _is_near(last_day, day):
            cure = "see whether it has been prolonged; from the day after, answers say that it has expired"
            yield warning(measure_file(measure), "validity.last_day", f"ends on {last_day}", cure)
    for fact in knowledge.supplements.values():
        if _is_near(fact.last_day, day):
            cure = "see whether it has been prolonged; from the day after, answers say that it ran out"
            yield warning(SUPPLEMENTS, f"{fact.id}.last_day", f"ends on {fact.last_day}", cure)


def _is_near(last_day: date | None, day: date) -> bool:
    return last_day is not None and day <= last_day <= day + LOOK_AHEAD


def phased_facts_are_told(knowledge: KnowledgeBase, day: date) -> Iterator[Problem]:
    used = {
        name
        for measure in knowledge.measures.values()
        for _, aspect in aspects_of(measure)
        for name in aspect.supplements
    }
    phased = [fact for fact in knowledge.supplements.values() if fact.id in used and fact.currency == "phased"]
    if phased:
        ended = "，".join(
            f"{fact.id} ended {fact.last_day}" for fact in phased if fact.last_day and fact.last_day < day
        )
        what = f"facts of a phased policy are told: {', '.join(fact.id for fact in phased)}"
        cure = "see whether they still hold, and renew text and last_day"
        yield warning(SUPPLEMENTS, "currency", f"{what} ({ended})" if ended else what, cure)


def nothing_leads_there(knowledge: KnowledgeBase, day: date) -> Iterator[Problem]:
    offered = {each for group in knowledge.menu.values() for each in group.measures}
    offered.update(each for measure in knowledge.measures.values() for each in measure.related)
    for measure in knowledge.measures.values():
        if measure.id not in offered:
            what = "in no menu group, and related to no other measure"
            cure = "name it in menu.yml, or under related of a measure that people ask about first"
            yield warning(measure_file(measure), "id", what, cure)
