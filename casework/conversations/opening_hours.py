"""When people are there to take a conversation over: spans of every weekday, and days with hours of their own.

A bureau sets them; nothing is assumed.  Times are China's, which has one time and no summer time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from sqlalchemy import Engine, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.cases.working_days import CHINA
from casework.store.database import Base, reading

LOOK_AHEAD = 31
"""Days in which the next opening is looked for."""
_ONLY = 1
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~至到]\s*(\d{1,2}):(\d{2})")
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")

Span = tuple[time, time]
"""From the first, up to but without the second."""


class OpeningHoursRow(Base):
    """One row, once a bureau has set its hours."""

    __tablename__ = "opening_hours"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hours: Mapped[str] = mapped_column(Text())


class WrongHours(Exception):
    """Hours that cannot be; the message says in Chinese which and why."""


@dataclass(frozen=True)
class Open:
    """Somebody is there, until ``until``."""

    until: datetime


@dataclass(frozen=True)
class Closed:
    """Nobody is there; ``opens_at`` is None where no opening lies within a month."""

    opens_at: datetime | None


@dataclass(frozen=True)
class Unknown:
    """The bureau has not set its hours, so nobody may be promised."""


@dataclass(frozen=True)
class Hours:
    """``week``: Monday to Sunday.  ``days``: spans of single days; none of them is a day off."""

    week: tuple[tuple[Span, ...], ...] = ((),) * 7
    days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def on(self, day: date) -> tuple[Span, ...]:
        return self.days[day] if day in self.days else self.week[day.weekday()]

    def at(self, moment: datetime) -> Open | Closed:
        """``moment`` in China's time, with its zone."""
        local = moment.astimezone(CHINA)
        for begin, end in self._spans(local.date()):
            if begin <= local < end:
                return Open(end)
            if begin > local:
                return Closed(begin)
        return Closed(None)

    def _spans(self, first: date) -> Iterator[tuple[datetime, datetime]]:
        for day in (first + timedelta(days=ahead) for ahead in range(LOOK_AHEAD)):
            for begin, end in self.on(day):
                yield datetime.combine(day, begin, CHINA), datetime.combine(day, end, CHINA)


class OpeningHours:
    """The bureau's hours; every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self) -> Hours | None:
        """None until a bureau has set them."""
        with reading(self._engine) as session:
            row = session.get(OpeningHoursRow, _ONLY)
            return None if row is None else _from_json(row.hours)

    def set(self, hours: Hours | None) -> None:
        """None takes them back: nobody is promised any more."""
        with Session(self._engine) as session, session.begin():
            row = session.get(OpeningHoursRow, _ONLY)
            if row is not None:
                session.delete(row)
                session.flush()
            if hours is not None:
                session.add(OpeningHoursRow(id=_ONLY, hours=_to_json(hours)))

    def now(self, at: datetime) -> Open | Closed | Unknown:
        """``at`` with its zone."""
        hours = self.get()
        return Unknown() if hours is None else hours.at(at)


def read_spans(text: str) -> tuple[Span, ...]:
    """“08:30-12:00 14:00-17:30” as spans, none for an empty text; :class:`WrongHours` for anything else."""
    spans = tuple(_span(match) for match in _SPAN.finditer(text))
    if _SPAN.sub("", text).strip(" ,，、;；\n"):
        raise WrongHours(f"“{text.strip()}”看不懂。请写成 08:30-12:00，一天有几段就用空格隔开；不上班就空着。")
    for (_, end), (begin, _) in pairwise(spans):
        if begin < end:
            raise WrongHours(f"“{text.strip()}”里的时段前后重叠，请按先后写。")
    return spans


def write_spans(spans: tuple[Span, ...]) -> str:
    return " ".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in spans)


def _span(match: re.Match[str]) -> Span:
    try:
        begin, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    except ValueError:
        raise WrongHours(f"“{match[0]}”不是钟点。") from None
    if begin >= end:
        raise WrongHours(f"“{match[0]}”的结束要晚于开始；过半夜的请拆成两天写。")
    return begin, end


def _to_json(hours: Hours) -> str:
    days = {day.isoformat(): write_spans(spans) for day, spans in sorted(hours.days.items())}
    return json.dumps({"week": [write_spans(spans) for spans in hours.week], "days": days})


def _from_json(text: str) -> Hours:
    kept = json.loads(text)
    days = {date.fromisoformat(day): read_spans(spans) for day, spans in kept["days"].items()}
    return Hours(tuple(read_spans(spans) for spans in kept["week"]), days)
