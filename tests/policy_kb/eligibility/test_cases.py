"""Every rule on examples: the clerk's, and those made from the rules themselves."""

from __future__ import annotations

from collections import Counter

import pytest

from policy_kb.eligibility import Evaluator, Trace
from policy_kb.knowledge import load
from tests.policy_kb.eligibility.cases import Case, LeafCase, made, written

KNOWLEDGE = load()
EVALUATOR = Evaluator(KNOWLEDGE)
WRITTEN = tuple(written(KNOWLEDGE))
MADE = tuple(made(KNOWLEDGE))


@pytest.mark.parametrize("case", WRITTEN, ids=str)
def test_the_clerks_example(case: Case) -> None:
    verdict = EVALUATOR.judge_one(case.measure, case.facts, case.day)
    assert verdict.outcome == case.outcome, verdict.trace


@pytest.mark.parametrize("case", MADE, ids=str)
def test_a_condition_by_itself(case: LeafCase) -> None:
    facts = {} if case.value is None else {case.fact: case.value}
    trace = EVALUATOR.judge_one(case.measure, facts, case.day).trace
    assert trace is not None
    leaf = leaves(trace)[case.number]
    assert (leaf.fact, leaf.truth) == (case.fact, case.truth)
    assert leaf.citations


def leaves(trace: Trace) -> list[Trace]:
    return [leaf for child in trace.children for leaf in leaves(child)] if trace.children else [trace]


def test_there_are_enough() -> None:
    assert len(WRITTEN) >= 250
    assert len(WRITTEN) + len(MADE) >= 400


def test_every_measure_has_examples_of_all_that_it_can_be() -> None:
    outcomes = {measure: {each.outcome for each in WRITTEN if each.measure == measure} for measure in KNOWLEDGE.rules}
    for rule in KNOWLEDGE.rules.values():
        found = outcomes[rule.id]
        if rule.conditions is not None and any(leaf.left_open for leaf in rule.conditions.any or ()):
            assert {"yes", "needs_review"} <= found, rule.id
        elif rule.conditions is not None:
            assert {"no", "unknown"} <= found, rule.id
            assert ("needs_review" if rule.agency_decides else "yes") in found, rule.id
        else:
            assert found & {"needs_review", "no"}, rule.id


def test_no_example_stands_twice() -> None:
    told = Counter((each.measure, tuple(sorted(each.facts.items(), key=str)), each.day) for each in WRITTEN)
    assert [each for each, times in told.items() if times > 1] == []
