"""A small real HTTP server for the page: its files, and an API that answers as a script says."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bot.channels.web import PAGE, SECURITY

POLICY = SECURITY["Content-Security-Policy"]
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
    noted: set[str] = field(default_factory=set)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    file_answer: list[Json] = field(default_factory=lambda: [message("收到一份文件。")])
    news: list[Json] = field(default_factory=list)
    asked_for_news: list[str] = field(default_factory=list)
    follows: bool = True
    followed: list[int] = field(default_factory=list)
    owner: str = "bot"
    county: Json | None = None
    counties: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    closed: bool = False
    line: int = 0
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
            if first and turn["message_id"] not in self.noted:
                self.noted.add(turn["message_id"])
                self.note("person", turn["text"], [], turn["message_id"])
        self.gate.wait(PATIENCE)
        with self.lock:
            if turn["message_id"] not in self.answered:
                self.reply(turn)
            return self.answered[turn["message_id"]]

    def reply(self, turn: Json) -> None:
        messages = self.answers.get(turn["text"], [message(f"答：{turn['text']}")])
        self.answered[turn["message_id"]] = messages
        self.note("assistant", "", messages, reply_to=turn["message_id"])

    def take_file(self, conversation: str, body: bytes, *, logged: bool) -> list[Json]:
        """body is a multipart form: the message's id, then the file."""
        boundary = body.split(b"\r\n", 1)[0]
        first, second = body.removesuffix(boundary + b"--\r\n").split(boundary + b"\r\n")[1:]
        message_id = first.split(b"\r\n\r\n")[1].strip().decode()
        head, content = second.split(b"\r\n\r\n", maxsplit=1)
        name = re.search(r'name="file"; filename="([^"]*)"', head.decode())
        assert name
        self.files.append((conversation, name[1], content.removesuffix(b"\r\n")))
        with self.lock:
            if logged and message_id not in self.noted:
                self.noted.add(message_id)
                self.note("person", "〔文件〕", [], message_id)
                self.note("assistant", "", self.file_answer, reply_to=message_id)
        return self.file_answer

    def tell_news(self, conversation: str) -> list[Json]:
        """What is new is told once."""
        with self.lock:
            self.asked_for_news.append(conversation)
            told, self.news = self.news, []
            if told:
                self.note("assistant", "", told)
            return told

    def note(
        self, sender: str, text: str, messages: list[Json], message_id: str | None = None, reply_to: str | None = None
    ) -> None:
        """Puts a turn into the log, and wakes who follows."""
        turn = {"sequence": len(self.turns) + 1, "from": sender, "text": text, "messages": messages}
        at = f"2026-11-23T10:00:{len(self.turns):02}Z"
        self.turns.append({**turn, "message_id": message_id, "reply_to": reply_to, "at": at})
        self.tell()

    def owned_by(self, owner: str) -> None:
        self.owner = owner
        self.tell()

    def cut(self) -> None:
        """Every line that follows is cut."""
        self.line += 1
        self.tell()

    def close(self) -> None:
        self.gate.set()
        self.closed = True
        self.tell()

    def tell(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def happenings(self, after: int) -> Iterator[tuple[str, Json]]:
        """("owner" or "message", data), as they come, until the line is cut; as the real server gives them."""
        line, owner = self.line, None
        self.followed.append(after)
        while True:
            with self.changed:
                while owner == self.owner and len(self.turns) == after and line == self.line and not self.closed:
                    self.changed.wait()
            if self.closed or line != self.line:
                return
            if owner != self.owner:
                owner = self.owner
                yield "owner", {"owner": owner}
            for turn in self.turns[after:]:
                after = turn["sequence"]
                yield "message", turn


class PageServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = Script()
        self.allowed: set[str] = set()

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
        elif self.path == "/widget.js":
            self.send_file(PAGE / "widget.js")
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
        elif what.startswith("events"):
            self.send_events(int(self.headers["Last-Event-ID"] or 0), int(what.partition("?after=")[2] or 0))
        elif what == "news":
            self.send_json(200, {"conversation_id": conversation, "messages": script.tell_news(conversation)})
        elif what == "my-data":
            headers = {"Content-Disposition": 'attachment; filename="yunjiu-my-data.json"'}
            self.send_json(200, {"conversation": conversation}, headers)
        else:
            self.send_json(404, {})

    def send_events(self, last: int, after: int) -> None:
        script = self.server.script
        if not script.follows:
            self.send_json(503, {})
            return
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_shared()
        self.end_headers()
        self.wfile.write(b"retry: 50\n\n")
        for name, data in script.happenings(max(last, after)):
            number = f"id: {data['sequence']}\n" if name == "message" else ""
            self.wfile.write(f"{number}event: {name}\ndata: {json.dumps(data)}\n\n".encode())

    def do_OPTIONS(self) -> None:
        self.send_body(204, "text/plain", b"", {"Access-Control-Allow-Headers": "Content-Type"})

    def send_shared(self) -> None:
        origin = self.headers["Origin"]
        if origin in self.server.allowed:
            self.send_header("Access-Control-Allow-Origin", origin)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/api/v1/web/conversations":
            script = self.server.script
            script.counties.append(json.loads(body).get("county", ""))
            self.send_json(201, {"conversation_id": script.open(), "county": script.county})
        elif self.path == "/api/v1/chat":
            self.chat(json.loads(body))
        elif self.path.endswith("/documents"):
            self.attach(self.path.split("/")[-2], body)
        else:
            self.send_json(404, {})

    def attach(self, conversation: str, body: bytes) -> None:
        script = self.server.script
        fault = script.faults.popleft() if script.faults else None
        messages = script.take_file(conversation, body, logged=fault is None or fault.after_the_work)
        if fault:
            self.fail(fault)
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
        self.send_shared()
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: a test says what it needs to know."""
