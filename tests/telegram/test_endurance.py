"""Every message is answered once and in order: through a bad day, and when the process is killed in the middle."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from bot.settings import Settings
from tests.app.conftest import FakeEngine, Served
from tests.telegram.server import BotServer

ROOT = Path(__file__).parents[2]


def texts(telegram: BotServer, chat: int) -> list[str]:
    return [each.text for each in telegram.of(chat)]


def script(telegram: BotServer, first: int, chats: int, each: int) -> dict[int, list[str]]:
    """Queues so many messages of so many chats, one chat after the other in turn; gives the answers to expect."""
    said: dict[int, list[str]] = {first + number: [] for number in range(chats)}
    for number in range(each):
        for chat in said:
            text = f"{chat} 的第 {number} 句"
            telegram.says(chat, text)
            said[chat].append(f"收到：{text}")
    return said


def test_500_messages_of_20_chats_through_a_bad_day(
    settings: Settings, telegram: BotServer, chat: int, engine: FakeEngine
) -> None:
    """Everything that does not lose an answer on its way: then each is answered exactly once."""
    telegram.fail("getMe", "500")
    telegram.fail("setMyCommands", "429", retry_after=1)
    telegram.fail("deleteWebhook", "500")
    for kind in ("500", "again", "again", "429", "502", "again"):
        telegram.fail("getUpdates", kind)
    for each in range(chat, chat + 20, 3):
        telegram.fail("sendMessage", "429", chat=each)
        telegram.fail("sendMessage", "502", times=2, chat=each + 1)
    telegram.fail("sendMessage", "reset", times=5)
    expected = script(telegram, chat, 20, 25)
    app = Served(settings)
    telegram.wait(lambda: len(telegram.sent) >= 500, 240)
    app.stop()
    assert {chat: texts(telegram, chat) for chat in expected} == expected
    assert len(engine.turns) == 500
    assert not any(fault.times for fault in telegram.faults)


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


def test_killed_in_the_middle_it_goes_on(settings: Settings, telegram: BotServer, chat: int) -> None:
    """Who is killed between sending and noting that says that one message again; nothing else is said twice."""
    expected = script(telegram, chat, 8, 6)
    before = len(telegram.sent)
    process = Process(settings)
    process.start()
    telegram.wait(lambda: len(telegram.sent) >= before + 16, 240)
    process.kill()
    process.start()
    try:
        finished = {chat: answers[-1] for chat, answers in expected.items()}
        telegram.wait(lambda: all(text in texts(telegram, chat) for chat, text in finished.items()), 240)
    finally:
        process.kill()
    for each, answers in expected.items():
        assert [text for text, _ in itertools.groupby(texts(telegram, each))] == answers
    assert len(telegram.sent) - before <= 48 + len(expected)
