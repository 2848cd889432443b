"""How few questions settle it, in what order, and how fast."""

from __future__ import annotations

import time
from datetime import date
from random import Random

import pytest

from policy_kb.eligibility import DONT_KNOW, Evaluator, Known, Range
from policy_kb.knowledge import load
from tests.policy_kb.eligibility.people import Person, person

KNOWLEDGE = load()
EVALUATOR = Evaluator(KNOWLEDGE)
TODAY = date(2026, 11, 23)
DAYS = (TODAY, date(2025, 6, 1))


def asked(someone: Person, day: date, measures: tuple[str, ...] | None = None, **known: Known) -> list[str]:
    facts: dict[str, Known] = dict(known)
    names = []
    while (question := EVALUATOR.next_question(facts, day, measures)) is not None:
        names.append(question.id)
        facts[question.id] = someone.answer(question)
    return names


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("dont_know", [0.0, 0.1, 0.5, 1.0])
def test_all_measures_are_settled_in_few_questions(day: date, dont_know: float) -> None:
    random = Random(20261123)
    counts = [len(asked(person(random, day, dont_know), day)) for _ in range(200)]
    assert max(counts) <= 20
    assert sum(counts) / len(counts) <= (14 if dont_know <= 0.1 else 16)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_any_one_measure_is_settled_in_six(day: date) -> None:
    random = Random(7)
    people = [person(random, day, share) for share in (0.0, 0.2, 1.0) for _ in range(40)]
    for measure in EVALUATOR.personal:
        assert max(len(asked(each, day, (measure,))) for each in people) <= 6, measure


def test_somebody_who_knows_everything_is_undecided_nowhere() -> None:
    random = Random(3)
    for _ in range(200):
        someone = person(random, TODAY)
        exact = {name: value for name, value in someone.facts.items() if not isinstance(value, Range)}
        left = [each for each in EVALUATOR.judge(exact, TODAY).values() if each.outcome == "unknown"]
        assert all(set(each.live) & (set(someone.facts) - set(exact)) for each in left)


def test_gate_facts_come_first() -> None:
    names = asked(person(Random(1), TODAY), TODAY)
    gates = [KNOWLEDGE.facts[name].gate for name in names]
    assert gates == sorted(gates, reverse=True)
    assert names[0] == "work"


def test_nothing_known_is_asked() -> None:
    names = asked(person(Random(1), TODAY), TODAY, work="none", age=Range(40, 49), hardship=DONT_KNOW)
    assert not {"work", "age", "hardship", "birth_date"} & set(names)


def test_the_age_is_not_asked_where_the_birth_date_is_known() -> None:
    names = asked(person(Random(1), TODAY), TODAY, birth_date=date(1971, 5, 3))
    assert "age" not in names


def test_a_follow_up_is_asked_only_where_it_makes_sense() -> None:
    measure = ("skills-upgrade-subsidy",)
    known: dict[str, Known] = {"work": "employed", "certificate": DONT_KNOW}
    assert EVALUATOR.judge_one(*measure, known, TODAY).live == ("certificate_date",)
    assert EVALUATOR.next_question(known, TODAY, measure) is None
    question = EVALUATOR.next_question({**known, "certificate": True}, TODAY, measure)
    assert question is not None and question.id == "certificate_date"


def test_one_person_and_all_measures_take_less_than_a_millisecond() -> None:
    facts = person(Random(5), TODAY).facts
    EVALUATOR.judge(facts, TODAY)
    rounds = []
    for _ in range(20):
        start = time.perf_counter()
        EVALUATOR.judge(facts, TODAY)
        rounds.append(time.perf_counter() - start)
    assert min(rounds) < 0.001
