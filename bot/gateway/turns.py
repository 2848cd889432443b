"""One turn at a time in each conversation, in the order of arrival, and not more than it can bear."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from casework.store.turn_locks import Held, TurnLocks

ASK_AGAIN_SECONDS = (0.02, 0.06)
"""Between two looks whether another process has finished its turn; not the same for all who wait."""


class TooManyTurns(Exception):
    """The conversation has to wait; ``retry_after`` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


@dataclass
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    arrivals: deque[float] = field(default_factory=deque)


class TurnQueues:
    """A fair lock for each conversation that has turns under way; forgotten when it is idle for a minute."""

    def __init__(self, most_waiting: int, most_a_minute: int, locks: TurnLocks | None) -> None:
        """``locks``: against other processes, where there may be any; within this one the queues are fair."""
        self._most_waiting = most_waiting
        self._most_a_minute = most_a_minute
        self._locks = locks
        self._queues: dict[str, _Queue] = {}

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Holds the conversation for one turn; raises :class:`TooManyTurns` instead of queueing without end."""
        queue = self._admit(key)
        queue.waiting += 1
        try:
            async with queue.lock, self._alone(key):
                yield
        finally:
            queue.waiting -= 1

    @asynccontextmanager
    async def between_turns(self, key: str) -> AsyncIterator[None]:
        """Holds the conversation for what is no message of the person's and counts as none."""
        queue = self._queues.setdefault(key, _Queue())
        queue.waiting += 1
        try:
            async with queue.lock, self._alone(key):
                yield
        finally:
            queue.waiting -= 1

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        """Asks again and again instead of waiting in a thread: whoever holds the lock needs the threads to get done."""
        if self._locks is None:
            yield
            return
        while (held := await _taken(self._locks, key)) is None:
            await asyncio.sleep(random.uniform(*ASK_AGAIN_SECONDS))
        try:
            yield
        finally:
            await asyncio.shield(asyncio.to_thread(held.release))

    def _admit(self, key: str) -> _Queue:
        now = time.monotonic()
        self._drop_idle(now)
        queue = self._queues.setdefault(key, _Queue())
        while queue.arrivals and now - queue.arrivals[0] >= 60:
            queue.arrivals.popleft()
        if queue.waiting >= self._most_waiting:
            raise TooManyTurns(2)
        if len(queue.arrivals) >= self._most_a_minute:
            raise TooManyTurns(max(1, int(60 - (now - queue.arrivals[0])) + 1))
        queue.arrivals.append(now)
        return queue

    def _drop_idle(self, now: float) -> None:
        """Queues nobody waits in and nobody used for a minute, from the oldest on."""
        for key, queue in list(self._queues.items())[:8]:
            if not queue.waiting and (not queue.arrivals or now - queue.arrivals[-1] >= 60):
                del self._queues[key]


async def _taken(locks: TurnLocks, key: str) -> Held | None:
    """A thread cannot be called back: what it takes for who was cancelled meanwhile is released."""
    taking = asyncio.ensure_future(asyncio.to_thread(locks.take, key))
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        if (held := await taking) is not None:
            await asyncio.to_thread(held.release)
        raise
