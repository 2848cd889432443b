"""Facts that follow from others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from policy_kb.eligibility.days import age, full_months, month_number
from policy_kb.eligibility.model import Fact, FactType, How, Retirement
from policy_kb.eligibility.retirement import retirement
from policy_kb.eligibility.values import Bound, Known, between, ends, meet

TAKES: Mapping[How, tuple[FactType, ...]] = {
    "age": ("date",),
    "months_since": ("date",),
    "months_between": ("date", "date"),
    "retirement_month": ("date", "choice", "choice"),
    "months_to_retirement": ("date", "choice", "choice"),
}
"""The types of the facts that each function takes; the first must be known, and for months_between both."""

GIVES: Mapping[How, FactType] = {
    "age": "number",
    "months_since": "number",
    "months_between": "number",
    "retirement_month": "date",
    "months_to_retirement": "number",
}


def with_derived(
    facts: Mapping[str, Known], derived: Iterable[Fact], day: date, schedule: Retirement
) -> dict[str, Known]:
    """``facts`` and what follows from them on ``day``.

    What was said of a derived fact and what follows are both true: the result is what they have in common.
    """
    values = dict(facts)
    for fact in derived:
        if fact.derive is None or fact.derive.of[0] not in values:
            continue
        found = _derive(fact.derive.how, [values.get(each) for each in fact.derive.of], day, schedule)
        known = meet(values.get(fact.id), found)
        if known is not None:
            values[fact.id] = known
    return values


def _derive(how: How, values: Sequence[Known | None], day: date, schedule: Retirement) -> Known | None:
    """None where it follows nothing."""
    if values[0] is None or ends(values[0]) == (None, None):
        return None
    if how == "age":
        return _falling(values[0], lambda birth: age(birth, day))
    if how == "months_since":
        return _falling(values[0], lambda since: full_months(since, day))
    if how == "months_between":
        return _months_between(values[0], values[1])
    month = retirement(schedule, *values)
    if how == "retirement_month":
        return month
    low, high = (None if end is None else _months_ahead(end, day) for end in ends(month))
    return between(low, high)


def _falling(value: Known, measure: Callable[[date], int]) -> Known:
    """A number that falls as the date rises: the earliest day gives the most."""
    low, high = ends(value)
    least = measure(high) if isinstance(high, date) else 0
    return between(least, measure(low) if isinstance(low, date) else None)


def _months_between(start: Known, end: Known | None) -> Known | None:
    (start_low, start_high), (end_low, end_high) = ends(start), ends(end)
    if end_low is None and end_high is None:
        return None
    least = full_months(start_high, end_low) if isinstance(start_high, date) and isinstance(end_low, date) else 0
    most = full_months(start_low, end_high) if isinstance(start_low, date) and isinstance(end_high, date) else None
    return between(least, most)


def _months_ahead(month: Bound, day: date) -> int:
    """0 where the month has come."""
    return max(0, month_number(month) - month_number(day)) if isinstance(month, date) else month
