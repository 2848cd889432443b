"""Spans of days: how precisely a person knows a date."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

PARTS = ("上旬", "中旬", "下旬")
HALVES = ("上半年", "下半年")


@dataclass(frozen=True)
class Span:
    """From the first to the last day, both inclusive."""

    first: date
    last: date

    def holds(self, other: Span) -> bool:
        return self.first <= other.first and other.last <= self.last

    @property
    def shown(self) -> str:
        """As one says it, and as it is read again: 1998年3月, 2026年10月15日, 2025年下半年."""
        first, last = self.first, self.last
        for wider, words in (
            (of_day(first), f"{_month(first)}{first.day}日"),
            (of_month(first.year, first.month), _month(first)),
            (of_year(first.year), f"{first.year}年"),
            *((part_of_month(first.year, first.month, part), f"{_month(first)}{part}") for part in PARTS),
            *((half_of_year(first.year, half), f"{first.year}年{half}") for half in HALVES),
        ):
            if wider == self:
                return words
        return f"{of_day(first).shown}到{of_day(last).shown}"


def of_day(day: date) -> Span:
    return Span(day, day)


def of_month(year: int, month: int) -> Span:
    return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def of_year(year: int) -> Span:
    return Span(date(year, 1, 1), date(year, 12, 31))


def of_week(day: date) -> Span:
    """Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return Span(monday, monday + timedelta(days=6))


def part_of_month(year: int, month: int, part: str) -> Span:
    """上旬, 中旬 or 下旬."""
    whole = of_month(year, month)
    low, high = {"上旬": (1, 10), "中旬": (11, 20), "下旬": (21, whole.last.day)}[part]
    return Span(whole.first.replace(day=low), whole.first.replace(day=high))


def half_of_year(year: int, half: str) -> Span:
    months = (1, 6) if half == "上半年" else (7, 12)
    return Span(of_month(year, months[0]).first, of_month(year, months[1]).last)


def months_off(day: date, months: int) -> tuple[int, int]:
    """Year and month so many months after (before, where negative) the day's."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1


def _month(day: date) -> str:
    return f"{day.year}年{day.month}月"
