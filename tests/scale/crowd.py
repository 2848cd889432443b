"""People who talk to the cluster at once.  What got no answer they send again under the same id, as the page does."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

import policy_kb
from tests.actions.persona import answer

KIND = "unemployment-registration"
PATIENCE_SECONDS = 90
FROM = 8
"""So many addresses they come from: nginx lets one have forty requests a second."""
Messages = list[dict[str, Any]]


@dataclass
class Crowd:
    """The clients by address, and what happened to all turns together."""

    clients: list[httpx.AsyncClient]
    answered: int = 0
    repeated: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def one_more(self, seconds: float) -> None:
        async with self.changed:
            self.answered += 1
            self.slowest = max(self.slowest, seconds)
            self.changed.notify_all()

    async def reaches(self, turns: int) -> None:
        """Waits until so many turns have been answered."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.answered >= turns)


@asynccontextmanager
async def crowd_before(url: str) -> AsyncIterator[Crowd]:
    def client(number: int) -> httpx.AsyncClient:
        own = httpx.AsyncHTTPTransport(local_address=f"127.0.0.{number + 2}", limits=httpx.Limits(max_connections=None))
        return httpx.AsyncClient(base_url=url, transport=own, timeout=60)

    clients = [client(number) for number in range(FROM)]
    try:
        yield Crowd(clients)
    finally:
        for each in clients:
            await each.aclose()


@dataclass
class Talker:
    """One conversation.  ``said``: the ids of the messages; ``heard``: what was answered to each, by ``apps``."""

    crowd: Crowd
    number: int
    conversation: str = ""
    said: list[str] = field(default_factory=list)
    heard: list[Messages] = field(default_factory=list)
    apps: list[str] = field(default_factory=list)

    @property
    def client(self) -> httpx.AsyncClient:
        return self.crowd.clients[self.number % FROM]

    async def opens(self) -> None:
        self.conversation = (await self._sent("/api/v1/web/conversations", {})).json()["conversation_id"]

    async def says(self, text: str) -> Messages:
        message_id = uuid.uuid4().hex
        reply = await self._sent(
            "/api/v1/chat", {"conversation_id": self.conversation, "text": text, "message_id": message_id}
        )
        self.said.append(message_id)
        self.heard.append(reply.json()["messages"])
        self.apps.append(reply.headers["X-App"])
        return self.heard[-1]

    async def _sent(self, path: str, body: dict[str, Any]) -> httpx.Response:
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE_SECONDS:
            try:
                reply = await self.client.post(path, json=body)
            except httpx.TransportError as error:
                why, wait = type(error).__name__, 0.2
            else:
                why, wait = _refusal(reply)
                if not why:
                    await self.crowd.one_more(time.monotonic() - began)
                    return reply
            self.crowd.repeated[why] += 1
            await asyncio.sleep(wait)
        raise AssertionError(f"no answer to {body}: {self.crowd.repeated}")


def _refusal(reply: httpx.Response) -> tuple[str, float]:
    """Why it has to be sent again, and after how many seconds; "" for what is an answer."""
    if reply.status_code >= 400:
        error = reply.json()["error"]
        assert error["message"] and error["hint"], reply.text
        assert reply.status_code in (429, 503), reply.text
        return f"{reply.status_code} {error['code']}", min(float(reply.headers["Retry-After"]), 1.0)
    messages: Messages = reply.json().get("messages", [])
    return ("told to repeat", 0.2) if messages and messages[0]["kind"] == "error" else ("", 0.0)


async def asks(talker: Talker) -> None:
    """Two measures by name, each followed by what only makes sense after it."""
    measures = [("失业金怎么领", "unemployment-benefit"), ("创业担保贷款怎么申请", "startup-loan")]
    await talker.opens()
    for question, measure in measures if talker.number % 2 else reversed(measures):
        for text in (question, "要什么材料"):
            messages = await talker.says(text)
            assert messages[0]["measures"] == [measure], (text, messages)


async def begins_a_filing(talker: Talker, turns: int = 5) -> None:
    await talker.opens()
    await talker.says("/apply" + json.dumps({"measure": KIND}))
    while len(talker.said) < turns:
        await _answers(talker)


async def files(talker: Talker) -> None:
    """To the receipt, and asks after it."""
    await begins_a_filing(talker)
    while talker.heard[-1][-1]["kind"] != "filing_receipt":
        await _answers(talker)
    messages = await talker.says("我的申请办到哪了")
    assert {each["reference"] for each in messages if each["reference"]} == {reference_of(talker)}, messages


def reference_of(talker: Talker) -> str:
    receipts = [messages[-1] for messages in talker.heard if messages[-1]["kind"] == "filing_receipt"]
    assert len(receipts) == 1, receipts
    return str(receipts[0]["reference"])


def fields_of(talker: Talker) -> list[str]:
    """What the form asked, in that order."""
    return [messages[-1]["field"] for messages in talker.heard if messages[-1]["field"]]


async def _answers(talker: Talker) -> None:
    asked = talker.heard[-1][-1]["field"]
    assert asked, talker.heard[-1]
    own = {"consent": "同意", "reuse": "照着用", "review": "确认提交"}
    await talker.says(own.get(asked) or answer(policy_kb.load().applications[KIND].field(asked), talker.number))
