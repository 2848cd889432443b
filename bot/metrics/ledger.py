"""What the database says, asked for when somebody looks, and never so that they wait long.

What waits is read for a look, of several within two seconds once.  The counts of all there is are made in a thread
beside, at most once a minute; a look gets the last ones, and their age.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from bot.metrics import catalogue
from casework.counts import Counts, Everything, Waiting
from casework.store.database import now

logger = logging.getLogger("yunjiu.metrics")

KEPT_SECONDS = 60.0
FRESH_SECONDS = 2.0


class Ledger(Collector):
    """A collector for a registry.  ``clock``: monotonic seconds."""

    def __init__(
        self,
        counts: Counts,
        bureau: bool,
        today: Callable[[], date],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counts = counts
        self.bureau = bureau
        self._today = today
        self._clock = clock
        self._lock = threading.Lock()
        self._counting: threading.Thread | None = None
        self._counted: Everything | None = None
        self._counted_at = 0.0
        self._waiting: Waiting | None = None
        self._looked_at = 0.0

    def describe(self) -> Iterator[Metric]:
        """So that a registry does not have to look to learn the names."""
        for each in catalogue.DATABASE:
            yield GaugeMetricFamily(each.name, each.meaning, labels=list(each.labels))

    def collect(self) -> Iterator[Metric]:
        waiting, everything = self.waiting(), self.everything()
        yield _gauge("yunjiu_bureau_connected", self.bureau)
        yield _gauge("yunjiu_database_up", waiting is not None)
        if waiting is not None:
            yield _gauge("yunjiu_queue_length", waiting.queue)
            yield _gauge("yunjiu_queue_oldest_seconds", seconds_since(waiting.queue_since))
            yield _gauge("yunjiu_outbox_oldest_seconds", seconds_since(waiting.outbox_since))
        if everything is not None:
            yield _gauge("yunjiu_counted_age_seconds", self.age)
            yield _gauge("yunjiu_cases_overdue", everything.overdue)
            yield _gauges("yunjiu_conversations", everything.conversations)
            yield _gauges("yunjiu_cases", everything.cases)
            yield _gauges("yunjiu_outbox_rows", everything.outbox)

    def waiting(self) -> Waiting | None:
        """At most two seconds old; None where the database does not answer."""
        at = self._clock()
        if self._waiting is None or at - self._looked_at >= FRESH_SECONDS:
            self._waiting, self._looked_at = self._look(), at
        return self._waiting

    def _look(self) -> Waiting | None:
        try:
            return self._counts.waiting()
        except SQLAlchemyError as error:
            logger.error("the database was asked in vain: %s", type(error).__name__)
            return None

    def everything(self) -> Everything | None:
        """The last counts; None until the first are made.  Has them made anew where they are old."""
        with self._lock:
            old = self._counted is None or self.age >= KEPT_SECONDS
            if old and (self._counting is None or not self._counting.is_alive()):
                self._counting = threading.Thread(target=self._count, name="yunjiu-counts", daemon=True)
                self._counting.start()
            return self._counted

    @property
    def age(self) -> float:
        """Seconds since the last counts were made."""
        return self._clock() - self._counted_at

    def settle(self) -> None:
        """Waits for the counts that are being made."""
        if self._counting is not None:
            self._counting.join()

    def _count(self) -> None:
        try:
            counted = self._counts.all(self._today())
        except SQLAlchemyError as error:
            logger.error("nothing was counted: %s", type(error).__name__)
            return
        with self._lock:
            self._counted, self._counted_at = counted, self._clock()


def seconds_since(at: datetime | None) -> float:
    """0 for None and for what lies ahead."""
    return 0.0 if at is None else max((now() - at).total_seconds(), 0.0)


def _gauge(name: str, value: float) -> Metric:
    return GaugeMetricFamily(name, _of(name).meaning, value=value)


def _gauges(name: str, numbers: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, _of(name).meaning, labels=list(_of(name).labels))
    for label, number in numbers.items():
        family.add_metric([label], number)
    return family


def _of(name: str) -> catalogue.Metric:
    return next(each for each in catalogue.DATABASE if each.name == name)
