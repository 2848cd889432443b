"""The engine's memory on PostgreSQL, shared by several engines."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.core import agent
from rasa.core.agent import Agent
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from sqlalchemy.exc import OperationalError

from bot.engine import serve
from bot.engine.trackers import LiveTrackerStore

DOMAIN = Domain.load(str(Path(__file__).parents[2] / "domain.yml"))
UNPRIVILEGED = "postgres" if os.geteuid() == 0 else None
"""PostgreSQL refuses to run as root; its package brings a user of its own."""


class Server:
    """A PostgreSQL server reached by a socket in its own folder only."""

    def __init__(self, folder: Path) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
        assert found, "install the Debian package postgresql"
        self._binaries, self._folder = found[-1].parent, folder
        self.url = f"postgresql://yunjiu@/postgres?host={folder}"
        if UNPRIVILEGED:
            shutil.chown(folder, UNPRIVILEGED)
        self._run("initdb", "--auth=trust", "--username=yunjiu", "--encoding=UTF8", "--no-sync")
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}' -c fsync=off"
        self._run("pg_ctl", "start", "--wait", f"--log={self._folder}/log", f"--options={options}")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--mode=immediate")

    def _run(self, binary: str, *options: str) -> None:
        command = [str(self._binaries / binary), f"--pgdata={self._folder}/data", *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self._folder, user=UNPRIVILEGED)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="yunjiu-pg-", ignore_cleanup_errors=True) as folder:
        made = Server(Path(folder))
        yield made
        made.stop()


@pytest.fixture
def store(server: Server, monkeypatch: pytest.MonkeyPatch) -> Any:
    """As the engine's agent has it."""
    monkeypatch.setattr(agent, "FailSafeTrackerStore", serve.SureTrackerStore)
    return Agent._create_tracker_store(LiveTrackerStore(DOMAIN, db=server.url), DOMAIN)


def say(store: LiveTrackerStore, sender: str, text: str) -> None:
    tracker = asyncio.run(store.get_or_create_tracker(sender, append_action_listen=False))
    tracker.update(UserUttered(text, {"name": "ask_policy", "confidence": 1.0}))
    tracker.update(ActionExecuted("action_listen"))
    asyncio.run(store.save(tracker))


def said(store: LiveTrackerStore, sender: str) -> list[str]:
    tracker = asyncio.run(store.retrieve(sender))
    return [event.text for event in tracker.events if isinstance(event, UserUttered)] if tracker else []


def test_two_engines_in_turns_keep_one_conversation(server: Server) -> None:
    engines = [LiveTrackerStore(DOMAIN, db=server.url), LiveTrackerStore(DOMAIN, db=server.url)]
    texts = [f"第{number}句" for number in range(20)]
    for number, text in enumerate(texts):
        say(engines[number % 2], "someone", text)
    assert [said(each, "someone") for each in engines] == [texts, texts]


def test_what_one_engine_forgot_the_other_no_longer_has(server: Server) -> None:
    here, there = LiveTrackerStore(DOMAIN, db=server.url), LiveTrackerStore(DOMAIN, db=server.url)
    say(here, "leaving", "你好")
    assert said(there, "leaving") == ["你好"]
    asyncio.run(here.delete("leaving"))
    assert said(there, "leaving") == []


def test_it_goes_on_after_the_server_was_restarted(server: Server) -> None:
    store = LiveTrackerStore(DOMAIN, db=server.url)
    say(store, "patient", "你好")
    server.stop()
    server.start()
    say(store, "patient", "还在吗")
    assert said(LiveTrackerStore(DOMAIN, db=server.url), "patient") == ["你好", "还在吗"]


def test_an_address_without_a_server_address_is_a_file(tmp_path: Path) -> None:
    store = LiveTrackerStore(DOMAIN, db=str(tmp_path / "engine.db"))
    assert store.engine.dialect.name == "sqlite"


def test_a_turn_fails_while_the_server_is_away_instead_of_forgetting(server: Server, store: Any) -> None:
    """As an agent has the store: Rasa's own wrapper would hand out a new conversation and keep it in memory."""
    say(store, "sure", "你好")
    tracker = asyncio.run(store.retrieve("sure"))
    tracker.update(UserUttered("还在吗"))
    server.stop()
    try:
        with pytest.raises(OperationalError):
            asyncio.run(store.get_or_create_tracker("sure"))
        with pytest.raises(OperationalError):
            asyncio.run(store.save(tracker))
    finally:
        server.start()
    assert said(store, "sure") == ["你好"]


def test_an_agent_can_forget(server: Server, store: Any) -> None:
    say(store, "gone", "你好")
    asyncio.run(store.delete("gone"))
    assert said(LiveTrackerStore(DOMAIN, db=server.url), "gone") == []
