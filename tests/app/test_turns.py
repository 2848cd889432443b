"""Turns over real HTTP: order, repetition, failure, bad input."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.settings import Settings
from tests.app.conftest import FakeEngine, Served


def texts(engine: FakeEngine) -> list[str]:
    return [text for _, text in engine.turns]


def test_a_turn(app: Served) -> None:
    answer = app.chat("失业金怎么领")
    assert answer.status_code == 200
    body = answer.json()
    assert body["conversation_id"] == "someone"
    assert [message["text"] for message in body["messages"]] == ["收到：失业金怎么领"]
    assert set(body["messages"][0]) == {
        *("text", "kind", "measures", "citations", "validity", "application", "reference", "field", "buttons")
    }


def test_fifty_at_once_are_answered_once_each_and_one_at_a_time(app: Served, engine: FakeEngine) -> None:
    wanted = [f"第{number}句" for number in range(100, 150)]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(app.chat, wanted))
    assert [answer.json()["messages"][0]["text"] for answer in answers] == [f"收到：{text}" for text in wanted]
    assert sorted(texts(engine)) == wanted
    assert engine.most_under_way == 1


def test_conversations_do_not_wait_for_one_another(app: Served, engine: FakeEngine) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: app.chat("问", f"person {number % 8}"), range(64)))
    assert engine.most_under_way > 1
    assert len({sender for sender, _ in engine.turns}) == 8


def test_the_same_message_again_is_not_asked_again(app: Served, engine: FakeEngine) -> None:
    first, again = app.chat("你好", message_id="m1"), app.chat("你好", message_id="m1")
    assert first.json() == again.json()
    assert app.chat("你好", message_id="m2").status_code == 200
    assert texts(engine) == ["你好", "你好"]


def test_the_same_message_twenty_times_at_once(app: Served, engine: FakeEngine) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: app.chat("你好", message_id="m1").json(), range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert texts(engine) == ["你好"]


@pytest.mark.parametrize("behaviour", ["fail", "drop", "nonsense", "slow"])
def test_a_failing_engine_is_said_in_words_and_the_next_turn_works(
    app: Served, engine: FakeEngine, behaviour: str
) -> None:
    engine.behaviour = behaviour
    answer = app.chat("失业金怎么领", message_id="m1")
    [message] = answer.json()["messages"]
    assert answer.status_code == 200
    assert message["kind"] == "error"
    assert message["buttons"][0] == {"title": "再试一次", "payload": "失业金怎么领"}
    engine.behaviour = "echo"
    assert app.chat("失业金怎么领", message_id="m1").json()["messages"][0]["text"] == "收到：失业金怎么领"


def test_an_engine_that_is_gone(app: Served, engine: FakeEngine) -> None:
    engine.close()
    assert app.chat("你好").json()["messages"][0]["kind"] == "error"
    assert app.client.get("/readyz").status_code == 503
    assert app.client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("text", "conversation", "status"),
    [
        ("", "a", 422),
        (" \n\t", "a", 422),
        ("\x00\x07", "a", 422),
        ("问" * 2000, "a", 200),
        ("问" * 2001, "a", 413),
        (5, "a", 422),
        (None, "a", 422),
        (["x"], "a", 422),
        ("x", "", 422),
        ("x", "c" * 128, 200),
        ("x", "c" * 129, 422),
        ("x", 5, 422),
        ("x", "任意字符 🙂/../", 200),
    ],
)
def test_bad_input(app: Served, text: object, conversation: object, status: int) -> None:
    answer = app.chat(text, conversation)
    assert answer.status_code == status
    if status != 200:
        assert set(answer.json()["error"]) == {"code", "message", "hint"}
    assert app.chat("下一句").status_code == 200


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError("SELECT", {}, Exception("the server restarts")), 503, "unavailable"),
        (PoolTimeout("no connection in 30 s"), 503, "unavailable"),
        (ValueError("nobody thought of it"), 500, "failed"),
    ],
)
def test_what_fails_is_said_in_one_form(
    app: Served, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def failing(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(app.app.state.gateway, "turn", failing)
        answer = app.chat("失业金怎么领")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"] and answer.json()["error"]["hint"]
    assert ("Retry-After" in answer.headers) is (status == 503)


@pytest.mark.parametrize("body", [b"", b"{", b"null", b'{"text":"x"}', b'{"conversation_id":"a"}', b"\xff"])
def test_broken_bodies(app: Served, body: bytes) -> None:
    answer = app.client.post("/api/v1/chat", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_control_characters_and_lone_surrogates_go(app: Served, engine: FakeEngine) -> None:
    body = b'{"conversation_id": "\\ud83d", "text": "\\u0000\\ud800ab\\u0007"}'
    answer = app.client.post("/api/v1/chat", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert texts(engine) == ["?ab"]


def test_too_many_turns(settings: Settings, engine: FakeEngine) -> None:
    served = Served(settings.model_copy(update={"max_turns_per_minute": 3, "max_waiting_turns": 2}))
    try:
        answers = [served.chat("x") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[3].headers["Retry-After"]) <= 61
        assert served.chat("x", "somebody else").status_code == 200
    finally:
        served.stop()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1", "/materials"),
        ("第二个", "/source"),
        ("2、", "/source"),
        ("看原文。", "/source"),
        ("3", "3"),
        ("二十", "二十"),
    ],
)
def test_buttons_may_be_typed(app: Served, engine: FakeEngine, typed: str, meant: str) -> None:
    app.chat("你好")
    app.chat(typed)
    assert texts(engine)[-1] == meant


@pytest.mark.parametrize(
    ("typed", "again", "meant"),
    [
        ("2", True, "/source"),  # the same message, sent again: of the buttons that it was an answer to
        ("看原文", True, "/source"),
        ("看原文", False, "/source"),
        ("2", False, "/talk_to_human"),  # a new one: the second button of what said that it failed
        ("再试一次", False, "/source"),
    ],
)
def test_a_button_typed_once_more_after_a_failure(
    app: Served, engine: FakeEngine, typed: str, again: bool, meant: str
) -> None:
    app.chat("你好", message_id="m0")
    engine.behaviour = "fail"
    for _ in range(2):
        assert app.chat("看原文" if not again else typed, message_id="m1").json()["messages"][0]["kind"] == "error"
    engine.behaviour = "echo"
    app.chat(typed, message_id="m1" if again else "m2")
    assert texts(engine)[-1] == meant
