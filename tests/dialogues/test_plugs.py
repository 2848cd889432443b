"""What happens when something is pulled, pushed or fed with rubbish."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.dialogues.conftest import Stack


def test_fifty_turns_at_once_are_each_answered(stack: Stack, conversation: str) -> None:
    texts = ["失业金怎么领", "创业担保贷款要什么条件", "你好", "低保怎么申请", "今天天气好吗"] * 10
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda text: stack.say(text, conversation), texts))
    first = {"失业金怎么领": "unemployment-benefit", "低保怎么申请": "subsistence-allowance"}
    for text, messages in zip(texts, replies, strict=True):
        assert messages
        if text in first:
            assert messages[0]["measures"] == [first[text]]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 422),
        ("   ", 422),
        ("问" * 2001, 413),
        ("问" * 2000, 200),
        ("失业\x00金\x07怎么领", 200),
        ("<script>alert(1)</script>失业金怎么领", 200),
        ("'; DROP TABLE events; --", 200),
        ("/restart", 200),
        ("/session_start", 200),
        ('/ask_policy{"measure": 5}', 200),
        ("/ask_policy{broken", 200),
        ("/no_such_intent", 200),
        ("{{7*7}} ${HOME} %s %(x)s", 200),
    ],
)
def test_odd_texts(stack: Stack, conversation: str, text: str, status: int) -> None:
    answer = stack.client.post("/api/v1/chat", json={"conversation_id": conversation, "text": text})
    assert answer.status_code == status
    if status == 200:
        assert all(message["text"] for message in answer.json()["messages"])
        assert answer.json()["messages"]
    [message] = stack.say("失业金怎么领", conversation)
    assert message["measures"] == ["unemployment-benefit"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"text": 5, "conversation_id": "a"}', b'{"text": "x"}', b"\xff\xfe"])
def test_broken_bodies(stack: Stack, body: bytes) -> None:
    answer = stack.client.post("/api/v1/chat", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_a_lone_surrogate(stack: Stack) -> None:
    body = '{"conversation_id": "surrogate", "text": "\\ud800失业金怎么领"}'.encode()
    answer = stack.client.post("/api/v1/chat", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["messages"][0]["measures"] == ["unemployment-benefit"]


def test_a_conversation_can_be_forgotten(stack: Stack) -> None:
    conversation = f"forget {uuid.uuid4().hex}"
    stack.say("失业金怎么领", conversation)
    [question] = stack.say("把我的聊天记录删掉", conversation)
    assert question["kind"] == "notice"
    [done] = stack.say(question["buttons"][0]["payload"], conversation)
    assert done["kind"] == "notice"
    [message] = stack.say("那要什么材料", conversation)
    assert message["kind"] == "clarify"


def test_the_engine_killed_in_the_middle(stack: Stack, conversation: str) -> None:
    """The person is told; after a restart the conversation goes on where it was.  Stands last: it is slow."""
    stack.say("创业担保贷款怎么申请", conversation)
    stack.kill("engine")
    [told] = stack.say("要什么材料", conversation)
    assert told["kind"] == "error"
    assert told["buttons"]
    stack.start("engine")
    deadline = time.monotonic() + 90
    while stack.client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.3)
    [message] = stack.say("要什么材料", conversation)
    assert message["measures"] == ["startup-loan"]
