"""The gateway's line to the dialogue engine."""

from __future__ import annotations

import asyncio

import aiohttp
from pydantic import BaseModel, ValidationError

from bot.gateway.contract import Message
from bot.logs import turn_headers
from bot.metrics.watch import understood_as

RETRY_SECONDS = 3.0
PAUSE_SECONDS = 0.25
READY_SECONDS = 2.0
KEPT_SECONDS = 4.0
"""An idle connection is given up before the engine does so, after five: a turn sent in that moment would be lost."""


class EngineError(Exception):
    """The engine did not answer, answered too late, or answered what the contract does not know."""


class RankedMeasure(BaseModel):
    id: str
    confidence: float


class Ask(BaseModel):
    """One question: the measures that it may mean, the likeliest first, and what of them is asked."""

    text: str
    measures: list[RankedMeasure]
    aspect: str | None = None


class Understood(BaseModel):
    """A text as the engine takes it; several asks where it holds several questions."""

    intent: str
    confidence: float
    asks: list[Ask] = []


class Reply(BaseModel):
    """What the engine says to a turn, and what it took it for."""

    messages: list[Message]
    intent: str | None = None
    understood: bool = True


class EngineClient:
    """Kept connections.  A refused one is tried again for a while: the engine may be restarting."""

    def __init__(self, url: str, token: str, timeout_seconds: float) -> None:
        self._url = f"{url.rstrip('/')}/webhooks/gateway"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._kept: aiohttp.ClientSession | None = None

    async def turn(self, sender: str, text: str, message_id: str | None = None) -> list[Message]:
        """What the engine says to ``text``; raises :class:`EngineError`.

        ``message_id`` lets an action see that a message comes again whose turn was cut off.
        """
        body = await self._post("/turn", {"sender": sender, "text": text, "message_id": message_id})
        try:
            reply = Reply.model_validate_json(body)
        except ValidationError as error:
            raise EngineError("not the contract") from error
        if not reply.messages:
            raise EngineError("silence")
        understood_as(reply.intent, reply.understood)
        return reply.messages

    async def parse(self, text: str) -> tuple[str, float]:
        """The intent of ``text`` and its confidence, without the engine keeping it; raises :class:`EngineError`."""
        understood = await self.understand(text)
        return understood.intent, understood.confidence

    async def understand(self, text: str) -> Understood:
        """What is asked in ``text``, without the engine keeping it; raises :class:`EngineError`."""
        body = await self._post("/parse", {"text": text})
        try:
            return Understood.model_validate_json(body)
        except ValidationError as error:
            raise EngineError("not what is understood") from error

    async def _post(self, path: str, body: dict[str, str | None]) -> bytes:
        deadline = asyncio.get_running_loop().time() + RETRY_SECONDS
        while True:
            try:
                async with self._session.post(self._url + path, json=body, headers=turn_headers()) as answer:
                    if answer.status != 200:
                        raise EngineError(f"status {answer.status}")
                    return await answer.read()
            except aiohttp.ClientConnectorError as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise EngineError("connection refused") from error
                await asyncio.sleep(PAUSE_SECONDS)
            except (aiohttp.ClientError, TimeoutError) as error:
                raise EngineError(type(error).__name__) from error

    async def forget(self, sender: str) -> None:
        try:
            async with self._session.delete(f"{self._url}/conversations/{sender}") as answer:
                if answer.status >= 400:
                    raise EngineError(f"status {answer.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise EngineError(type(error).__name__) from error

    async def is_ready(self) -> bool:
        try:
            async with asyncio.timeout(READY_SECONDS), self._session.get(f"{self._url}/") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def close(self) -> None:
        if self._kept is not None:
            await self._kept.close()

    @property
    def _session(self) -> aiohttp.ClientSession:
        """Made at the first call, since it belongs to the event loop that then runs."""
        if self._kept is None:
            limits = aiohttp.TCPConnector(limit=64, keepalive_timeout=KEPT_SECONDS)
            self._kept = aiohttp.ClientSession(connector=limits, headers=self._headers, timeout=self._timeout)
        return self._kept
