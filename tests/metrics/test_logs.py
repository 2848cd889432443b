"""The lines of the logs: which turn they belong to, and that nobody is in them, whatever is sent to which address."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot import logs
from bot.console.app import OPEN, PAGES
from bot.settings import Settings
from casework.store.database import open_database
from tests.app.conftest import TOKEN, FakeEngine, Served
from tests.console.conftest import ServedConsole, Visitor

ID, MOBILE, NAME, CARD, MAIL = (
    "11010519491231002X",
    "13800138000",
    "欧阳标记",
    "6222021234567890128",
    "ou.yang@example.com",
)
SECRETS = (ID, MOBILE, NAME, CARD, MAIL, "0871-63636363", "密码口令标记")
SAID = f"我叫{NAME}，身份证{ID}，电话{MOBILE}，座机0871-63636363，卡{CARD}，邮箱{MAIL}，失业金怎么领"


@contextmanager
def log_of(process: str = "app", style: str = "json", level: str = "DEBUG") -> Iterator[io.StringIO]:
    """All that every logger writes, as the process would write it."""
    root = logging.getLogger()
    before, at = root.handlers[:], root.level
    logs.set_up(process, level, style)
    written = io.StringIO()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    try:
        yield written
    finally:
        root.handlers[:] = before
        root.setLevel(at)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def routes(app: FastAPI) -> set[tuple[str, str]]:
    """Every method and template that the app answers, by what it says of itself and what the console has."""
    known = {(method.upper(), path) for path, kinds in app.openapi()["paths"].items() for method in kinds}
    hidden = {
        ("POST", "/actions/webhook"),
        ("GET", "/metrics"),
        ("GET", "/"),
        ("GET", "/widget.js"),
        ("GET", "/static/x"),
    }
    console = {
        (method, f"/console{each.path}")
        for router in (*OPEN, *PAGES)
        for each in router.routes
        if isinstance(each, APIRoute)
        for method in each.methods
    }
    return known | hidden | console


def send_everywhere(app: FastAPI, visitor: Visitor) -> int:
    """Personal values in paths, queries, headers, ids, forms, JSON and files, to every route; gives how many."""
    sent = 0
    ending = ("/sign-out", "/password")
    for method, template in sorted(routes(app), key=lambda each: (each[1].endswith(ending), each)):
        for value in (ID, MOBILE, NAME):
            path = template
            while "{" in path:
                path = path[: path.index("{")] + value + path[path.index("}") + 1 :]
            if path.endswith(("/events", "/live")) or "stream" in path:
                continue  # such an answer never ends; what it logs is in the tests of following
            common: dict[str, Any] = {
                "params": {"q": SAID, "token": TOKEN, "conversation_id": value, "after": value},
                "headers": {"User-Agent": MOBILE, "X-Yunjiu-Turn": ID, "X-CSRF-Token": visitor.token},
            }
            for body in (
                {"json": {"conversation_id": value, "text": SAID, "message_id": value, "county": SAID[:30]}},
                {"json": {"next_action": SAID, "sender_id": value, "tracker": {"sender_id": value}}},
                {"data": {"login": value, "password": "密码口令标记", "text": SAID, "csrf_token": MOBILE}},
                {"files": {"file": (f"{NAME}{ID}.png", SAID.encode(), "image/png")}},
                {"content": SAID.encode("gb18030")},
            ):
                if method in ("GET", "HEAD") and "json" not in body:
                    continue
                with suppress(httpx.TransportError):  # who is refused early may find the door shut
                    visitor.http.request(method, path, **common, **({} if method in ("GET", "HEAD") else body))
                sent += 1
    return sent


def test_nobody_is_in_the_log_whatever_is_sent_where(settings: Settings, engine: FakeEngine) -> None:
    """Sent by one of the staff who may do everything, so that nothing is refused before it is read."""
    app = ServedConsole(settings)
    try:
        administrator = app.signed_in("administrator")
        with log_of() as written:
            assert send_everywhere(app.app, administrator) > 300
            opened = app.client.post("/api/v1/web/conversations").json()["conversation_id"]
            for behaviour in ("echo", "fail", "nonsense", "drop"):
                engine.behaviour = behaviour
                app.chat(SAID, opened, MOBILE)
                app.chat(SAID, MOBILE)
    finally:
        app.stop()
    said = written.getvalue()
    assert "turn kinds=" in said, "the log was on"
    for secret in SECRETS:
        assert secret not in said, next(line for line in said.splitlines() if secret in line)


def test_nobody_is_in_what_an_error_leaves(app: Served) -> None:
    """A failure in the middle quotes what was being done: in an exception's words, or a statement's values."""
    database = open_database("sqlite://")

    def broken(*_: object) -> None:
        with database.connect() as connection:
            connection.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": SAID})

    with pytest.raises(OperationalError) as raised:
        broken()
    assert NAME not in str(raised.value)
    for style in ("json", "text"):
        with log_of(style=style) as written:
            try:
                try:
                    broken()
                except OperationalError as error:
                    raise ValueError(SAID) from error
            except ValueError:
                logging.getLogger("yunjiu").exception("it failed for %s", MOBILE)
        said = written.getvalue()
        assert "ValueError" in said
        assert "OperationalError" in said
        assert "in broken" in said, "where it was is told"
        for secret in SECRETS:
            assert secret not in said


def test_a_line_is_one_object_with_its_turn() -> None:
    with log_of("worker", level="INFO") as written:
        turn = logs.begin_turn()
        logging.getLogger("yunjiu.worker").info("two\nlines of %s", "昆明")
        logging.getLogger("yunjiu.worker").debug("not this one")
        logs.join_turn(None)
        logging.getLogger("yunjiu.worker").warning("outside")
    first, second = lines(written)
    assert first["turn"] == turn
    assert (first["message"], first["process"], first["level"]) == ("two\nlines of 昆明", "worker", "INFO")
    assert "turn" not in second


def test_a_line_for_people_has_the_turn_too() -> None:
    with log_of(style="text") as written:
        turn = logs.begin_turn()
        logging.getLogger("yunjiu").info("hello")
        logs.join_turn(None)
    assert written.getvalue() == f"INFO yunjiu [{turn}] hello\n"


@pytest.mark.parametrize("turn", ["", "13800138000", "0123456789ABCDEF", "0123456789abcdef0", "zz\n", None])
def test_only_our_own_ids_are_turns(turn: str | None) -> None:
    logs.join_turn(turn)
    assert logs.current_turn() == ""
    assert logs.turn_headers() == {}


def test_turns_at_once_keep_their_ids_apart() -> None:
    async def one() -> bool:
        turn = logs.begin_turn()
        await asyncio.sleep(0)
        return turn == logs.current_turn() == await asyncio.to_thread(logs.current_turn)

    async def many() -> list[bool]:
        return await asyncio.gather(*(one() for _ in range(50)))

    assert all(asyncio.run(many()))


def test_the_turn_goes_to_the_engine_and_comes_back_with_its_actions(app: Served, engine: FakeEngine) -> None:
    call = {"next_action": "action_leave_queue", "sender_id": "s", "tracker": {"sender_id": "s"}}
    with log_of() as written:
        app.chat("你好")
        (turn,) = [line["turn"] for line in lines(written) if line["message"].startswith("turn kinds=")]
        app.client.post("/actions/webhook", params={"token": TOKEN}, json=call, headers={logs.TURN_HEADER: turn})
        app.chat("你好", "another")
    found = [line for line in lines(written) if line["logger"] in ("yunjiu.gateway", "yunjiu.actions")]
    assert engine.told_turns[0] == turn
    assert [(line["message"].split()[0], line["turn"] == turn) for line in found] == [
        ("turn", True),
        ("action", True),
        ("turn", False),
    ]


def test_nobody_gives_a_turn_its_id_from_outside(app: Served) -> None:
    with log_of() as written:
        body = {"conversation_id": "a", "text": "你好"}
        app.client.post("/api/v1/chat", json=body, headers={logs.TURN_HEADER: "0123456789abcdef"})
    assert "0123456789abcdef" not in written.getvalue()


def test_threads_of_a_turn_log_with_it() -> None:
    with log_of() as written:
        turn = logs.begin_turn()
        asyncio.run(asyncio.to_thread(lambda: logging.getLogger("yunjiu").info("from a thread")))
        stranger = threading.Thread(target=lambda: logging.getLogger("yunjiu").info("from nowhere"))
        stranger.start()
        stranger.join()
        logs.join_turn(None)
    turns = {line["message"]: line.get("turn") for line in lines(written)}
    assert turns["from a thread"] == turn
    assert turns["from nowhere"] is None
