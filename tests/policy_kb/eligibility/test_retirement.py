"""The gradual schedule of retirement, on the rows of the official table, and what else follows from dates."""

from __future__ import annotations

from datetime import date

import pytest

from policy_kb.eligibility import DONT_KNOW, Evaluator, Known, Range
from policy_kb.eligibility.days import add_months, age, full_months
from policy_kb.knowledge import load

EVALUATOR = Evaluator(load())
DAY = date(2026, 11, 23)
POSTS = {"men": None, "women_55": "manager", "women_50": "worker"}


def month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def retires(group: str, birth: Known) -> Known:
    post = POSTS[group]
    facts: dict[str, Known] = {"birth_date": birth, "sex": "male" if post is None else "female"}
    return EVALUATOR.known({**facts, "post": post} if post else facts, DAY)["retirement_month"]


@pytest.mark.parametrize(
    ("group", "birth", "years", "months", "retired"),
    [
        ("men", "1964-12", 60, 0, "2024-12"),
        ("men", "1965-01", 60, 1, "2025-02"),
        ("men", "1965-04", 60, 1, "2025-05"),
        ("men", "1965-05", 60, 2, "2025-07"),
        ("men", "1965-08", 60, 2, "2025-10"),
        ("men", "1966-11", 60, 6, "2027-05"),
        ("men", "1976-08", 62, 11, "2039-07"),
        ("men", "1976-09", 63, 0, "2039-09"),
        ("men", "1990-01", 63, 0, "2053-01"),
        ("women_55", "1969-12", 55, 0, "2024-12"),
        ("women_55", "1970-01", 55, 1, "2025-02"),
        ("women_55", "1981-08", 57, 11, "2039-07"),
        ("women_55", "1981-09", 58, 0, "2039-09"),
        ("women_55", "1999-09", 58, 0, "2057-09"),
        ("women_50", "1974-12", 50, 0, "2024-12"),
        ("women_50", "1975-01", 50, 1, "2025-02"),
        ("women_50", "1975-02", 50, 1, "2025-03"),
        ("women_50", "1975-03", 50, 2, "2025-05"),
        ("women_50", "1976-11", 51, 0, "2027-11"),
        ("women_50", "1984-10", 54, 11, "2039-09"),
        ("women_50", "1984-11", 55, 0, "2039-11"),
        ("women_50", "1999-11", 55, 0, "2054-11"),
    ],
)
def test_the_official_rows(group: str, birth: str, years: int, months: int, retired: str) -> None:
    found = retires(group, month(birth))
    assert found == month(retired)
    assert full_months(month(birth), month(retired)) == years * 12 + months


@pytest.mark.parametrize("group", POSTS)
def test_the_later_born_never_retires_earlier(group: str) -> None:
    months = [add_months(date(1950, 1, 1), each) for each in range(12 * 50)]
    found = [retires(group, each) for each in months]
    assert found == sorted(found, key=str)


def test_a_woman_whose_post_is_not_known_has_a_range() -> None:
    known = EVALUATOR.known({"birth_date": date(1976, 11, 20), "sex": "female"}, DAY)
    assert known["retirement_month"] == Range(month("2027-11"), month("2033-08"))
    assert known["months_to_retirement"] == Range(12, 81)
    assert EVALUATOR.known({**known, "post": DONT_KNOW}, DAY)["retirement_month"] == known["retirement_month"]


def test_a_year_of_birth_gives_a_range() -> None:
    assert retires("men", Range(date(1966, 1, 1), date(1966, 12, 31))) == Range(month("2026-05"), month("2027-06"))
    assert retires("men", Range(date(1990, 1, 1), None)) == Range(month("2053-01"), None)


def test_without_a_birth_date_nothing_follows() -> None:
    assert EVALUATOR.known({"sex": "male", "birth_date": DONT_KNOW}, DAY).keys() == {"sex", "birth_date"}


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        (date(1966, 11, 23), date(2026, 11, 22), 59),
        (date(1966, 11, 23), date(2026, 11, 23), 60),
        (date(2008, 2, 29), date(2024, 2, 28), 15),
        (date(2008, 2, 29), date(2024, 2, 29), 16),
        (date(2008, 2, 29), date(2025, 2, 28), 16),
        (date(2008, 2, 29), date(2025, 3, 1), 17),
        (date(2030, 1, 1), date(2026, 1, 1), 0),
    ],
)
def test_age_is_by_the_calendar(birth: date, day: date, years: int) -> None:
    assert age(birth, day) == years


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 27), 0),
        (date(2026, 1, 31), date(2026, 2, 28), 1),
        (date(2026, 5, 24), date(2026, 11, 23), 5),
        (date(2026, 5, 23), date(2026, 11, 23), 6),
        (date(2027, 1, 1), date(2026, 1, 1), 0),
    ],
)
def test_months_are_by_the_calendar(start: date, end: date, months: int) -> None:
    assert full_months(start, end) == months
    assert EVALUATOR.known({"job_loss_date": start}, end)["months_unemployed"] == months


@pytest.mark.parametrize(
    ("told", "birth", "known"),
    [
        (Range(40, 49), date(1981, 5, 3), 45),
        (45, Range(date(1981, 1, 1), date(1981, 12, 31)), 45),
        (Range(40, 44), Range(date(1981, 1, 1), date(1982, 12, 31)), Range(43, 44)),
        (DONT_KNOW, date(1981, 5, 3), 45),
        (45, DONT_KNOW, 45),
        (30, date(1981, 5, 3), DONT_KNOW),
    ],
)
def test_what_is_told_and_what_follows_are_both_true(told: Known, birth: Known, known: Known) -> None:
    assert EVALUATOR.known({"age": told, "birth_date": birth}, DAY)["age"] == known
