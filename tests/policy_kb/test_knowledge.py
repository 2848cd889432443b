"""The real knowledge base: whole, without errors, quick to load."""

from __future__ import annotations

import csv
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

import policy_kb
from policy_kb.check import check
from policy_kb.knowledge import HOME, KnowledgeBase
from policy_kb.loading import KnowledgeError
from policy_kb.model import ASPECTS, Quote, Validity

NOTICE = "yunrenshefa-2022-57"
with (Path(__file__).parent / "measures.csv").open(encoding="utf-8") as table:
    EXPECTED = [(row["id"], row["clause"]) for row in csv.DictReader(table)]
KNOWLEDGE = policy_kb.load()


def test_it_has_no_errors() -> None:
    errors = [str(problem) for problem in check() if problem.severity == "error"]
    assert not errors, "\n" + "\n".join(errors)


def test_it_loads_in_under_a_second() -> None:
    start = time.perf_counter()
    KnowledgeBase(HOME)
    assert time.perf_counter() - start < 1


def test_it_is_read_once() -> None:
    assert policy_kb.load() is KNOWLEDGE


def test_all_measures_of_the_notice_are_there() -> None:
    of_notice = {measure.id for measure in KNOWLEDGE.measures.values() if measure.source == NOTICE}
    assert len(EXPECTED) == 50
    assert of_notice == {each for each, _ in EXPECTED}


@pytest.mark.parametrize(("measure", "clause"), EXPECTED)
def test_each_stands_under_its_clause(measure: str, clause: str) -> None:
    found = KNOWLEDGE.measure(measure)
    assert (found.source, found.clause) == (NOTICE, clause)
    assert KNOWLEDGE.clause(NOTICE, clause).id == clause


@pytest.mark.parametrize(("measure", "clause"), EXPECTED)
def test_each_aspect_has_citations(measure: str, clause: str) -> None:
    found = KNOWLEDGE.measure(measure)
    for name in ASPECTS:
        citations = KNOWLEDGE.citations(found, getattr(found.aspects, name))
        assert any(citation.notice == "云人社发〔2022〕57号" for citation in citations)
        assert all(citation.quote for citation in citations)


def test_the_clause_tree_is_the_notices() -> None:
    sizes = {"1": 3, "2": 2, "3": 2, "4": 2, "5": 2, "6": 3}
    expected = {"0", "7", *sizes, *(f"{one}.{two}" for one, last in sizes.items() for two in range(1, last + 1))}
    assert {clause.id for clause in KNOWLEDGE.sources[NOTICE].clauses} == expected


@pytest.mark.parametrize("kind", ["measure", "clause", "supplement"])
def test_an_unknown_id_is_refused_by_name(kind: str) -> None:
    ask = {
        "measure": lambda: KNOWLEDGE.measure("none"),
        "clause": lambda: KNOWLEDGE.clause(NOTICE, "none"),
        "supplement": lambda: KNOWLEDGE.cite_supplement("none"),
    }
    with pytest.raises(KnowledgeError, match=f"there is no {kind} “none”"):
        ask[kind]()


LAST_DAY = date(2022, 12, 31)


@pytest.mark.parametrize(("days", "state"), [(-1, "staged"), (0, "staged"), (1, "expired")])
def test_the_hiring_pilot_ended_with_2022(days: int, state: str) -> None:
    assert KNOWLEDGE.validity("hiring-subsidy", LAST_DAY + timedelta(days=days)) == state


@pytest.mark.parametrize(("days", "state"), [(-1, "in_force"), (0, "in_force"), (1, "expired")])
def test_the_last_day_is_inclusive(days: int, state: str) -> None:
    basis = Quote(clause="1", quote="到2022年12月31日")
    assert Validity(last_day=LAST_DAY, basis=basis).on(LAST_DAY + timedelta(days=days)) == state


def test_without_an_end_nothing_expires() -> None:
    assert Validity().on(date.max) == "in_force"
    assert Validity(staged=True).on(date.max) == "staged"


def test_all_of_yunnan_is_there() -> None:
    prefectures = [place for place in KNOWLEDGE.places if place.parent is None]
    counties = [place for place in KNOWLEDGE.places if place.parent]
    assert (len(prefectures), len(counties)) == (16, 129)
    assert all(county.code.startswith(county.parent or "?") and len(county.code) == 6 for county in counties)
    assert {county.parent for county in counties} == {place.code for place in prefectures}
    assert len({place.code for place in KNOWLEDGE.places}) == 145
