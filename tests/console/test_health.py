"""The page of numbers: who sees it, and that its numbers are those that are scraped."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.console.health import INTENTS, OUTCOMES, bars, span
from bot.metrics import catalogue
from casework.conversations.handovers import HandoverRow
from casework.store.database import now
from tests.app.conftest import FakeEngine

from .conftest import ServedConsole


def test_only_supervisors_and_administrators_see_it(shared: ServedConsole) -> None:
    assert shared.visitor().get("/health").status_code == 303
    assert shared.signed_in("agent").get("/health").status_code == 403
    assert "运行</a>" not in shared.signed_in("agent").get("/account").text
    for role in ("supervisor", "administrator"):
        page = shared.signed_in(role).get("/health")
        assert page.status_code == 200
        assert "运行情况" in page.text


def test_htmx_gets_the_numbers_alone(shared: ServedConsole) -> None:
    visitor = shared.signed_in("supervisor")
    assert 'hx-trigger="every 15s"' in visitor.get("/health").text
    numbers = visitor.htmx("GET", "/health").text
    assert "<html" not in numbers
    assert "对话引擎" in numbers


def test_the_numbers_are_what_happened(console: ServedConsole, engine: FakeEngine) -> None:
    visitor = console.signed_in("supervisor")
    for number in range(3):
        console.chat("你好", f"c{number}")
    engine.behaviour = "fail"
    console.chat("你好", "c0")
    sender = console.desk.log.sender(console.desk.log.key("c1"))
    console.desk.handovers.ask(sender, "", None, "")
    with Session(console.desk.engine) as session, session.begin():
        session.execute(update(HandoverRow).values(asked_at=now() - timedelta(hours=3)))
    ledger = console.app.state.ledger
    ledger.everything()
    ledger.settle()
    text = _words(visitor.htmx("GET", "/health").text)
    assert "答了 3" in text
    assert "没处理成 1" in text
    assert "接口 4" in text
    assert "1 位 最久的等了 3 小时" in text
    assert "云就 2 排队 1 坐席 0" in text
    assert "超期办件 0 件" in text
    assert "一共" in text


def test_before_anything_is_counted_it_says_so(console: ServedConsole) -> None:
    ledger = console.app.state.ledger
    ledger.everything = lambda: None
    assert "正在数" in console.signed_in("supervisor").get("/health").text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 秒"), (119.9, "119 秒"), (120, "2 分钟"), (7199, "119 分钟"), (7200, "2 小时"), (172800, "2 天")],
)
def test_a_length_of_time_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_bars_are_measured_by_the_longest() -> None:
    assert [(each.name, each.share) for each in bars({"a": 8, "b": 2, "c": 0}, {"a": "甲"})] == [("甲", 100), ("b", 25)]
    assert [each.share for each in bars({"a": 0}, {}, every=True)] == [0]


def test_everything_has_a_name() -> None:
    assert OUTCOMES.keys() == set(catalogue.OUTCOMES)
    assert all(INTENTS.values())


def _words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())
