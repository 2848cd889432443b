"""Opening hours: what a bureau has set, to the minute, and nothing where it has not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import Engine

from casework.cases.working_days import CHINA
from casework.conversations.opening_hours import (
    Closed,
    Hours,
    Open,
    OpeningHours,
    Unknown,
    WrongHours,
    read_spans,
    write_spans,
)

MORNING, AFTERNOON = (time(8, 30), time(12)), (time(14), time(17, 30))
WORKDAY = (MORNING, AFTERNOON)
NEW_YEAR, MADE_UP = date(2026, 1, 1), date(2026, 1, 4)
HOURS = Hours((WORKDAY,) * 5 + ((), ()), {NEW_YEAR: (), MADE_UP: (MORNING,)})


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """In 2026, where 23 November is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(23, 8, 29), Closed(at(23, 8, 30))),
        (at(23, 8, 30), Open(at(23, 12))),
        (at(23, 11, 59), Open(at(23, 12))),
        (at(23, 12), Closed(at(23, 14))),
        (at(23, 17, 29), Open(at(23, 17, 30))),
        (at(23, 17, 30), Closed(at(24, 8, 30))),
        (at(27, 18), Closed(at(30, 8, 30))),
        (at(1, 9, month=1), Closed(at(2, 8, 30, month=1))),
        (at(4, 9, month=1), Open(at(4, 12, month=1))),
        (at(4, 14, month=1), Closed(at(5, 8, 30, month=1))),
    ],
)
def test_at_a_moment(moment: datetime, expected: Open | Closed) -> None:
    assert HOURS.at(moment) == expected
    assert HOURS.at(moment.astimezone(UTC)) == expected


def test_who_never_opens_promises_no_time() -> None:
    assert Hours().at(at(23, 9)) == Closed(None)


def test_nothing_is_assumed_until_hours_are_set(database: Engine) -> None:
    hours = OpeningHours(database)
    assert hours.now(at(23, 9)) == Unknown()
    hours.set(HOURS)
    assert hours.get() == HOURS
    assert hours.now(at(23, 9)) == Open(at(23, 12))
    hours.set(Hours((WORKDAY,) * 7))
    assert hours.now(at(28, 9)) == Open(at(28, 12))
    hours.set(None)
    assert hours.now(at(23, 9)) == Unknown()


@pytest.mark.parametrize("text", ["08:30-12:00 14:00-17:30", "8:30–12:00，14:00至17:30", "08:30 - 12:00\n14:00~17:30"])
def test_spans_are_read_as_people_write_them(text: str) -> None:
    assert read_spans(text) == WORKDAY
    assert read_spans(write_spans(WORKDAY)) == WORKDAY


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("早上八点", "看不懂"),
        ("08:30-12:00 下午", "看不懂"),
        ("25:00-26:00", "不是钟点"),
        ("12:00-08:30", "晚于开始"),
        ("08:00-12:00 11:00-17:00", "重叠"),
    ],
)
def test_wrong_hours_say_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(WrongHours, match=why):
        read_spans(text)


def test_no_hours_are_a_day_off() -> None:
    assert read_spans("") == read_spans("  ") == ()
