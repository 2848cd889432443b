"""The comparison compares the same rules: where everything is known, all three say the same of everybody."""

from __future__ import annotations

from random import Random

from tests.bench.eligibility import KNOWLEDGE, TODAY, all_facts, best_next, disagreements, everything, ours, questions
from tests.bench.rule_libraries import LIBRARIES, judge_by, plain
from tests.policy_kb.eligibility.people import person

PEOPLE = [everything(Random(seed)) for seed in range(50)]


def test_where_all_is_known_all_three_say_the_same() -> None:
    assert disagreements(PEOPLE) == dict.fromkeys(LIBRARIES, 0)
    said = {outcome for told in PEOPLE for outcome in ours(told).values()}
    assert said == {"yes", "no", "needs_review", "not_in_force"}


def test_every_condition_is_expressed() -> None:
    with_conditions = {rule.id for rule in KNOWLEDGE.rules.values() if rule.conditions is not None}
    for library in LIBRARIES:
        assert set(judge_by(library, KNOWLEDGE, TODAY).may) == with_conditions


def test_a_wrong_value_would_show() -> None:
    told = {**PEOPLE[0], "work": "none", "age": 40, "able_to_work": True, "registered": False, "job_wish": "clear"}
    for library in LIBRARIES:
        judge = judge_by(library, KNOWLEDGE, TODAY)
        assert judge.judge(plain({**told, "age": 15})) != judge.judge(plain(told))


def test_nobody_is_asked_more_than_everything() -> None:
    people = [person(Random(seed), TODAY, 0.1) for seed in range(10)]
    few, every = questions(people, best_next), questions(people, all_facts)
    assert all(one <= other for one, other in zip(few, every, strict=True)) and sum(few) < sum(every)
