"""Invented people of whom everything is known, crowded where rules turn, and what they would tell."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from policy_kb.eligibility import DONT_KNOW, Known, Range
from tests.policy_kb.eligibility.second.person import Person, full_months, full_years, later

WORK = (
    *("none",) * 12,
    *("employed",) * 4,
    "self_employed",
    "platform",
    "casual",
    "student",
    "pension",
    "resident_pension",
)
REASONS = (
    "dismissed",
    "employer_closed",
    "contract_ended",
    "employer_proposed",
    "employer_fault",
    "resigned",
    "business_closed",
    "never_worked",
    "other",
)
INSURED = (0, 1, 11, 12, 13, 35, 36, 59, 60, 61, 119, 120, 240)
LOANS = (10_000, 50_000, 99_999, 100_000, 100_001, 200_000, 300_000)
# What is told in another way, or only of those to whom it applies.
NOT_FOR_ALL = frozenset(
    ("birth", "certificate", "last_job", "loan_amount", "post", "startup_loan", "pandemic_stopped", "income_over_dibao")
)
# How far off a vague answer may be.
SPREAD = {"age": 9, "insured_months": 8, "last_job_months": 4, "loan_amount": 30_000}


def invent(random: Random, day: date) -> Person:
    work = random.choice(WORK)
    idle = work == "none"
    birth = _birth(random, day, youngest=60 if "pension" in work else 14)
    grown = full_years(birth, day) >= 16
    registered = idle and grown and random.random() < 0.6
    hardship = grown and random.random() < 0.3
    business = "running" if work == "self_employed" else random.choice(("none", "none", "planning", "stopped"))
    in_business = business in ("running", "stopped")
    startup_loan = in_business and random.random() < 0.5
    dibao = random.random() < 0.3
    return Person(
        birth=birth,
        sex=random.choice(("male", "female")),
        post=random.choice(("worker", "manager")),
        work=work,
        registered=registered,
        benefit=random.choice(("none", "none", "receiving", "exhausted")) if idle else "none",
        job_wish=random.choice(("clear", "clear", "unclear", "none")),
        hardship=hardship,
        business=business,
        wants_training=random.random() < 0.5,
        wants_flexible=random.random() < 0.5,
        able_to_work=random.random() < 0.9,
        job_loss_reason=random.choice(REASONS),
        insured_months=random.choice(INSURED),
        certificate=_near(random, later(day, -12 * random.randint(0, 2)), day) if random.random() < 0.6 else None,
        last_job=_last_job(random, day) if hardship else None,
        loan_amount=random.choice(LOANS) if business != "none" else None,
        startup_loan=startup_loan,
        pandemic_stopped=startup_loan and random.random() < 0.5,
        dibao=dibao,
        income_over_dibao=dibao and random.random() < 0.5,
        rights_harmed=random.random() < 0.3,
        disability=random.random() < 0.1,
        poverty_lifted=random.random() < 0.2,
        low_income=random.random() < 0.2,
        zero_employment=idle and random.random() < 0.2,
        unemployed_graduate=idle and random.random() < 0.2,
    )


def told(person: Person, day: date, random: Random) -> dict[str, Known]:
    """All of it, as facts: the age or the birth date, how long the last job was or its first and last day."""
    facts: dict[str, Known] = {each: getattr(person, each) for each in Person.__slots__ if each not in NOT_FOR_ALL}
    facts["certificate"] = person.certificate is not None
    if random.random() < 0.5:
        facts["birth_date"] = person.birth
    else:
        facts["age"] = full_years(person.birth, day)
    if person.certificate is not None:
        facts["certificate_date"] = person.certificate
    if person.last_job is not None and random.random() < 0.5:
        facts["job_start_date"], facts["job_loss_date"] = person.last_job
    elif person.last_job is not None:
        facts["last_job_months"] = full_months(*person.last_job)
    if person.loan_amount is not None:
        facts["loan_amount"] = person.loan_amount
    if person.business in ("running", "stopped"):
        facts["startup_loan"] = person.startup_loan
    if person.startup_loan:
        facts["pandemic_stopped"] = person.pandemic_stopped
    if person.dibao:
        facts["income_over_dibao"] = person.income_over_dibao
    if person.sex == "female":
        facts["post"] = person.post
    return facts


def vaguely(facts: dict[str, Known], random: Random) -> dict[str, Known]:
    """The same told in part: some of it left out, some not known, numbers and days as ranges that hold the truth."""
    share = random.choice((0.05, 0.15, 0.4, 0.8))
    part: dict[str, Known] = {}
    for name, value in facts.items():
        if random.random() >= share:
            part[name] = value
        elif random.random() < 0.5:
            part[name] = _vague(name, value, random)
    return part


def _vague(name: str, value: Known, random: Random) -> Known:
    below, above = random.random(), random.random()
    if isinstance(value, date):
        low, high = value - timedelta(int(below * 90)), value + timedelta(int(above * 90))
        return Range(low, None if above > 0.9 else high)
    if name in SPREAD and isinstance(value, int):
        return Range(max(0, value - int(below * SPREAD[name])), value + int(above * SPREAD[name]))
    return DONT_KNOW


def _birth(random: Random, day: date, youngest: int) -> date:
    if youngest < 16 and random.random() < 0.3:
        return later(day, -12 * 16) + timedelta(random.randint(-3, 3))
    return later(day, -random.randint(12 * youngest, 12 * 75)) - timedelta(random.randint(0, 31))


def _near(random: Random, turn: date, latest: date) -> date:
    """At a turn or some days from it, or any day of the two years before; never after ``latest``."""
    by = random.choice((0, 0, -1, 1, -30, 30, -random.randint(0, 700)))
    return min(turn + timedelta(by), latest)


def _last_job(random: Random, day: date) -> tuple[date, date]:
    """Around six months long, mostly; from the end of a month, often."""
    start = later(day, -random.randint(24, 60))
    if random.random() < 0.5:
        start = start.replace(day=1) - timedelta(random.randint(1, 3))
    months = random.choice((0, 3, 5, 6, 6, 6, 7, 20))
    return start, max(start, later(start, months) + timedelta(random.randint(-2, 2)))
