"""The real thing: the engine with the trained model, and the app before it, as processes of their own."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from casework.store.cipher import KeyRing

ROOT = Path(__file__).parents[2]
START_SECONDS = 120


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """Engine and app on free ports, with a database of their own below ``folder``."""

    folder: Path
    engine_port: int = field(default_factory=_free_port)
    app_port: int = field(default_factory=_free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "RASA_TELEMETRY_ENABLED": "false",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "YUNJIU_ENGINE_TOKEN": secrets.token_urlsafe(24),
            "YUNJIU_SESSION_SECRET": secrets.token_urlsafe(48),
            "YUNJIU_DATA_KEY": KeyRing.generate(),
            "YUNJIU_ENGINE_URL": f"http://127.0.0.1:{self.engine_port}",
            "YUNJIU_ACTIONS_URL": f"http://127.0.0.1:{self.app_port}/actions/webhook",
            "YUNJIU_PORT": str(self.app_port),
            "YUNJIU_MAX_TURNS_PER_MINUTE": "100000",
            "YUNJIU_DATABASE_URL": f"sqlite:///{self.folder}/app.db",
            "YUNJIU_TRACKER_DB": f"{self.folder}/engine.db",
        }
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.app_port}", timeout=60)

    def start(self, name: str) -> None:
        commands = {
            "engine": [
                *(str(ROOT / ".venv-engine/bin/python"), "-m", "bot.engine.serve", "run", "-i", "127.0.0.1"),
                *("-p", str(self.engine_port), "--model", "models/yunjiu.tar.gz"),
                *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
            ],
            "app": [str(ROOT / ".venv/bin/python"), "-m", "bot.app"],
            "worker": [str(ROOT / ".venv/bin/python"), "-m", "bot.worker"],
        }
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            commands[name], cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
        )

    def kill(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait(timeout=20)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.client.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.3)
        raise AssertionError(f"not ready; the logs are in {self.folder}:\n{self._tail('engine')}\n{self._tail('app')}")

    def _tail(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def say(self, text: str, conversation: str) -> list[dict[str, Any]]:
        answer = self.client.post("/api/v1/chat", json={"conversation_id": conversation, "text": text})
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(timeout=30)
        self.client.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    assert (ROOT / "models" / "yunjiu.tar.gz").exists(), "no trained model: run `make train`"
    stack = Stack(tmp_path_factory.mktemp("stack"))
    stack.start("engine")
    stack.start("app")
    try:
        stack.wait_until_ready()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def conversation() -> str:
    return uuid.uuid4().hex
