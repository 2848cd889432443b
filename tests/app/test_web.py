"""The page's endpoints, and what survives a restart."""

from __future__ import annotations

import pytest

from bot.settings import Settings
from tests.app.conftest import FakeEngine, Served


def test_history_after_a_restart(settings: Settings, engine: FakeEngine) -> None:
    first = Served(settings)
    conversation = first.client.post("/api/v1/web/conversations").json()["conversation_id"]
    first.chat("失业金怎么领", conversation, "m1")
    first.stop()
    second = Served(settings)
    turns = second.client.get(f"/api/v1/web/conversations/{conversation}/messages").json()["turns"]
    again = second.chat("失业金怎么领", conversation, "m1")
    second.stop()
    assert [(turn["sequence"], turn["from"], turn["text"]) for turn in turns] == [
        (1, "person", "失业金怎么领"),
        (2, "assistant", ""),
    ]
    assert turns[0]["message_id"] == "m1"
    assert turns[1]["messages"] == again.json()["messages"]
    assert len(engine.turns) == 1


@pytest.mark.parametrize("conversation", ["someone", "abc.def", "x" * 300])
def test_history_needs_a_signed_id(app: Served, conversation: str) -> None:
    app.chat("你好", "someone")
    assert app.client.get(f"/api/v1/web/conversations/{conversation}/messages").status_code == 404


def test_ids_cannot_be_guessed(app: Served) -> None:
    ids = {app.client.post("/api/v1/web/conversations").json()["conversation_id"] for _ in range(20)}
    assert len(ids) == 20
    assert all(len(each) <= 128 for each in ids)


def test_the_page_and_its_policy(app: Served) -> None:
    page = app.client.get("/")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    script = app.client.get("/static/yunjiu-chat.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["X-Content-Type-Options"] == "nosniff"
    assert app.client.get("/static/../app.py").status_code == 404


def test_openapi_names_the_contract(app: Served) -> None:
    paths = app.client.get("/openapi.json").json()["paths"]
    assert "/api/v1/chat" in paths
    assert app.client.get("/docs").status_code == 200
