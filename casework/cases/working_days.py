"""Working days by the State Council's yearly calendar, make-up days included.

The calendar of a year is published late in the year before.  Until then Monday to Friday are counted, and
what was counted so is marked provisional.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import chinese_calendar  # type: ignore[import-untyped]

SATURDAY = 5
CHINA = timezone(timedelta(hours=8))
"""All of China is on one time, without summer time."""


@dataclass(frozen=True)
class Deadline:
    """The last day in time; ``provisional`` where the calendar of a year on the way is not published yet."""

    day: date
    provisional: bool = False


def local_day(at: datetime) -> date:
    """The calendar day in China of a time in UTC without a zone."""
    return at.replace(tzinfo=UTC).astimezone(CHINA).date()


def is_working_day(day: date) -> bool:
    """Monday to Friday where the year's calendar is not published."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < SATURDAY


def add_working_days(day: date, count: int) -> Deadline:
    """The ``count``-th working day after ``day``; for 0, ``day`` itself or else the next working day."""
    if count < 0:
        raise ValueError(f"{count} working days: a deadline lies ahead")
    reached = day if count else day - timedelta(days=1)
    for _ in range(max(count, 1)):
        reached += timedelta(days=1)
        while not is_working_day(reached):
            reached += timedelta(days=1)
    return Deadline(reached, provisional=not _published(reached))


def working_days_between(after: date, until: date) -> int:
    """How many working days lie after ``after``, up to and with ``until``; 0 where that is no later day."""
    days = (until - after).days
    return sum(is_working_day(after + timedelta(days=number)) for number in range(1, days + 1))


def _published(day: date) -> bool:
    """Calendars are published in order, so a published last day means that all before it are."""
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True
