"""Dates as people say them, on Monday 23 November 2026."""

from __future__ import annotations

from datetime import date

import pytest

from casework.fields import Value, Wrong, certain, read
from policy_kb.procedures import ApplicationField

TODAY = date(2026, 11, 23)
PAST = ApplicationField(id="lost", type="date", label="", prompt="", help="", why="", most=0)
FUTURE = ApplicationField(id="plan", type="date", label="", prompt="", help="", why="", least=0)


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("上个月15号", "2026-10-15", "2026-10-15"),
        ("我呢上个月15号嘛", "2026-10-15", "2026-10-15"),
        ("上个月十五号", "2026-10-15", "2026-10-15"),
        ("去年底", "2025-12-01", "2025-12-31"),
        ("去年年底", "2025-12-01", "2025-12-31"),
        ("1998.3", "1998-03-01", "1998-03-31"),
        ("98年3月", "1998-03-01", "1998-03-31"),
        ("九八年三月", "1998-03-01", "1998-03-31"),
        ("一九九八年三月", "1998-03-01", "1998-03-31"),
        ("零八年", "2008-01-01", "2008-12-31"),
        ("前年", "2024-01-01", "2024-12-31"),
        ("去年", "2025-01-01", "2025-12-31"),
        ("今年", "2026-01-01", "2026-11-23"),
        ("今年三月份", "2026-03-01", "2026-03-31"),
        ("今年11月", "2026-11-01", "2026-11-23"),
        ("上上个月", "2026-09-01", "2026-09-30"),
        ("上个月", "2026-10-01", "2026-10-31"),
        ("三天前", "2026-11-20", "2026-11-20"),
        ("昨天", "2026-11-22", "2026-11-22"),
        ("前天", "2026-11-21", "2026-11-21"),
        ("大前天", "2026-11-20", "2026-11-20"),
        ("今天", "2026-11-23", "2026-11-23"),
        ("二零二四年十月一号", "2024-10-01", "2024-10-01"),
        ("24年10月", "2024-10-01", "2024-10-31"),
        ("2024/10/1", "2024-10-01", "2024-10-01"),
        ("20241001", "2024-10-01", "2024-10-01"),
        ("2024-10-01", "2024-10-01", "2024-10-01"),
        ("３月１５号", "2026-03-15", "2026-03-15"),
        ("3月15号", "2026-03-15", "2026-03-15"),
        ("12月3号", "2025-12-03", "2025-12-03"),
        ("上个星期一", "2026-11-16", "2026-11-16"),
        ("月初", "2026-11-01", "2026-11-10"),
        ("月底", "2026-11-21", "2026-11-23"),
        ("就是去年十月嘎", "2025-10-01", "2025-10-31"),
        ("半年前", "2026-05-01", "2026-05-31"),
        ("三年前", "2023-01-01", "2023-12-31"),
        ("2024年2月29号", "2024-02-29", "2024-02-29"),
    ],
)
def test_a_date_is_read_and_is_certain(said: str, first: str, last: str) -> None:
    value = read(PAST, said, TODAY, ())
    assert isinstance(value, Value), said
    assert value.value == {"from": first, "to": last}
    assert certain(PAST, said, TODAY, ())
    again = read(PAST, value.shown, TODAY, ())
    assert isinstance(again, Value) and again.value == value.value


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("农历三月初五", "阳历"),
        ("腊月", "阳历"),
        ("过完年", "比如"),
        ("疫情那年", "比如"),
        ("2月30号", "28"),
        ("2023年2月29号", "28"),
        ("九月三十一号", "30"),
        ("13月5号", "月"),
        ("明天", "还没到"),
        ("2027年", "还没到"),
        ("取消", "比如"),
        ("", "比如"),
    ],
)
def test_what_is_no_date_is_asked_again(said: str, hint: str) -> None:
    outcome = read(PAST, said, TODAY, ())
    assert isinstance(outcome, Wrong), said
    assert hint in outcome.message
    assert not certain(PAST, said, TODAY, ())


def test_a_month_is_shown_as_a_month() -> None:
    value = read(PAST, "1998.3", TODAY, ())
    assert isinstance(value, Value) and value.shown == "1998年3月"


def test_a_question_with_a_date_in_it_is_not_certain() -> None:
    said = "我上个月15号失业的能领钱吗"
    assert isinstance(read(PAST, said, TODAY, ()), Value)
    assert not certain(PAST, said, TODAY, ())


def test_a_day_that_must_be_to_come() -> None:
    assert isinstance(read(FUTURE, "昨天", TODAY, ()), Wrong)
    assert isinstance(read(FUTURE, "明天", TODAY, ()), Value)
