"""The peers: stock Rasa, Yunjiu with everything on, and the same web server answering a constant."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from casework.store.cipher import KeyRing
from tests.bench.turns.processes import Group

ROOT = Path(__file__).parents[3]
ENGINE, APP = str(ROOT / ".venv-engine/bin/python"), str(ROOT / ".venv/bin/python")
START_SECONDS = 180
QUIET = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
FLOOR = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.post("/api/v1/chat")
async def chat(body: dict) -> dict:
    return {"conversation_id": body["conversation_id"], "messages": [{"text": "好", "kind": "smalltalk"}]}
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, ws="none")
"""


@dataclass(frozen=True)
class Peer:
    """``probe``: path and body of a first question, whose answer says that all of it is up."""

    name: str
    model: Path | None
    start: Callable[[Group, Path], str]
    probe: tuple[str, dict[str, str]]

    def running(self, group: Group, folder: Path) -> tuple[str, float]:
        """Started; gives its address and the seconds until the first answer.  Raises TimeoutError."""
        began = time.monotonic()
        url = self.start(group, folder)
        while time.monotonic() - began < START_SECONDS:
            if _answers(url + self.probe[0], self.probe[1]):
                return url, time.monotonic() - began
            time.sleep(0.05)
        raise TimeoutError(f"{self.name} does not answer; its logs are in {folder}")


def _answers(url: str, body: dict[str, str]) -> bool:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            said = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return False
    messages = said["messages"] if isinstance(said, dict) else said
    return bool(messages) and all(message.get("kind") != "error" for message in messages)


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def yunjiu(group: Group, folder: Path, database: str | None = None, tracker: str | None = None) -> str:
    """Everything on; ``database`` and ``tracker``: URLs of PostgreSQL databases instead of files in ``folder``."""
    engine, app = _port(), _port()
    url = f"http://127.0.0.1:{app}"
    environ = {
        **os.environ,
        **QUIET,
        "PYTHONPATH": str(ROOT),
        "YUNJIU_ENGINE_TOKEN": secrets.token_urlsafe(24),
        "YUNJIU_SESSION_SECRET": secrets.token_urlsafe(48),
        "YUNJIU_DATA_KEY": KeyRing.generate(),
        "YUNJIU_ENGINE_URL": f"http://127.0.0.1:{engine}",
        "YUNJIU_ACTIONS_URL": f"{url}/actions/webhook",
        "YUNJIU_PORT": str(app),
        "YUNJIU_MAX_TURNS_PER_MINUTE": "100000",
        "YUNJIU_DATABASE_URL": database or f"sqlite:///{folder}/app.db",
        "YUNJIU_TRACKER_DB": tracker or f"{folder}/engine.db",
    }
    serve = [ENGINE, "-m", "bot.engine.serve", "run", "-i", "127.0.0.1", "-p", str(engine), "--model"]
    given = ["models/yunjiu.tar.gz", "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    group.start("engine", [*serve, *given], ROOT, environ)
    group.start("app", [APP, "-m", "bot.app"], ROOT, environ)
    group.start("worker", [APP, "-m", "bot.worker"], ROOT, environ)
    return url


def stock(project: Path) -> Peer:
    def start(group: Group, folder: Path) -> str:
        server, actions = _port(), _port()
        (project / "tracker.db").unlink(missing_ok=True)
        environ = {**os.environ, **QUIET, "STOCK_ACTIONS_URL": f"http://127.0.0.1:{actions}/webhook"}
        run = [ENGINE, "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(server), "--model", "models/stock.tar.gz"]
        group.start(
            "stock-actions", [ENGINE, "-m", "rasa_sdk", "--actions", "actions", "-p", str(actions)], project, environ
        )
        group.start("stock", run, project, environ)
        return f"http://127.0.0.1:{server}"

    probe = ("/webhooks/rest/webhook", {"sender": "probe", "message": "你好"})
    return Peer("stock", project / "models" / "stock.tar.gz", start, probe)


def _floor(group: Group, folder: Path) -> str:
    port = _port()
    group.start("floor", [APP, "-c", FLOOR, str(port)], ROOT, os.environ)
    return f"http://127.0.0.1:{port}"


_CHAT = ("/api/v1/chat", {"conversation_id": "probe", "text": "失业登记怎么办"})
YUNJIU = Peer("yunjiu", ROOT / "models" / "yunjiu.tar.gz", yunjiu, _CHAT)
FLOOR_PEER = Peer("floor", None, _floor, _CHAT)
