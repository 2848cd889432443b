"""The app as a server over real HTTP, before a hand-written engine that can misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from bot.app import PATIENCE_SECONDS, create_app
from bot.settings import Settings
from casework.staff.passwords import Passwords
from casework.store.cipher import KeyRing

TOKEN = "engine-token-for-the-tests"
MEANT = {"失业金": "unemployment-benefit", "贷款": "startup-loan", "降费率": "unemployment-insurance-rate-cut"}
"""What the hand-written engine takes words for."""


class _ManyAtOnce(ThreadingHTTPServer):
    """A busy machine accepts late, and what does not fit into the queue meanwhile is reset."""

    daemon_threads = True
    request_queue_size = 128


class FakeEngine:
    """Answers each turn with its text; ``behaviour`` makes it slow, silent, wrong or gone."""

    def __init__(self) -> None:
        self.turns: list[tuple[str, str]] = []
        self.parsed: list[str] = []
        self.forgotten: list[str] = []
        self.told_turns: list[str | None] = []
        self.behaviour = "echo"
        self.under_way = 0
        self.most_under_way = 0
        self.gate, self.arrived = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._server = _ManyAtOnce(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reply(self, text: str) -> dict[str, Any]:
        buttons = [{"title": "要什么材料", "payload": "/materials"}, {"title": "看原文", "payload": "/source"}]
        message: dict[str, Any] = {"text": f"收到：{text}", "kind": "smalltalk", "buttons": buttons}
        return {"messages": [message if self.behaviour != "nonsense" else {"text": 5}]}

    def understand(self, text: str) -> dict[str, Any]:
        """A measure for each of :data:`MEANT` that stands in the text."""
        found = [{"id": measure, "confidence": 0.9} for word, measure in MEANT.items() if word in text]
        asks = [{"text": text, "measures": found, "aspect": None}] if found else []
        return {"intent": "ask_policy" if found else "out_of_scope", "confidence": 0.9, "asks": asks}

    def take(self, sender: str, text: str) -> None:
        with self._lock:
            self.turns.append((sender, text))
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        self.arrived.set()
        if self.behaviour == "gated":
            self.gate.wait(10)
        time.sleep(5 if self.behaviour == "slow" else 0.005)
        with self._lock:
            self.under_way -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        engine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.headers["Authorization"] != f"Bearer {TOKEN}":
                    return self._answer(401, {})
                if self.path.endswith("/parse"):
                    engine.parsed.append(body["text"])
                    return self._answer(500 if engine.behaviour == "fail" else 200, engine.understand(body["text"]))
                engine.told_turns.append(self.headers.get("X-Yunjiu-Turn"))
                engine.take(body["sender"], body["text"])
                if engine.behaviour == "drop":
                    return self.connection.close()
                self._answer(500 if engine.behaviour == "fail" else 200, engine.reply(body["text"]))

            def do_DELETE(self) -> None:
                if engine.behaviour == "fail":
                    return self._answer(500, {})
                engine.forgotten.append(self.path.rsplit("/", 1)[1])
                self._answer(204, None)

            def do_GET(self) -> None:
                self._answer(503 if engine.behaviour == "fail" else 200, {"status": "ok"})

            def _answer(self, status: int, body: Any) -> None:
                data = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_arguments: Any) -> None:
                """Quiet."""

        return Handler


class Served:
    """The app on a free port of its own."""

    def __init__(self, settings: Settings, passwords: Passwords | None = None) -> None:
        self.app = create_app(settings, passwords)
        options = {"ws": "none", "log_level": "error", "timeout_graceful_shutdown": PATIENCE_SECONDS}
        self.server = uvicorn.Server(uvicorn.Config(self.app, port=0, **options))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)

    def chat(self, text: Any, conversation: Any = "someone", message_id: str | None = None) -> httpx.Response:
        body = {"conversation_id": conversation, "text": text, **({"message_id": message_id} if message_id else {})}
        return self.client.post("/api/v1/chat", json=body)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=10)
        self.client.close()


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    engine = FakeEngine()
    yield engine
    engine.close()


def settings_of(engine: FakeEngine, database_url: str, **more: Any) -> Settings:
    """Of an app before ``engine``; nothing of the machine's own."""
    own = {"engine_token": TOKEN, "session_secret": "a session secret for the tests", "data_key": KeyRing.generate()}
    return Settings(_env_file=None, engine_url=engine.url, database_url=database_url, **own, **more)


@pytest.fixture
def settings(engine: FakeEngine, tmp_path: Path) -> Settings:
    return settings_of(engine, f"sqlite:///{tmp_path}/app.db", engine_timeout_seconds=2)


@pytest.fixture
def app(settings: Settings) -> Iterator[Served]:
    served = Served(settings)
    yield served
    served.stop()
