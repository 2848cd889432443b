"""Sums of money and whole numbers."""

from __future__ import annotations

from datetime import date

import pytest

from casework.fields import Value, Wrong, certain, read
from policy_kb.procedures import ApplicationField

TODAY = date(2026, 11, 23)
LOAN = ApplicationField(id="loan", type="amount", label="", prompt="", help="", why="", least=1, most=300000)
COUNT = ApplicationField(id="count", type="number", label="", prompt="", help="", why="", least=0, most=120)


@pytest.mark.parametrize(
    ("said", "yuan"),
    [
        ("八万五", 85000),
        ("8.5w", 85000),
        ("8万5千", 85000),
        ("三点五万", 35000),
        ("三千二百块", 3200),
        ("1,200.50", 1200.5),
        ("一百二", 120),
        ("3块5", 3.5),
        ("１２００元", 1200),
        ("大概3000块左右", 3000),
        ("十万块钱嘎", 100000),
        ("就是八万嘛", 80000),
    ],
)
def test_an_amount_is_read_and_is_certain(said: str, yuan: float) -> None:
    value = read(LOAN, said, TODAY, ())
    assert isinstance(value, Value) and value.value == yuan, said
    assert certain(LOAN, said, TODAY, ())
    again = read(LOAN, value.shown, TODAY, ())
    assert isinstance(again, Value) and again.value == value.value


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("两千多", "准数"),
        ("十来万", "准数"),
        ("三五千", "准数"),
        ("3000到5000", "准数"),
        ("没有", "准数"),
        ("", "准数"),
        ("0", "1 元"),
        ("50万", "300000 元"),
        ("-5", "负"),
    ],
)
def test_an_unclear_amount_is_asked_again(said: str, hint: str) -> None:
    outcome = read(LOAN, said, TODAY, ())
    assert isinstance(outcome, Wrong) and hint in outcome.message, said


def test_a_question_about_an_amount_is_not_certain() -> None:
    assert not certain(LOAN, "八万五够不够？", TODAY, ())


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("三个人", 3),
        ("两个", 2),
        ("俩", 2),
        ("55岁", 55),
        ("我五十五了", 55),
        ("十二年", 12),
        ("3", 3),
        ("0", 0),
        ("我家三口人", 3),
    ],
)
def test_a_number_is_read_and_is_certain(said: str, number: int) -> None:
    value = read(COUNT, said, TODAY, ())
    assert isinstance(value, Value) and value.value == number, said
    assert certain(COUNT, said, TODAY, ())


@pytest.mark.parametrize("said", ["五十多", "二十几", "两三个", "三个半", "1.5", "一百五十", "-3", "跳过", ""])
def test_an_unclear_number_is_asked_again(said: str) -> None:
    assert isinstance(read(COUNT, said, TODAY, ()), Wrong)
