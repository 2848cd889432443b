"""The gateway's line to the dialogue engine."""

from __future__ import annotations

import asyncio

import httpx
from pydantic import BaseModel, ValidationError

from bot.gateway.contract import MESSAGES, Message
from bot.logs import turn_headers
from bot.metrics.watch import understood_as

RETRY_SECONDS = 3.0
PAUSE_SECONDS = 0.25


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


class EngineClient:
    """One kept HTTP client.  A refused connection is tried again for a while: the engine may be restarting."""

    def __init__(self, url: str, token: str, timeout_seconds: float) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/webhooks/gateway",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_seconds,
            limits=httpx.Limits(max_connections=64),
        )

    async def turn(self, sender: str, text: str, message_id: str | None = None) -> list[Message]:
        """What the engine says to ``text``; raises :class:`EngineError`.

        ``message_id`` lets an action see that a message comes again whose turn was cut off.
        """
        answer = await self._post("/turn", {"sender": sender, "text": text, "message_id": message_id})
        if answer.status_code != 200:
            raise EngineError(f"status {answer.status_code}")
        try:
            reply = answer.json()
            messages = MESSAGES.validate_python(reply["messages"])
        except (ValueError, KeyError, TypeError, ValidationError) as error:
            raise EngineError(f"not the contract: {type(error).__name__}") from error
        if not messages:
            raise EngineError("silence")
        understood_as(reply.get("intent"), reply.get("understood", True))
        return messages

    async def parse(self, text: str) -> tuple[str, float]:
        """The intent of ``text`` and its confidence, without the engine keeping it; raises :class:`EngineError`."""
        understood = await self.understand(text)
        return understood.intent, understood.confidence

    async def understand(self, text: str) -> Understood:
        """What is asked in ``text``, without the engine keeping it; raises :class:`EngineError`."""
        answer = await self._post("/parse", {"text": text})
        if answer.status_code != 200:
            raise EngineError(f"status {answer.status_code}")
        try:
            return Understood.model_validate_json(answer.content)
        except ValidationError as error:
            raise EngineError("not what is understood") from error

    async def _post(self, path: str, body: dict[str, str | None]) -> httpx.Response:
        deadline = asyncio.get_running_loop().time() + RETRY_SECONDS
        while True:
            try:
                return await self._http.post(path, json=body, headers=turn_headers())
            except httpx.ConnectError as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise EngineError("connection refused") from error
                await asyncio.sleep(PAUSE_SECONDS)
            except httpx.HTTPError as error:
                raise EngineError(type(error).__name__) from error

    async def forget(self, sender: str) -> None:
        try:
            await self._http.delete(f"/conversations/{sender}")
        except httpx.HTTPError as error:
            raise EngineError(type(error).__name__) from error

    async def is_ready(self) -> bool:
        try:
            return (await self._http.get("/", timeout=2)).status_code == 200
        except httpx.HTTPError:
            return False

    async def close(self) -> None:
        await self._http.aclose()
