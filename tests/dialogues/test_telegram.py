"""Somebody files through Telegram with the real engine: over a Bot API server, with buttons, to the case's news."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import policy_kb
from casework.conversations.addresses import Address
from casework.desk import Desk, open_desk
from casework.store.cipher import KeyRing
from casework.store.database import open_database
from tests.actions.persona import MARKS, answer, identity
from tests.dialogues.conftest import ROOT, Stack, _free_port
from tests.telegram.server import TOKEN, BotServer, Sent

CHAT = 765_432_101
PERSON = 321
KIND = "unemployment-registration"


@pytest.fixture(scope="module")
def telegram() -> Iterator[BotServer]:
    server = BotServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def line(stack: Stack, telegram: BotServer) -> Iterator[None]:
    """A second app of the same database and engine, which holds the line to Telegram."""
    environment = {
        **stack.environment,
        "YUNJIU_PORT": str(_free_port()),
        "YUNJIU_TELEGRAM_TOKEN": TOKEN,
        "YUNJIU_TELEGRAM_API_URL": telegram.url,
    }
    with (stack.folder / "telegram.log").open("ab") as log:
        command = [sys.executable, "-m", "bot.app"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    telegram.wait(lambda: bool(telegram.called("getUpdates")), 60)
    yield
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture
def desk(stack: Stack) -> Iterator[Desk]:
    database = open_database(stack.environment["YUNJIU_DATABASE_URL"])
    secret = stack.environment["YUNJIU_SESSION_SECRET"]
    yield open_desk(database, KeyRing.parse(stack.environment["YUNJIU_DATA_KEY"], secret), secret)
    database.dispose()


class Phone:
    """What a person does on their phone, one thing after the other; ``turns`` counts them."""

    def __init__(self, telegram: BotServer, desk: Desk) -> None:
        self._telegram = telegram
        self._desk = desk
        self.turns = 0

    def says(self, text: str) -> list[Sent]:
        return self._does(lambda: self._telegram.says(CHAT, text))

    def presses(self, sent: Sent, title: str) -> list[Sent]:
        return self._does(lambda: self._telegram.presses(sent, title))

    def sends(self, **what: object) -> list[Sent]:
        return self._does(lambda: self._telegram.sends(CHAT, **what))

    @property
    def address(self) -> Address | None:
        return self._desk.addresses.find(self._desk.addresses.hash(CHAT))

    @property
    def asked(self) -> dict[str, Any]:
        """The last message of the log, as the contract has it."""
        assert self.address is not None
        message: dict[str, Any] = self._desk.log.history(self.address.key, most=1)[0].messages[-1]
        return message

    def answers_next(self) -> list[Sent]:
        """What somebody types who knows their data."""
        field = policy_kb.load().applications[KIND].field(self.asked["field"])
        return self.says(answer(field, PERSON))

    def _does(self, what: Callable[[], object]) -> list[Sent]:
        """Gives what came of it, once all of it has come."""
        before = len(self._telegram.of(CHAT))
        what()
        self.turns += 1
        self._telegram.wait(lambda: len(self._telegram.of(CHAT)) > before and self._told())
        return self._telegram.of(CHAT)[before:]

    def _told(self) -> bool:
        return not self._telegram.pending and not self._desk.inbox.chats() and not self._desk.addresses.behind()


def test_a_filing_from_the_first_question_to_the_news(line: None, telegram: BotServer, desk: Desk) -> None:
    phone = Phone(telegram, desk)
    assert "我是云就" in phone.says("/start")[0].text
    answered = phone.says("失业保险金要什么条件")[0]
    assert answered.text.startswith("! 阶段性")
    assert "<blockquote>原文（5.2）" in answered.html
    assert "材料" in phone.presses(answered, "要带什么材料")[0].text
    assert answered.titles == ["✓ 要带什么材料"]

    (consent,) = phone.says("我要办失业登记")
    assert "同意" in consent.text
    phone.presses(consent, "同意，给自己办")
    assert phone.asked["field"] == "name"
    while phone.asked["field"] != "mobile":
        phone.answers_next()
    contact = {"phone_number": "+8613887654321", "first_name": "阿珍"}
    phone.sends(contact=contact)
    assert phone.asked["field"] != "mobile"
    aside = phone.says("失业金一个月多少钱？")
    assert len(aside) > 1  # the answer, and the question that was open
    while phone.asked["kind"] == "filing_question":
        phone.answers_next()
    review = telegram.of(CHAT)[-1]
    assert "欧阳秋菊" in review.text  # to their owner values are shown, as on the page
    (receipt, *_) = phone.presses(review, "确认提交")
    reference = str(phone.asked["reference"])
    assert f"{reference[:4]} {reference[4:8]} {reference[8:]}" in receipt.text

    before = len(telegram.of(CHAT))
    desk.cases.act(reference, "accept", "agent", "wang", {})
    news = telegram.replies(CHAT, before + 1)[before]
    assert "查进度" in news.titles
    status = phone.presses(news, "查进度")[0]
    assert "受理" in status.text
    assert len(phone.says("/help")[0].titles) > 3
    assert phone.turns >= 18


def test_nothing_of_it_is_readable_in_what_is_kept(stack: Stack, line: None) -> None:
    """Runs after the filing above."""
    for path in stack.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in (*MARKS, identity(PERSON), str(CHAT), TOKEN.split(":")[1]):
            assert secret.encode() not in content, (path, secret)


def test_forgetting_is_told_and_done(line: None, telegram: BotServer, desk: Desk) -> None:
    phone = Phone(telegram, desk)
    asked = phone.says("/privacy")[0]
    assert phone.presses(asked, "全部删掉")[0].text.startswith("删好了")
    assert phone.address is None
    phone.says("你好")
    assert phone.address is not None
