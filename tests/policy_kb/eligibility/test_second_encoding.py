"""policy_kb/rules against the second encoding, which was written from the sources without looking at them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from random import Random

import pytest

from policy_kb.eligibility import Evaluator, Known, Outcome
from policy_kb.knowledge import load
from tests.policy_kb.eligibility.second import MEASURES
from tests.policy_kb.eligibility.second.invented import invent, told, vaguely
from tests.policy_kb.eligibility.second.person import Person, retirement_month

KNOWLEDGE = load()
EVALUATOR = Evaluator(KNOWLEDGE)
# On both sides of every day on which something begins or ends, and a leap day.
DAYS = (
    date(2022, 12, 31),
    date(2023, 1, 1),
    date(2024, 2, 29),
    date(2024, 12, 31),
    date(2025, 1, 1),
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2026, 11, 23),
)
PEOPLE_A_DAY = 2500
VAGUE_A_DAY = 1000
# What may become of an outcome once everything is known.
BECOMES: dict[Outcome, set[Outcome]] = {
    "yes": {"yes"},
    "no": {"no"},
    "not_in_force": {"not_in_force"},
    "needs_review": {"needs_review", "yes"},
    "unknown": {"yes", "no", "needs_review"},
}


def people(day: date, how_many: int) -> Iterator[tuple[Person, dict[str, Known], Random]]:
    random = Random(day.toordinal())
    for _ in range(how_many):
        someone = invent(random, day)
        yield someone, told(someone, day, random), random


def test_every_measure_has_been_written_twice() -> None:
    assert set(MEASURES) == set(KNOWLEDGE.rules)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_both_encodings_say_the_same_of_everybody(day: date) -> None:
    disagreements: Counter[tuple[str, str, str]] = Counter()
    for someone, facts, _ in people(day, PEOPLE_A_DAY):
        for measure, verdict in EVALUATOR.judge(facts, day).items():
            expected = MEASURES[measure](someone, day)
            if verdict.outcome != expected:
                disagreements[measure, verdict.outcome, expected] += 1
    assert not disagreements


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_what_is_decided_of_half_a_story_holds_for_the_whole(day: date) -> None:
    wrong: Counter[tuple[str, str, str]] = Counter()
    for someone, facts, random in people(day, VAGUE_A_DAY):
        for measure, verdict in EVALUATOR.judge(vaguely(facts, random), day).items():
            whole = MEASURES[measure](someone, day)
            if whole not in BECOMES[verdict.outcome]:
                wrong[measure, verdict.outcome, whole] += 1
    assert not wrong


def test_the_month_of_retirement_is_the_same_for_every_month_of_birth() -> None:
    day = DAYS[-1]
    for month in range(1940 * 12, 2010 * 12):
        birth = date(month // 12, month % 12 + 1, 1)
        for sex, post in (("male", "worker"), ("female", "worker"), ("female", "manager")):
            known = EVALUATOR.known({"birth_date": birth, "sex": sex, "post": post}, day)
            retires = retirement_month(birth, sex, post)
            assert known["retirement_month"] == retires, (birth, sex, post)
            ahead = (retires.year - day.year) * 12 + retires.month - day.month
            assert known["months_to_retirement"] == max(0, ahead), (birth, sex, post)
