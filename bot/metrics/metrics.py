"""One process's metrics: counted by one line each where something happens, in a registry of the process's own."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bot.gateway.contract import Message
from bot.gateway.turns import TooManyTurns
from bot.metrics.catalogue import DATABASE, KINDS, OF_THE_APP, OF_THE_WORKER, OTHER, SECONDS, Metric
from bot.metrics.watch import Watch, watching
from casework.people.documents import WrongFile

MOST_INTENTS = 100
P = ParamSpec("P")
C = TypeVar("C", bound="Counted")
Watched = Callable[Concatenate[C, P], Coroutine[Any, Any, list[Message]]]

_INTENT = re.compile(r"[a-z_]{1,40}")
_STEP_OF_INTENT = {"talk_to_human": "asked", "leave_queue": "left"}


class Metrics:
    """``worker``: of the worker's process; else of an app's."""

    def __init__(self, worker: bool = False) -> None:
        self.registry = CollectorRegistry()
        self.since = time.time()
        wanted = OF_THE_WORKER if worker else OF_THE_APP
        self._counters = {each.name: self._counter(each) for each in wanted if each.kind == "counter"}
        self._intents: set[str] = set()
        if not worker:
            self._seconds = Histogram(
                "yunjiu_turn_seconds",
                _meaning("yunjiu_turn_seconds"),
                ["part"],
                registry=self.registry,
                buckets=SECONDS,
            )
        own = [each for each in wanted if each.kind == "gauge" and each not in DATABASE]
        self._gauges = {
            each.name: Gauge(each.name, each.meaning, list(each.labels), registry=self.registry) for each in own
        }

    @contextmanager
    def turn(self) -> Iterator[Watch]:
        """Around one turn; it is counted when it ends, however it ends."""
        with watching() as watch:
            try:
                yield watch
            finally:
                self._turn_ended(watch)

    def handoff(self, step: str) -> None:
        self._count("yunjiu_handoffs_total", step=step)

    def request(self, method: str, route: str, status: int) -> None:
        """``route``: the template, never an address."""
        self._count("yunjiu_http_requests_total", method=method, route=route, status=str(status))

    def engine_up(self, up: bool) -> None:
        self._gauges["yunjiu_engine_up"].set(up)

    def loop_lag(self, seconds: float) -> None:
        self._gauges["yunjiu_loop_lag_seconds"].set(seconds)

    def round_ended(self, work: str, done: bool) -> None:
        self._count("yunjiu_worker_rounds_total", work=work, outcome="done" if done else "failed")
        if done:
            self._gauges["yunjiu_worker_last_round_timestamp_seconds"].labels(work=work).set_to_current_time()

    def delivered(self, sent: int, failed: int, dead: int) -> None:
        for outcome, number in (("sent", sent), ("failed", failed), ("dead", dead)):
            self._count("yunjiu_deliveries_total", number, outcome=outcome)

    def _turn_ended(self, watch: Watch) -> None:
        self._count("yunjiu_turns_total", channel=watch.channel, outcome=watch.outcome)
        for part, seconds in watch.seconds().items():
            self._seconds.labels(part=part).observe(seconds)
        if watch.outcome == "repeated":
            return
        for kind in watch.kinds:
            self._count("yunjiu_messages_total", kind=kind if kind in KINDS else OTHER)
        if watch.intent is not None:
            self._count("yunjiu_intents_total", intent=self._known(watch.intent))
            if watch.intent in _STEP_OF_INTENT:
                self.handoff(_STEP_OF_INTENT[watch.intent])
        if not watch.understood:
            self._count("yunjiu_not_understood_total")

    def _known(self, intent: str) -> str:
        """A button's payload is what a person sends: whatever it names, there are not many labels."""
        if intent not in self._intents and len(self._intents) < MOST_INTENTS and _INTENT.fullmatch(intent):
            self._intents.add(intent)
        return intent if intent in self._intents else OTHER

    def _count(self, name: str, number: float = 1, **labels: str) -> None:
        counter = self._counters[name]
        (counter.labels(**labels) if labels else counter).inc(number)

    def _counter(self, metric: Metric) -> Counter:
        """Where all values of a single label are known, each is there from the start, at 0."""
        counter = Counter(metric.name, metric.meaning, list(metric.labels), registry=self.registry)
        if len(metric.labels) == 1:
            ((label, values),) = metric.labels.items()
            for value in values or ():
                counter.labels(**{label: value})
        return counter


def _meaning(name: str) -> str:
    return next(each.meaning for each in OF_THE_APP if each.name == name)


class Counted(Protocol):
    """What has metrics to count its turns in."""

    metrics: Metrics


def watched(turn: Callable[Concatenate[C, P], Awaitable[list[Message]]]) -> Watched[C, P]:
    """Marks a method that takes one turn and gives the messages that end it."""

    @wraps(turn)
    async def watching(self: C, /, *args: P.args, **kwargs: P.kwargs) -> list[Message]:
        with self.metrics.turn() as watch:
            try:
                messages = await turn(self, *args, **kwargs)
            except (TooManyTurns, WrongFile):
                watch.outcome = "refused"
                raise
            watch.said([each.kind for each in messages])
            return messages

    return watching
