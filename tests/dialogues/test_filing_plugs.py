"""kill -9 in the middle of a filing, thirty times: no answered field is lost, no case is doubled."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import policy_kb
from tests.actions.persona import answer
from tests.dialogues.conftest import Stack

KIND = "unemployment-registration"
KILLS = ["app"] * 20 + ["worker"] * 7 + ["engine"] * 3
PATIENCE_SECONDS = 90


@pytest.fixture
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("plugs"))
    for name in ("engine", "app", "worker"):
        stack.start(name)
    try:
        stack.wait_until_ready()
        yield stack
    finally:
        stack.stop()


class Stubborn:
    """A client as the page is one: what got no answer is sent again under the same id."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.conversation = uuid.uuid4().hex
        self.heard: list[dict[str, Any]] = []

    def say(self, text: str) -> None:
        message_id, until = uuid.uuid4().hex, time.monotonic() + PATIENCE_SECONDS
        body = {"conversation_id": self.conversation, "text": text, "message_id": message_id}
        while time.monotonic() < until:
            try:
                reply = self.stack.client.post("/api/v1/chat", json=body)
            except httpx.TransportError:
                time.sleep(0.2)
                continue
            self.heard = reply.json()["messages"] if reply.status_code == 200 else []
            if self.heard and self.heard[0]["kind"] != "error":
                return
            time.sleep(0.2)
        raise AssertionError(f"no answer to {text}: {self.heard}")


def _next_answer(asked: dict[str, Any]) -> str:
    own = {"consent": "同意", "reuse": "照着用", "review": "确认提交"}
    return own.get(asked["field"]) or answer(policy_kb.load().applications[KIND].field(asked["field"]))


def test_thirty_plugs(own_stack: Stack) -> None:
    """A plug is pulled at a random moment of a turn, and the process comes back as its supervisor would bring it."""
    chance = random.Random(57)
    kills = KILLS[:]
    chance.shuffle(kills)
    while kills:
        person = Stubborn(own_stack)
        person.say(f'/apply{{"measure": "{KIND}"}}')
        while person.heard[-1]["kind"] != "filing_receipt":
            asked = person.heard[-1]
            plug = _pull(own_stack, kills.pop(), chance.uniform(0, 0.12)) if kills and chance.random() < 0.8 else None
            person.say(_next_answer(asked))
            if plug is not None:
                plug.join()
            assert person.heard[-1]["field"] != asked["field"], (asked, person.heard)
        reference = person.heard[-1]["reference"]
        person.say("我的申请办到哪了")
        references = {each["reference"] for each in person.heard if each["reference"]}
        assert references == {reference}
        person.say(f'/withdraw_case{{"reference": "{reference}", "sure": "yes"}}')  # the next one is the same person


def _pull(stack: Stack, name: str, after: float) -> threading.Thread:
    def pull() -> None:
        time.sleep(after)
        stack.kill(name)
        stack.start(name)
        if name != "worker":
            stack.wait_until_ready()

    plug = threading.Thread(target=pull)
    plug.start()
    return plug
