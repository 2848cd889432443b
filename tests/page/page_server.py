"""A small real HTTP server for the page: its files, and an API that answers as a script says."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "bot" / "channels" / "page"
POLICY = "default-src 'self'"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
PATIENCE = 10.0

Json = dict[str, Any]


def message(text: str, **more: Any) -> Json:
    """A message of the contract."""
    empty: Json = {"kind": "policy_answer", "measures": [], "citations": [], "validity": None, "application": None}
    return {"text": text, **empty, "reference": None, "field": None, "buttons": [], **more}


@dataclass(frozen=True)
class Fault:
    """How one request goes wrong: a status, or with none the connection is cut (before or after the work)."""

    status: int | None = None
    retry_after: int | None = None
    after_the_work: bool = False


@dataclass
class Script:
    """What the API knows and does. A test fills it in; the server's threads read it."""

    answers: dict[str, list[Json]] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    history_faults: deque[Fault] = field(default_factory=deque)
    turns: list[Json] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    heard: list[Json] = field(default_factory=list)
    answered: dict[str, list[Json]] = field(default_factory=dict)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    file_answer: list[Json] = field(default_factory=lambda: [message("收到一份文件。")])
    news: list[Json] = field(default_factory=list)
    asked_for_news: list[str] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.gate.set()

    def texts(self) -> list[str]:
        return [turn["text"] for turn in self.heard]

    def open(self) -> str:
        with self.lock:
            conversation = f"signed-{len(self.known) + 1}"
            self.known.add(conversation)
            return conversation

    def hear(self, turn: Json) -> list[Json]:
        """The same message_id is answered with the same reply and goes into the history once."""
        self.heard.append(turn)
        with self.lock:
            first = turn["message_id"] not in self.answered
            if first:
                self.note("person", turn["text"], [], turn["message_id"])
        self.gate.wait(PATIENCE)
        with self.lock:
            if turn["message_id"] not in self.answered:
                self.reply(turn)
            return self.answered[turn["message_id"]]

    def reply(self, turn: Json) -> None:
        messages = self.answers.get(turn["text"], [message(f"答：{turn['text']}")])
        self.answered[turn["message_id"]] = messages
        self.note("assistant", "\n".join(each["text"] for each in messages), messages, None)

    def take_file(self, conversation: str, body: bytes) -> list[Json]:
        """body is a multipart form with one part."""
        head, content = re.split(rb"\r\n\r\n", body, maxsplit=1)
        boundary = head.split(b"\r\n")[0]
        name = re.search(r'name="file"; filename="([^"]*)"', head.decode())
        assert name
        self.files.append((conversation, name[1], content.removesuffix(b"\r\n" + boundary + b"--\r\n")))
        return self.file_answer

    def tell_news(self, conversation: str) -> list[Json]:
        """What is new is told once."""
        with self.lock:
            self.asked_for_news.append(conversation)
            told, self.news = self.news, []
            if told:
                self.note("assistant", "", told, None)
            return told

    def note(self, sender: str, text: str, messages: list[Json], message_id: str | None) -> None:
        turn = {"sequence": len(self.turns) + 1, "from": sender, "text": text, "messages": messages}
        self.turns.append({**turn, "message_id": message_id})


class PageServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = Script()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves in the middle of an answer is no error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:
        if self.path == "/":
            self.send_file(PAGE / "index.html")
        elif self.path.startswith("/static/"):
            self.send_file(PAGE / Path(self.path).name)
        else:
            self.send_of(*self.path.split("/")[-2:])

    def send_of(self, conversation: str, what: str) -> None:
        script = self.server.script
        if what == "messages":
            self.send_history(conversation)
        elif conversation not in script.known:
            self.send_json(404, {})
        elif what == "news":
            self.send_json(200, {"conversation_id": conversation, "messages": script.tell_news(conversation)})
        elif what == "my-data":
            headers = {"Content-Disposition": 'attachment; filename="yunjiu-my-data.json"'}
            self.send_json(200, {"conversation": conversation}, headers)
        else:
            self.send_json(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/api/v1/web/conversations":
            self.send_json(201, {"conversation_id": self.server.script.open()})
        elif self.path == "/api/v1/chat":
            self.chat(json.loads(body))
        elif self.path.endswith("/documents"):
            self.attach(self.path.split("/")[-2], body)
        else:
            self.send_json(404, {})

    def attach(self, conversation: str, body: bytes) -> None:
        script = self.server.script
        messages = script.take_file(conversation, body)
        if script.faults:
            self.fail(script.faults.popleft())
        else:
            self.send_json(200, {"conversation_id": conversation, "messages": messages})

    def chat(self, turn: Json) -> None:
        script = self.server.script
        fault = script.faults.popleft() if script.faults else None
        if fault is None:
            messages = script.hear(turn)
            self.send_json(200, {"conversation_id": turn["conversation_id"], "messages": messages})
            return
        if fault.after_the_work:
            script.hear(turn)
        else:
            script.heard.append(turn)
        self.fail(fault)

    def fail(self, fault: Fault) -> None:
        if fault.status is None:
            self.close_connection = True
            return
        headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
        self.send_json(fault.status, {"error": {"code": "x", "message": "y", "hint": "z"}}, headers)

    def send_history(self, conversation: str) -> None:
        script = self.server.script
        if script.history_faults:
            self.fail(script.history_faults.popleft())
        elif conversation in script.known:
            self.send_json(200, {"turns": script.turns})
        else:
            self.send_json(404, {})

    def send_file(self, path: Path) -> None:
        if path.is_file():
            self.send_body(200, TYPES[path.suffix], path.read_bytes(), {"Content-Security-Policy": POLICY})
        else:
            self.send_json(404, {})

    def send_json(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        self.send_body(status, "application/json", json.dumps(body).encode(), headers or {})

    def send_body(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: a test says what it needs to know."""
