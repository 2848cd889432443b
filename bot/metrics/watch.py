"""The turn under way: which channel it came by, how long its parts take, what comes of it.

It is known by a context variable, so the gateway is told of none of this: its methods are marked.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from bot.logs import begin_turn

P = ParamSpec("P")
R = TypeVar("R")

_ENDINGS = {"handoff": "handed_off", "clarify": "asked_back", "out_of_scope": "out_of_scope"}
_BESIDE = "notice"
"""The kind of what is said beside the answer; what comes first of the rest says how the turn ended."""


@dataclass
class Watch:
    channel: str
    parts: dict[str, float] = field(default_factory=dict)
    kinds: Sequence[str] = ()
    intent: str | None = None
    understood: bool = True
    outcome: str = "failed"
    began: float = field(default_factory=time.perf_counter)

    def said(self, kinds: Sequence[str]) -> None:
        """The turn came to its end with messages of these kinds."""
        self.kinds = kinds
        self.outcome = self._ending()

    def seconds(self) -> dict[str, float]:
        return {**self.parts, "whole": time.perf_counter() - self.began}

    def _ending(self) -> str:
        if "log" not in self.parts:  # nothing was written down, for it had been answered before
            return "repeated"
        if not self.kinds:
            return "with_agent"
        if "error" in self.kinds:
            return "failed"
        first = next((kind for kind in self.kinds if kind != _BESIDE), _BESIDE)
        return _ENDINGS.get(first, "answered")


_channel: ContextVar[str] = ContextVar("yunjiu_channel", default="api")
_watch: ContextVar[Watch | None] = ContextVar("yunjiu_watch", default=None)


def came_by(channel: str) -> None:
    """Called by a channel before it hands a turn to the gateway."""
    _channel.set(channel)


@contextmanager
def watching() -> Iterator[Watch]:
    """Around one turn, which gets an id of its own."""
    begin_turn()
    watch = Watch(_channel.get())
    before = _watch.set(watch)
    try:
        yield watch
    finally:
        _watch.reset(before)


def admitted() -> None:
    """The turn has waited for those before it in its conversation."""
    if watch := _watch.get():
        watch.parts["wait"] = time.perf_counter() - watch.began


def understood_as(intent: str | None, understood: bool) -> None:
    """What the engine took the turn for, and whether it had an answer to that."""
    if watch := _watch.get():
        watch.intent, watch.understood = intent, understood


def timed(part: str) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """Marks a coroutine function as a part of turns; what it takes is added up over the turn."""

    def marked(function: Callable[P, Awaitable[R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        @wraps(function)
        async def measured(*args: P.args, **kwargs: P.kwargs) -> R:
            began = time.perf_counter()
            try:
                return await function(*args, **kwargs)
            finally:
                if watch := _watch.get():
                    watch.parts[part] = watch.parts.get(part, 0.0) + time.perf_counter() - began

        return measured

    return marked
