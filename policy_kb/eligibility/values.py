"""What may be known about a person: a value, a range of values, or that the person does not know.

A fact that nobody has spoken of is none of these: it is absent from the mapping of facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


class DontKnow(Enum):
    """The answer 不清楚: asked, answered, and still unknown.  It is never asked again."""

    DONT_KNOW = "dont_know"


DONT_KNOW = DontKnow.DONT_KNOW

Bound = int | date


@dataclass(frozen=True)
class Range:
    """All values from ``low`` to ``high``, both inclusive; None is an open end.  四十多岁 is Range(40, 49).

    Both ends are whole numbers or both are days; ValueError otherwise, and where they stand the wrong way round.
    """

    low: Bound | None
    high: Bound | None

    def __post_init__(self) -> None:
        kinds = {type(each) for each in (self.low, self.high) if each is not None}
        if len(kinds) > 1 or not kinds <= {int, date}:
            raise ValueError(f"a range is of whole numbers or of days, not of {self.low!r} and {self.high!r}")
        if not _in_order(self.low, self.high):
            raise ValueError(f"a range goes upwards, not from {self.low} to {self.high}")


Known = bool | int | date | str | Range | DontKnow
"""bool, number (a whole one), date (never a datetime), choice id or place code, range, or don't know."""


def ends(value: Known | None) -> tuple[Bound | None, Bound | None]:
    """Lowest and highest that a number or date may be; both open where nothing is known."""
    if isinstance(value, Range):
        return value.low, value.high
    if isinstance(value, (int, date)):
        return value, value
    return None, None


def meet(one: Known | None, other: Known | None) -> Known | None:
    """What two accounts of the same number or date leave possible; don't know where they contradict each other.

    More knowledge only ever narrows: so nothing that is added can turn a decision round.
    """
    if one is None or isinstance(one, DontKnow):
        return one if other is None else other
    if other is None or isinstance(other, DontKnow):
        return one
    (low, high), (other_low, other_high) = ends(one), ends(other)
    return between(_highest(low, other_low), _lowest(high, other_high))


def between(low: Bound | None, high: Bound | None) -> Known:
    """A value where both ends are one, a range where they are not, don't know where nothing lies between."""
    if low is not None and low == high:
        return low
    return Range(low, high) if _in_order(low, high) else DONT_KNOW


def _in_order(low: Bound | None, high: Bound | None) -> bool:
    return low is None or high is None or _as_number(low) <= _as_number(high)


def _highest(one: Bound | None, other: Bound | None) -> Bound | None:
    return max((each for each in (one, other) if each is not None), key=_as_number, default=None)


def _lowest(one: Bound | None, other: Bound | None) -> Bound | None:
    return min((each for each in (one, other) if each is not None), key=_as_number, default=None)


def _as_number(bound: Bound) -> int:
    return bound.toordinal() if isinstance(bound, date) else bound
