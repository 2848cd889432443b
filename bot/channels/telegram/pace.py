"""How fast Telegram lets a bot speak: about a message a second in a chat, twenty a minute in a group, thirty a second
in all; and when it says that this was too fast, for how long to be silent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

MESSAGES = frozenset({"sendMessage", "sendDocument", "sendPhoto"})
"""What counts for a chat; all else counts for the whole only."""


@dataclass(frozen=True)
class Rate:
    """So many at once, then one every ``seconds``."""

    at_once: int
    seconds: float


@dataclass(frozen=True)
class Rates:
    overall: Rate = Rate(25, 1 / 25)
    chat: Rate = Rate(4, 1.0)
    group: Rate = Rate(2, 3.0)


class _Gate:
    """Gives out moments; ``next`` is when all that was given out is used up."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._next = 0.0
        self.shut_until = 0.0

    def wait(self, now: float) -> float:
        """Takes the next moment; gives how long it is until then, in seconds."""
        self._next = max(self._next, now - self._rate.seconds * (self._rate.at_once - 1))
        moment = self._next
        self._next += self._rate.seconds
        return max(0.0, moment - now)

    def idle(self, now: float) -> bool:
        return max(self._next, self.shut_until) < now - 60


class Pace(BaseRateLimiter[None]):
    """Requests of one chat go out in the order in which they were made."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._overall = _Gate(rates.overall)
        self._gates: dict[tuple[str, object], _Gate] = {}

    async def initialize(self) -> None:
        """Nothing to do."""

    async def shutdown(self) -> None:
        self._gates.clear()

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Any:
        """Asks again after what Telegram calls too fast, as often as it says so: that chat waits, and no other."""
        gate = self._of("" if endpoint in MESSAGES else endpoint, data.get("chat_id"))
        while True:
            await self._turn(gate)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                gate.shut_until = time.monotonic() + seconds(error)

    async def _turn(self, gate: _Gate) -> None:
        for each in (gate, self._overall):
            await asyncio.sleep(each.wait(time.monotonic()))
        while (shut := gate.shut_until - time.monotonic()) > 0:
            await asyncio.sleep(shut)

    def _of(self, endpoint: str, chat: object) -> _Gate:
        """``endpoint``: empty for messages.  A group's number is negative."""
        gate = self._gates.get((endpoint, chat))
        if gate is None:
            now = time.monotonic()
            self._gates = {key: gate for key, gate in self._gates.items() if not gate.idle(now)}
            in_chat = self._rates.group if isinstance(chat, int) and chat < 0 else self._rates.chat
            gate = self._gates[endpoint, chat] = _Gate(self._rates.overall if endpoint else in_chat)
        return gate


def seconds(error: RetryAfter) -> float:
    """How long Telegram wants to be left alone."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
