"""One turn at a time in a conversation, also among several engines: their locks are in Redis if there is one.

The app keeps a conversation's turns apart itself (``casework``), but its lock goes with its process: the turn of an app
that was killed may still be under way in one engine when it is sent again to another.  Rasa's own store for Redis is
not for this: two engines that ask in the same moment both get the lock, and who waits looks once a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import time
from typing import Any, AsyncGenerator, AsyncIterator, Optional, Text

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockError
from redis.asyncio import Redis
from redis.exceptions import RedisError

logger = logging.getLogger("yunjiu.engine")

LEASE_SECONDS = 10.0
"""How long the lock of an engine that was killed lasts.  One that lives renews it, but with a hundred turns under way
it may come to that a few seconds late."""
PATIENCE_SECONDS = 20.0
"""How long a turn waits for the lock, or for Redis, before it fails: longer than a lease, less than the app waits."""
PAUSE_SECONDS = 0.05
KEY = "yunjiu:turn:"

_TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
"""Takes the lock, or renews it; said twice because an answer got lost, it is taken once."""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class ConversationLocks(InMemoryLockStore):
    """In the Redis at ``YUNJIU_LOCK_REDIS_URL``; without one in memory, as Rasa's, which is enough for one engine."""

    def __init__(self, endpoint_config: Any = None) -> None:
        """Nothing connects before the first turn.  ``endpoint_config`` is Rasa's; the address is in the environment."""
        super().__init__()
        self._leases: Optional[Leases] = None
        if url := os.environ.get("YUNJIU_LOCK_REDIS_URL"):
            self._leases = Leases(url)

    @contextlib.asynccontextmanager
    async def lock(
        self, conversation_id: Text, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = 1
    ) -> AsyncGenerator[TicketLock, None]:
        """Held while the block runs; LockError where it does not come free, or Redis does not answer, in time."""
        if self._leases is None:
            async with super().lock(conversation_id, lock_lifetime, wait_time_in_seconds) as held:
                yield held
        else:
            async with self._leases.held(conversation_id):
                yield self.create_lock(conversation_id)


class Leases:
    """Belongs to one event loop."""

    def __init__(self, url: Text, lease: float = LEASE_SECONDS, patience: float = PATIENCE_SECONDS) -> None:
        self._redis = Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5)
        self._take = self._redis.register_script(_TAKE)
        self._release = self._redis.register_script(_RELEASE)
        self._lease, self._patience = lease, patience

    @contextlib.asynccontextmanager
    async def held(self, name: Text) -> AsyncIterator[None]:
        """A turn that has the lock goes on without Redis: should its lease end meanwhile, it is the app's lock that
        keeps others out."""
        key, token, over = KEY + name, secrets.token_hex(8), asyncio.Event()
        renewing: Optional[asyncio.Task[None]] = None
        try:
            await self._acquire(key, token)
            renewing = asyncio.create_task(self._keep(key, token, over))
            yield
        finally:
            over.set()
            await asyncio.shield(self._let_go(key, token, renewing))

    async def close(self) -> None:
        await self._redis.close(close_connection_pool=True)

    async def _acquire(self, key: Text, token: Text) -> None:
        until, why = time.monotonic() + self._patience, "another turn of the conversation is under way"
        while True:
            try:
                if await self._taken(key, token):
                    return
            except (RedisError, OSError) as error:
                why = f"Redis does not answer: {type(error).__name__}"
            if time.monotonic() > until:
                raise LockError(why)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _keep(self, key: Text, token: Text, over: asyncio.Event) -> None:
        """Ended by ``over`` and not cancelled: what is on its way to Redis then would take the lock again."""
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(over.wait(), self._lease / 3)
                return
            try:
                if not await self._taken(key, token):
                    logger.warning("a turn's lock ended before the turn: another engine has it")
                    return
            except (RedisError, OSError) as error:
                logger.warning("a turn's lock could not be renewed: %s", type(error).__name__)

    async def _taken(self, key: Text, token: Text) -> bool:
        return bool(await self._take(keys=[key], args=[token, int(self._lease * 1000)]))

    async def _let_go(self, key: Text, token: Text, renewing: Optional[asyncio.Task[None]]) -> None:
        """Where that cannot be said the lease ends by itself."""
        if renewing is not None:
            await renewing
        with contextlib.suppress(RedisError, OSError):
            await self._release(keys=[key], args=[token])
