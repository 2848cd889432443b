"""Invented people: everything that is true of one, without contradictions, and how they answer questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

from policy_kb.eligibility import DONT_KNOW, Fact, Known, Range
from policy_kb.eligibility.days import add_months, age, first_of_month, month_number

WORK = ("none",) * 11 + ("employed",) * 3 + ("self_employed", "platform", "casual", "student", "pension")
REASONS = ("dismissed",) * 4 + (
    "employer_closed",
    "contract_ended",
    "employer_proposed",
    "employer_fault",
    "resigned",
    "resigned",
    "business_closed",
    "never_worked",
    "other",
)


@dataclass(frozen=True)
class Person:
    """``facts``: what is true.  ``vague``: the facts that the person does not know."""

    facts: Mapping[str, Known]
    vague: frozenset[str] = frozenset()

    def answer(self, fact: Fact) -> Known:
        """What the person answers when asked; what is not true of anybody here is not known."""
        return DONT_KNOW if fact.id in self.vague else self.facts.get(fact.id, DONT_KNOW)


def person(random: Random, day: date, dont_know: float = 0.0) -> Person:
    """``dont_know``: the share of facts that the person cannot tell."""
    facts = _facts(random, day)
    return Person(facts, frozenset(each for each in facts if random.random() < dont_know))


def _facts(random: Random, day: date) -> dict[str, Known]:
    birth = first_of_month(month_number(day) - random.randint(14 * 12, 72 * 12)).replace(day=random.randint(1, 28))
    work = random.choice(WORK)
    if work == "pension" and age(birth, day) >= 60 and random.random() < 0.5:
        work = "resident_pension"
    sex = random.choice(("male", "female"))
    business = {"self_employed": "running"}.get(work) or random.choice(("none", "none", "none", "planning", "stopped"))
    benefit = random.choice(("none", "none", "receiving", "exhausted")) if work == "none" else "none"
    facts: dict[str, Known] = {
        "birth_date": birth,
        "age": age(birth, day),
        "sex": sex,
        "work": work,
        "registered": work == "none" and random.random() < 0.5,
        "benefit": benefit,
        "job_wish": random.choice(("clear", "clear", "unclear", "none")),
        "hardship": random.random() < 0.25,
        "business": business,
        "wants_training": random.random() < 0.5,
        "wants_flexible": random.random() < 0.5,
        "able_to_work": random.random() < 0.93,
        "job_loss_reason": random.choice(REASONS),
        "insured_months": random.choice((0, 5, 11, 12, 13, 40, 130, Range(6, 18), Range(24, 36))),
        "certificate": random.random() < 0.3,
        "dibao": random.random() < 0.15,
        "rights_harmed": random.random() < 0.2,
        "disability": random.random() < 0.1,
        "poverty_lifted": random.random() < 0.15,
        "low_income": random.random() < 0.15,
        "zero_employment": work == "none" and random.random() < 0.1,
        "unemployed_graduate": work == "none" and random.random() < 0.1,
        "county": random.choice(("530102", "530602", "532901")),
    }
    if sex == "female":
        facts["post"] = random.choice(("worker", "manager"))
    if facts["certificate"]:
        facts["certificate_date"] = add_months(day, -random.randint(0, 24))
    if facts["hardship"]:
        facts["last_job_months"] = random.choice((0, 3, 5, 6, 7, 30))
    if facts["dibao"]:
        facts["income_over_dibao"] = random.random() < 0.5
    if business != "none":
        facts["loan_amount"] = random.choice((50_000, 99_999, 100_000, 100_001, Range(80_000, 120_000)))
    if business in ("running", "stopped"):
        facts["startup_loan"] = random.random() < 0.5
        facts["pandemic_stopped"] = random.random() < 0.5
    return facts
