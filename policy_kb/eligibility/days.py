"""Calendar arithmetic.  Never days divided by 365 or 30."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def month_number(day: date) -> int:
    """Months since year 0, so that months subtract."""
    return day.year * 12 + day.month - 1


def first_of_month(number: int) -> date:
    """The first day of a month by its :func:`month_number`, held within what a date can be."""
    year, month = divmod(number, 12)
    return date(min(max(year, 1), date.max.year), month + 1, 1)


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last: a year from 29 February is 28 February."""
    first = first_of_month(month_number(day) + months)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def full_months(start: date, end: date) -> int:
    """Whole months that have passed on ``end``; 0 where it is before ``start``."""
    months = month_number(end) - month_number(start)
    return max(0, months if add_months(start, months) <= end else months - 1)


def age(birth: date, day: date) -> int:
    """Completed years (周岁); complete on the birthday; for 29 February, on 1 March of a common year."""
    return max(0, day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day)))
