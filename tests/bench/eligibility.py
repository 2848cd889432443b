"""Eligibility beside two rule libraries: `python -m tests.bench.eligibility [--people N] [--rounds N]`.

One person × all measures in microseconds, what a missing fact does to each, and how many questions it takes until all
is settled.  Prints tables and writes results/bench-eligibility.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import policy_kb
from policy_kb.eligibility import Evaluator, Fact, Known, Range
from tests.bench.rule_libraries import LIBRARIES, Judge, judge_by, plain
from tests.policy_kb.eligibility.people import Person, person

TODAY = date(2025, 6, 16)
"""A day on which all numbers that rules compare with are in force."""
SEED = 20261123
TIMED = 200
"""So many people are judged in one round."""
KEPT = 0.5
"""The share of facts that is left where facts are missing."""
GROUPS = 4
RESULTS = Path(__file__).parents[2] / "results" / "bench-eligibility.json"
KNOWLEDGE = policy_kb.load()
EVALUATOR = Evaluator(KNOWLEDGE)
Told = dict[str, Known]


def everything(random: Random) -> Told:
    """Exact values of all facts that rules ask for, for somebody invented."""
    told: Told = {}
    true = person(random, TODAY).facts
    for fact in asked_by_rules():
        value = true.get(fact.id, _any(fact, random))
        told[fact.id] = value.low if isinstance(value, Range) and value.low is not None else value
    return told


def _any(fact: Fact, random: Random) -> Known:
    if fact.type == "choice":
        return random.choice(fact.choices).id
    unlikely: dict[str, Known] = {"bool": False, "number": 0, "date": date(2020, 1, 1), "place": "530102"}
    return unlikely[fact.type]


def ours(told: Told) -> dict[str, str]:
    return {name: verdict.outcome for name, verdict in EVALUATOR.judge(told, TODAY).items()}


def judges() -> dict[str, Judge]:
    return {library: judge_by(library, KNOWLEDGE, TODAY) for library in LIBRARIES}


def disagreements(people: Sequence[Told]) -> dict[str, int]:
    """By library: of how many (person, measure) it says something else than we, where everything is known."""
    return {
        name: sum(judge.judge(plain(told))[each] != outcome for told in people for each, outcome in ours(told).items())
        for name, judge in judges().items()
    }


# How fast


def timings(people: Sequence[Told], rounds: int) -> dict[str, list[float]]:
    """Microseconds for one person × all measures: the mean of each round."""
    ready = [plain(told) for told in people]
    work: dict[str, Callable[[], object]] = {"yunjiu": lambda: [ours(told) for told in people]}
    for name, judge in judges().items():
        if name != "rule-engine, missing is null":
            work[name] = lambda judge=judge: [judge.judge(facts) for facts in ready]  # type: ignore[misc]
    found: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(rounds + 1):
        for name, run in work.items():
            began = time.perf_counter()
            run()
            taken = 1e6 * (time.perf_counter() - began) / len(people)
            if turn:  # the first round warms up
                found[name].append(taken)
    return found


# What a missing fact does


def with_missing(people: Sequence[Told], random: Random) -> dict[str, dict[str, float]]:
    """Per cent of (person, measure), by library: what it says where half of the facts are not known.

    Only pairs are counted of which it is still open what is true.
    """
    half = [{name: value for name, value in told.items() if random.random() < KEPT} for told in people]
    open_pairs = {(at, name) for at, told in enumerate(half) for name, outcome in ours(told).items() if _open(outcome)}
    found: dict[str, dict[str, float]] = {"yunjiu": {"unknown": 100.0}}
    for library, judge in judges().items():
        said = Counter(
            "error" if isinstance(outcome, Exception) else outcome
            for at, told in enumerate(half)
            for name, outcome in judge.judge_each(plain(told))
            if (at, name) in open_pairs
        )
        found[library] = {each: 100 * count / len(open_pairs) for each, count in said.most_common()}
    return found


def _open(outcome: str) -> bool:
    return outcome == "unknown"


# How many questions


def best_next(told: Told) -> Fact | None:
    return EVALUATOR.next_question(told, TODAY)


def all_facts(told: Told) -> Fact | None:
    return next((fact for fact in asked_by_rules() if fact.id not in told and _makes_sense(fact, told)), None)


def fixed_order(told: Told) -> Fact | None:
    """In the order of facts.yml, until all is settled."""
    return all_facts(told) if EVALUATOR.next_question(told, TODAY) is not None else None


def _makes_sense(fact: Fact, told: Mapping[str, Known]) -> bool:
    if fact.when is None:
        return True
    value = told.get(fact.when.fact)
    return ("yes" if value is True else "no" if value is False else value) in fact.when.one_of


def asked_by_rules() -> tuple[Fact, ...]:
    """The facts that a personal measure's rule depends on, in the order of facts.yml."""
    named: set[str] = set()
    for rule in KNOWLEDGE.rules.values():
        pending = [rule.conditions] if rule.conditions is not None else []
        while pending:
            node = pending.pop()
            named |= {node.fact} if node.fact else set()
            pending += [*(node.all or ()), *(node.any or ()), *(node.of or ()), *((node.not_,) if node.not_ else ())]
    return tuple(fact for fact in KNOWLEDGE.facts.values() if fact.id in named)


def questions(people: Sequence[Person], following: Callable[[Told], Fact | None]) -> list[int]:
    """How many each of the people is asked."""
    counts = []
    for someone in people:
        told: Told = {}
        while (fact := following(told)) is not None:
            told[fact.id] = someone.answer(fact)
        counts.append(len(told))
    return counts


def asked(counts: Sequence[int]) -> dict[str, float]:
    size = len(counts) // GROUPS
    means = [statistics.mean(counts[at * size : (at + 1) * size]) for at in range(GROUPS)]
    return {"mean": statistics.mean(counts), "least": min(means), "most": max(means), "worst": max(counts)}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2000, help="of whom questions are counted")
    parser.add_argument("--rounds", type=int, default=5, help="of the timing")
    options = parser.parse_args(arguments)
    random = Random(SEED)
    known = [everything(random) for _ in range(TIMED)]
    asking = [person(random, TODAY, 0.1) for _ in range(options.people)]
    figures: dict[str, Any] = {
        "measures": len(KNOWLEDGE.rules),
        "with_conditions": sum(rule.conditions is not None for rule in KNOWLEDGE.rules.values()),
        "disagreements": disagreements(known),
        "microseconds": timings(known, options.rounds),
        "missing": with_missing(known, random),
        "questions": {
            name: asked(questions(asking, following))
            for name, following in (("yunjiu", best_next), ("fixed order", fixed_order), ("all facts", all_facts))
        },
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")
    print(report(figures))


def report(figures: Mapping[str, Any]) -> str:
    lines = [
        f"{figures['measures']} measures, {figures['with_conditions']} of them with conditions; both libraries can"
        " express all of these for exact values.",
        f"Other answers than ours, everything known: {figures['disagreements']}",
        "",
        "| one person × all measures | median µs | least | most |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, taken in figures["microseconds"].items():
        lines.append(f"| {name} | {statistics.median(taken):.0f} | {min(taken):.0f} | {max(taken):.0f} |")
    lines += ["", "| half of the facts missing: of what is open, says | |", "| --- | --- |"]
    for name, said in figures["missing"].items():
        lines.append(f"| {name} | {', '.join(f'{each} {share:.1f} %' for each, share in said.items())} |")
    lines += ["", "| questions until all is settled | mean | of groups | worst |", "| --- | ---: | ---: | ---: |"]
    for name, each in figures["questions"].items():
        lines.append(f"| {name} | {each['mean']:.1f} | {each['least']:.1f}–{each['most']:.1f} | {each['worst']} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
