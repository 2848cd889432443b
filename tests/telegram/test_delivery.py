"""Once and in order, whatever Telegram, the network or the process does meanwhile."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.telegram import words
from bot.channels.telegram.receiving import PATH, SECRET_HEADER
from bot.gateway.turns import TooManyTurns
from bot.settings import Settings
from casework import inbox
from tests.app.conftest import FakeEngine, Served
from tests.telegram.conftest import HOOK, HOOK_SECRET
from tests.telegram.server import BotServer

ROOT = Path(__file__).parents[2]
CHAT = 888001


def texts(telegram: BotServer, chat: int) -> list[str]:
    return [each.text for each in telegram.of(chat)]


def script(telegram: BotServer, chats: int, each: int) -> dict[int, list[str]]:
    """Queues so many messages of so many chats, one chat after the other in turn; gives the answers to expect."""
    said: dict[int, list[str]] = {CHAT + number: [] for number in range(chats)}
    for number in range(each):
        for chat in said:
            text = f"{chat} 的第 {number} 句"
            telegram.says(chat, text)
            said[chat].append(f"收到：{text}")
    return said


def test_500_messages_of_20_chats_through_a_bad_day(
    settings: Settings, telegram: BotServer, engine: FakeEngine
) -> None:
    """Everything that does not lose an answer on its way: then each is answered exactly once."""
    telegram.fail("getMe", "500")
    telegram.fail("setMyCommands", "429", retry_after=1)
    telegram.fail("deleteWebhook", "500")
    for kind in ("500", "again", "again", "429", "502", "again"):
        telegram.fail("getUpdates", kind)
    for chat in range(CHAT, CHAT + 20, 3):
        telegram.fail("sendMessage", "429", chat=chat)
        telegram.fail("sendMessage", "502", times=2, chat=chat + 1)
    telegram.fail("sendMessage", "slow", times=2)
    expected = script(telegram, 20, 25)
    app = Served(settings)
    telegram.wait(lambda: len(telegram.sent) >= 500, 60)
    app.stop()
    assert {chat: texts(telegram, chat) for chat in expected} == expected
    assert len(engine.turns) == 500


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """The app as a process of its own, to be killed."""

    def __init__(self, settings: Settings) -> None:
        secrets = ("engine_token", "session_secret", "data_key", "telegram_token")
        plain = ("engine_url", "database_url", "telegram_api_url")
        self.environment = {
            **os.environ,
            "YUNJIU_PORT": str(_free_port()),
            **{f"YUNJIU_{name.upper()}": getattr(settings, name).get_secret_value() for name in secrets},
            **{f"YUNJIU_{name.upper()}": getattr(settings, name) for name in plain},
        }

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.telegram.quick_app"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)


def test_killed_in_the_middle_it_goes_on(settings: Settings, telegram: BotServer) -> None:
    """Who is killed between sending and noting that says that one message again; nothing else is said twice."""
    expected = script(telegram, 10, 12)
    process = Process(settings)
    for goal in (20, 60):
        process.start()
        telegram.wait(lambda goal=goal: len(telegram.sent) >= goal, 60)  # type: ignore[misc]
        process.kill()
    process.start()
    try:
        finished = {chat: answers[-1] for chat, answers in expected.items()}
        telegram.wait(lambda: all(text in texts(telegram, chat) for chat, text in finished.items()), 60)
    finally:
        process.kill()
    for chat, answers in expected.items():
        assert [text for text, _ in itertools.groupby(texts(telegram, chat))] == answers
    assert len(telegram.sent) <= 120 + 2 * len(expected)


def test_a_message_whose_acceptance_got_lost_is_not_lost(app: Served, telegram: BotServer) -> None:
    telegram.fail("sendMessage", "drop")
    telegram.says(CHAT, "头一句")
    telegram.says(CHAT, "后一句")
    telegram.replies(CHAT, 3)
    assert texts(telegram, CHAT) == ["收到：头一句", "收到：头一句", "收到：后一句"]


def test_too_fast_is_obeyed(app: Served, telegram: BotServer) -> None:
    telegram.fail("sendMessage", "429", chat=CHAT, retry_after=2)
    telegram.says(CHAT, "头一句")
    telegram.says(CHAT + 1, "别人")
    telegram.replies(CHAT + 1, 1)
    assert telegram.of(CHAT) == []
    telegram.replies(CHAT, 1)
    first, second = (each.at for each in telegram.called("sendMessage") if each.params["chat_id"] == CHAT)
    assert second - first >= 2


def test_a_message_that_telegram_cannot_read_goes_plain(app: Served, telegram: BotServer) -> None:
    telegram.fail("sendMessage", "400")
    telegram.says(CHAT, "<b>")
    assert telegram.replies(CHAT, 1)[0].text == "收到：<b>"


def test_a_long_outage_only_delays(app: Served, telegram: BotServer) -> None:
    telegram.fail("sendMessage", "500", times=9)
    telegram.says(CHAT, "头一句")
    telegram.says(CHAT, "后一句")
    telegram.replies(CHAT, 2)
    assert texts(telegram, CHAT) == ["收到：头一句", "收到：后一句"]


def test_who_blocks_us_is_left_alone_until_they_write(app: Served, telegram: BotServer, engine: FakeEngine) -> None:
    engine.behaviour = "gated"
    telegram.says(CHAT, "头一句")
    assert engine.arrived.wait(10)
    telegram.blocked.add(CHAT)
    engine.gate.set()
    telegram.wait(lambda: bool(telegram.called("sendMessage")))
    telegram.says(CHAT + 1, "别人")
    telegram.replies(CHAT + 1, 1)
    attempts = [each for each in telegram.called("sendMessage") if each.params["chat_id"] == CHAT]
    assert len(attempts) == 1
    telegram.blocked.clear()
    telegram.says(CHAT, "后一句")
    telegram.replies(CHAT, 2)
    assert texts(telegram, CHAT) == ["收到：头一句", "收到：后一句"]


def test_telegram_says_that_we_are_blocked(app: Served, telegram: BotServer) -> None:
    telegram.says(CHAT, "头一句")
    telegram.replies(CHAT, 1)
    person = {"id": CHAT, "is_bot": False, "first_name": "阿珍"}
    bot = {"user": {"id": 1, "is_bot": True, "first_name": "b"}}
    change = {
        "chat": {"id": CHAT, "type": "private"},
        "from": person,
        "date": 1,
        "old_chat_member": {**bot, "status": "member"},
        "new_chat_member": {**bot, "status": "kicked", "until_date": 0},
    }
    telegram.queue(telegram.update(my_chat_member=change))
    desk = app.app.state.agents.desk
    telegram.wait(lambda: (found := desk.addresses.find(desk.addresses.hash(CHAT))) is not None and found.blocked)


def test_a_flood_is_cut_off_and_told(
    app: Served, telegram: BotServer, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_WAITING", 5)
    engine.behaviour = "gated"
    telegram.says(CHAT, "头一句")
    assert engine.arrived.wait(10)
    telegram.queue(*(telegram.update(message=telegram.message(CHAT, text=f"第{number}句")) for number in range(12)))
    desk = app.app.state.agents.desk
    telegram.wait(lambda: not telegram.pending)
    assert desk.addresses.hash(CHAT) in desk.inbox.chats()
    engine.gate.set()
    telegram.replies(CHAT, 6)
    telegram.says(CHAT, "慢慢说")
    telegram.wait(lambda: "收到：慢慢说" in texts(telegram, CHAT))
    answered = [each for each in texts(telegram, CHAT) if each != words.REMARKS["flood"]]
    assert answered == ["收到：头一句", *(f"收到：第{number}句" for number in range(4)), "收到：慢慢说"]
    assert len(texts(telegram, CHAT)) == len(answered) + 1


def test_too_many_turns_a_minute_wait(app: Served, telegram: BotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = app.app.state.gateway
    admitted, refusals = gateway.turn, [TooManyTurns(1), TooManyTurns(0)]

    async def turn(*said: str) -> object:
        if refusals:
            raise refusals.pop()
        return await admitted(*said)

    monkeypatch.setattr(gateway, "turn", turn)
    telegram.says(CHAT, "头一句")
    telegram.says(CHAT, "后一句")
    telegram.replies(CHAT, 2)
    assert texts(telegram, CHAT) == ["收到：头一句", "收到：后一句"]


# the webhook


def post(app: Served, update: dict[str, Any], secret: str | None = HOOK_SECRET) -> httpx.Response:
    headers = {SECRET_HEADER: secret} if secret is not None else {}
    return app.client.post(PATH, json=update, headers=headers)


def test_a_webhook_is_asked_for_with_its_secret(hooked: Served, telegram: BotServer) -> None:
    telegram.wait(lambda: telegram.webhook is not None)
    assert telegram.webhook is not None
    assert telegram.webhook["url"] == HOOK
    assert telegram.webhook["secret_token"] == HOOK_SECRET
    assert not telegram.called("getUpdates")


def test_only_who_knows_the_secret_gets_in(hooked: Served, telegram: BotServer, engine: FakeEngine) -> None:
    update = telegram.update(message=telegram.message(CHAT, text="你好"))
    for secret in (None, "", "wrong", HOOK_SECRET[:-1]):
        assert post(hooked, update, secret).status_code == 403
    assert post(hooked, update).status_code == 200
    assert telegram.replies(CHAT, 1)[0].text == "收到：你好"
    assert len(engine.turns) == 1


def test_what_is_no_update_is_refused(hooked: Served, telegram: BotServer) -> None:
    for body in ("[]", "{}", "nothing", '{"update_id": "1"}'):
        answer = hooked.client.post(PATH, content=body, headers={SECRET_HEADER: HOOK_SECRET})
        assert answer.status_code == 400
    large = {"update_id": 1, "message": {"text": "a" * 1_100_000}}
    assert post(hooked, large).status_code == 413
    odd = {"update_id": 2, "message": {"chat": {"id": CHAT, "type": "private"}, "text": 5, "poll": {}}}
    assert post(hooked, odd).status_code == 200
    assert telegram.replies(CHAT, 1)[0].text == words.REMARKS["other"]


def test_without_a_webhook_there_is_no_such_door(app: Served, telegram: BotServer) -> None:
    assert post(app, telegram.update(message=telegram.message(CHAT, text="你好"))).status_code == 404


def test_what_comes_twice_and_at_once_is_answered_once(hooked: Served, telegram: BotServer, engine: FakeEngine) -> None:
    updates = [telegram.update(message=telegram.message(CHAT, text=f"第{number}句")) for number in range(8)]
    for update in updates:
        threads = [threading.Thread(target=post, args=(hooked, update)) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    post(hooked, updates[0])
    telegram.replies(CHAT, 8)
    assert texts(telegram, CHAT) == [f"收到：第{number}句" for number in range(8)]
    assert len(engine.turns) == 8


def test_what_another_process_has_taken_is_seen(hooked: Served, telegram: BotServer, settings: Settings) -> None:
    """Two processes of one database: whichever is asked, the one that holds the line answers, once."""
    more = {"telegram_mode": "webhook", "telegram_webhook_url": HOOK, "telegram_webhook_secret": HOOK_SECRET}
    second = Served(Settings(_env_file=None, **{**settings.model_dump(), **more}))  # type: ignore[call-arg]
    telegram.wait(lambda: len(telegram.called("getMe")) == 2)
    assert post(second, telegram.update(message=telegram.message(CHAT, text="头一句"))).status_code == 200
    telegram.replies(CHAT, 1)
    hooked.stop()
    assert post(second, telegram.update(message=telegram.message(CHAT, text="后一句"))).status_code == 200
    telegram.replies(CHAT, 2)
    second.stop()
    assert texts(telegram, CHAT) == ["收到：头一句", "收到：后一句"]
    assert len(telegram.called("setWebhook")) == 2


def test_a_wrong_token_stops_nothing_else(settings: Settings) -> None:
    served = Served(Settings(_env_file=None, **{**settings.model_dump(), "telegram_token": "1:wrong"}))  # type: ignore[call-arg]
    assert served.chat("你好").status_code == 200
    served.stop()
    assert not served.thread.is_alive()
