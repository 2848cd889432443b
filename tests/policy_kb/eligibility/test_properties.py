"""What holds for everybody, whatever they say and in whatever order."""

from __future__ import annotations

from datetime import date
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from policy_kb.eligibility import DONT_KNOW, Evaluator, Fact, Known, Range
from policy_kb.knowledge import load
from tests.policy_kb.eligibility.people import person

KNOWLEDGE = load()
EVALUATOR = Evaluator(KNOWLEDGE)
IN_RULES = tuple(each for each in KNOWLEDGE.facts.values() if each.question is not None)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
Facts = dict[str, Known]


def values(fact: Fact) -> st.SearchStrategy[Known]:
    if fact.type == "bool":
        known: st.SearchStrategy[Known] = st.booleans()
    elif fact.type == "choice":
        known = st.sampled_from([each.id for each in fact.choices])
    elif fact.type == "place":
        known = st.sampled_from(["530102", "5306"])
    else:
        one = st.integers(-5, 200_000) | st.integers(0, 30) if fact.type == "number" else st.dates()
        known = one | st.tuples(st.none() | one, st.none() | one).map(in_order)
    return known | st.just(DONT_KNOW)


def in_order(ends: tuple[int | date | None, int | date | None]) -> Range:
    low, high = ends
    if low is not None and high is not None and low > high:  # type: ignore[operator]
        low, high = high, low
    return Range(low, high)


FACTS: st.SearchStrategy[Facts] = st.fixed_dictionaries({}, optional={each.id: values(each) for each in IN_RULES})


@given(FACTS, DAYS)
@settings(max_examples=300, deadline=None)
def test_judging_never_raises_and_every_decision_cites(facts: Facts, day: date) -> None:
    for applicant in ("person", "employer"):
        for verdict in EVALUATOR.judge(facts, day, applicant).values():
            assert verdict.citations and all(each.quote for each in verdict.citations)
            assert verdict.gaps
            assert bool(verdict.looks_at) == (verdict.outcome == "needs_review")
            assert not (set(verdict.live) & set(facts))
    EVALUATOR.next_question(facts, day)


@given(FACTS, DAYS, st.data())
@settings(max_examples=300, deadline=None)
def test_more_knowledge_never_turns_a_decision_round(facts: Facts, day: date, data: st.DataObject) -> None:
    fewer = {name: facts[name] for name in facts if data.draw(st.booleans())}
    before, after = EVALUATOR.judge(fewer, day), EVALUATOR.judge(facts, day)
    for measure, verdict in before.items():
        assert {verdict.outcome, after[measure].outcome} != {"yes", "no"}, measure


@given(FACTS, DAYS, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_answers_does_not_matter(facts: Facts, day: date, random: Random) -> None:
    names = list(facts)
    random.shuffle(names)
    assert EVALUATOR.judge(facts, day) == EVALUATOR.judge({name: facts[name] for name in names}, day)


@given(st.integers(0, 10**9), st.sampled_from([0.0, 0.2, 0.6]), DAYS)
@settings(max_examples=100, deadline=None)
def test_every_question_was_live_and_unanswered(seed: int, dont_know: float, day: date) -> None:
    someone, facts = person(Random(seed), day, dont_know), Facts()
    while (question := EVALUATOR.next_question(facts, day)) is not None:
        verdicts = EVALUATOR.judge(facts, day)
        assert any(question.id in each.live for each in verdicts.values() if each.outcome == "unknown")
        assert question.id not in facts
        facts[question.id] = someone.answer(question)


@given(st.integers(0, 10**9), DAYS, st.data())
@settings(max_examples=100, deadline=None)
def test_an_answer_to_a_live_fact_can_change_the_outcome(seed: int, day: date, data: st.DataObject) -> None:
    """Some completion of what is not known makes the difference, found by trying them."""
    someone = person(Random(seed), day)
    facts = {name: value for name, value in someone.facts.items() if data.draw(st.booleans())}
    for measure, verdict in EVALUATOR.judge(facts, day).items():
        for live in verdict.live:
            others = [name for name in verdict.live if name != live]
            assert any(
                len({_outcome(measure, {**facts, **filled, live: value}, day) for value in _samples(live, day)}) > 1
                for filled in _fillings(others, day)
            ), (measure, live, facts)


def _outcome(measure: str, facts: Facts, day: date) -> str:
    return EVALUATOR.judge_one(measure, facts, day).outcome


def _samples(name: str, day: date) -> list[Known]:
    fact = KNOWLEDGE.facts[name]
    if fact.type == "bool":
        return [True, False]
    if fact.type == "choice":
        return [each.id for each in fact.choices]
    return [0, 12, 200_000] if fact.type == "number" else [day, day.replace(year=day.year - 3, day=1)]


def _fillings(names: list[str], day: date) -> list[Facts]:
    found: list[Facts] = [{}]
    for name in names:
        found = [{**each, name: value} for each in found for value in _samples(name, day)]
    return found
