"""A conversation whose turns go to several processes is still one conversation."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError

from casework.cases.filing import Filing
from tests.app.conftest import FakeEngine, Served


def conversation_of(app: Served) -> str:
    return str(app.client.post("/api/v1/web/conversations").json()["conversation_id"])


def turns_of(app: Served, conversation: str) -> list[dict[str, object]]:
    turns: list[dict[str, object]] = app.client.get(f"/api/v1/web/conversations/{conversation}/messages").json()[
        "turns"
    ]
    return turns


def test_the_same_message_sent_to_both_at_once_is_answered_once(
    apps: tuple[Served, Served], engine: FakeEngine
) -> None:
    conversation = conversation_of(apps[0])
    apps[0].chat("你好", conversation, "m0")
    engine.arrived.clear()
    engine.behaviour = "gated"
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(app.chat, "我要登记", conversation, "m1") for app in apps]
        assert engine.arrived.wait(10)
        engine.behaviour = "echo"
        engine.gate.set()
        said = [each.result().json()["messages"] for each in answers]
    assert said[0] == said[1]
    assert [text for _, text in engine.turns].count("我要登记") == 1
    assert len(turns_of(apps[1], conversation)) == 4


def test_turns_of_many_conversations_alternate_and_keep_their_order(
    apps: tuple[Served, Served], engine: FakeEngine
) -> None:
    conversations = [conversation_of(apps[0]) for _ in range(20)]
    most_of_one: dict[str, int] = {}

    def talk(conversation: str) -> None:
        for number, app in zip(range(10), itertools.cycle(apps)):
            answer = app.chat(f"第{number}句", conversation, f"m{number}").json()["messages"]
            assert answer[0]["text"] == f"收到：第{number}句"
            most_of_one[conversation] = number

    threads = [threading.Thread(target=talk, args=(each,)) for each in conversations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most_of_one == dict.fromkeys(conversations, 9)
    for conversation in conversations:
        turns = turns_of(apps[0], conversation)
        assert [turn["sequence"] for turn in turns] == list(range(1, 21))
        assert [turn["text"] for turn in turns if turn["from"] == "person"] == [f"第{number}句" for number in range(10)]


def test_messages_to_both_at_once_are_heard_one_at_a_time(apps: tuple[Served, Served], engine: FakeEngine) -> None:
    conversation = conversation_of(apps[0])
    with ThreadPoolExecutor(8) as pool:
        answers = [
            pool.submit(apps[number % 2].chat, f"第{number}句", conversation, f"m{number}") for number in range(16)
        ]
        assert all(each.result().status_code == 200 for each in answers)
    assert engine.most_under_way == 1
    turns = turns_of(apps[0], conversation)
    assert [turn["from"] for turn in turns] == ["person", "assistant"] * 16


def test_news_and_that_they_were_told_are_kept_in_one_piece(
    apps: tuple[Served, Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An app that goes away between the two would have them told again by the next."""
    conversation = conversation_of(apps[0])
    desk = apps[0].app.state.gateway._desk
    person = desk.people.of(desk.log.sender(desk.log.key(conversation)))
    filing = Filing("e" * 32, person, "unemployment-registration", "self", {}, None, None, None, person)
    desk.cases.act(desk.cases.file(filing).reference, "accept", "bureau", "bureau", {})

    def the_plug(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("the plug"))

    with monkeypatch.context() as patched:
        patched.setattr(type(desk.notifications), "deliver_along", the_plug)
        assert apps[0].chat("你好", conversation, "m1").status_code == 503
    assert [turn["from"] for turn in turns_of(apps[1], conversation)] == ["person"]
    for app, text in ((apps[1], "m1"), (apps[0], "m1"), (apps[0], "m2")):
        assert app.chat("你好", conversation, text).status_code == 200
    said = [each for turn in turns_of(apps[1], conversation) for each in turn["messages"]]
    assert len([each for each in said if each["kind"] == "notice"]) == 1
