"""What happens in conversations, as it happens: to whoever follows one, whichever process wrote it.

A process looks at the database once a second for all that is followed in it, in one query, and at once for
what it wrote itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from casework.conversations.log import LoggedTurn, Pulse
from casework.desk import Desk

logger = logging.getLogger("yunjiu.live")

EVERY_SECONDS = 1.0
NEWS_EVERY_SECONDS = 5.0
NOBODY = Pulse(0, "bot")

News = Callable[[str], Awaitable[object]]
"""Writes what there is to tell into the log of a conversation, given by its key."""


@dataclass(frozen=True)
class OwnerChanged:
    """The conversation is the bot's, the queue's or an agent's from now on."""

    owner: str


class Live:
    """Belongs to one event loop; :meth:`run` has to be running for anything to be seen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._followers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._seen: dict[str, Pulse] = {}
        self._queue_followers: set[asyncio.Event] = set()
        self._queue_seen: tuple[int, datetime | None] | None = None

    async def follow(self, key: str, after: int) -> AsyncIterator[LoggedTurn | OwnerChanged]:
        """Every turn after that number, in order and once; and whose it is, at first and when that changes.

        A conversation that was forgotten counts from 1 again.
        """
        owner: str | None = None
        with self._following(self._followers[key]) as woken:
            while True:
                woken.clear()
                pulse = (await asyncio.to_thread(self._desk.log.pulses, (key,))).get(key, NOBODY)
                if pulse.owner != owner:
                    owner = pulse.owner
                    yield OwnerChanged(owner)
                if pulse.sequence < after:  # forgotten since, and begun anew
                    after = 0
                if pulse.sequence <= after:
                    await woken.wait()
                    continue
                for turn in await asyncio.to_thread(self._desk.log.after, key, after):
                    after = turn.sequence
                    yield turn

    async def follow_queue(self) -> AsyncIterator[None]:
        """Once at first, then whenever somebody joins or leaves the queue or a conversation changes hands."""
        with self._following(self._queue_followers) as woken:
            while True:
                woken.clear()
                yield
                await woken.wait()

    def changed(self, key: str) -> None:
        """This process has written to the conversation."""
        for woken in self._followers.get(key, ()):
            woken.set()

    def queue_changed(self) -> None:
        for woken in self._queue_followers:
            woken.set()

    async def run(self, tell_news: News) -> None:
        """Looks, until it is cancelled.  A failed look is no reason to stop."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(EVERY_SECONDS, self._look))
            group.create_task(_every(NEWS_EVERY_SECONDS, lambda: self._look_for_news(tell_news)))

    async def _look(self) -> None:
        self._forget_unfollowed()
        if self._followers:
            pulses = await asyncio.to_thread(self._desk.log.pulses, list(self._followers))
            for key, pulse in pulses.items():
                if self._seen.get(key) != pulse:
                    self.changed(key)
            self._seen = pulses
        if self._queue_followers:
            seen = await asyncio.to_thread(self._desk.handovers.pulse)
            if seen != self._queue_seen:
                self._queue_seen = seen
                self.queue_changed()

    async def _look_for_news(self, tell_news: News) -> None:
        if self._followers:
            for key in await asyncio.to_thread(self._desk.with_news, list(self._followers)):
                await tell_news(key)

    def _forget_unfollowed(self) -> None:
        for key in [key for key, followers in self._followers.items() if not followers]:
            del self._followers[key]

    @contextlib.contextmanager
    def _following(self, followers: set[asyncio.Event]) -> Iterator[asyncio.Event]:
        woken = asyncio.Event()
        followers.add(woken)
        try:
            yield woken
        finally:
            followers.discard(woken)


async def _every(seconds: float, look: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await look()
        except Exception:
            logger.exception("a look failed; the next one comes in %s s", seconds)
        await asyncio.sleep(seconds)
