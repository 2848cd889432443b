"""A server that speaks the Bot API over real HTTP, as strict as Telegram about what it takes, and faulty on demand."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

TOKEN = "123456:a-token-for-the-tests"
BOT = {"id": 123456, "is_bot": True, "first_name": "云就", "username": "yunjiu_test_bot"}
TAGS = {"b", "i", "code", "pre", "blockquote", "a"}
WAIT_SECONDS = 60


@dataclass
class Fault:
    """What happens to the next ``times`` calls of ``method`` (of ``chat``, if given).

    ``kind``: a status; again (updates that were confirmed come once more); reset (cut off before anything is done),
    drop (cut off once it is done), silent (nothing is done and nothing said).
    """

    method: str
    kind: str
    times: int = 1
    chat: int | None = None
    retry_after: int = 1


@dataclass
class Call:
    method: str
    params: dict[str, Any]
    at: float


@dataclass
class Sent:
    """A message as a person sees it; ``text`` without the markup."""

    id: int
    chat: int
    text: str
    html: str
    keyboard: list[list[dict[str, Any]]]
    reply_to: int | None = None
    edited: int = 0

    @property
    def titles(self) -> list[str]:
        return [button["text"] for row in self.keyboard for button in row]


class Refused(Exception):
    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status, self.parameters = status, parameters


class _Text(HTMLParser):
    """Telegram's reading of HTML: known tags only, closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.open = "", list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise Refused(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)
        self.text += "\n" if tag == "blockquote" and self.text and not self.text.endswith("\n") else ""

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refused(400, "Bad Request: can't parse entities: unmatched end tag")
        self.text += "\n" if tag == "blockquote" else ""

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(html: str) -> str:
    """What is left of a message's HTML to a reader; Refused where Telegram would not take it."""
    if re.search(r"&(?!(lt|gt|amp|quot);)", html):
        raise Refused(400, "Bad Request: can't parse entities: unknown entity")
    parser = _Text()
    parser.feed(html)
    parser.close()
    if parser.open:
        raise Refused(400, "Bad Request: can't parse entities: no end tag")
    return parser.text.strip()


@dataclass
class BotServer:
    """Updates are kept until a later ``offset`` confirms them."""

    pending: list[dict[str, Any]] = field(default_factory=list)
    confirmed: list[dict[str, Any]] = field(default_factory=list)
    again: list[dict[str, Any]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    answered: list[dict[str, Any]] = field(default_factory=list)
    webhook: dict[str, Any] | None = None
    blocked: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.silence = threading.Event()
        self.changed = threading.Condition()
        self._last_update, self._last_message = 1000, 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.silence.set()
        self._server.shutdown()
        self._server.server_close()

    # what people do

    def update(self, **what: Any) -> dict[str, Any]:
        with self.changed:
            self._last_update += 1
            return {"update_id": self._last_update, **what}

    def message(self, chat: int, group: str | None = None, **what: Any) -> dict[str, Any]:
        """As the person of that number writes it in their private chat, or in the group of that number."""
        with self.changed:
            self._last_message += 1
            number = self._last_message
        kind = {"id": chat, "type": group} if group else {"id": chat, "type": "private", "first_name": "阿珍"}
        person = {"id": abs(chat), "is_bot": False, "first_name": "阿珍", "username": "azhen_private"}
        return {"message_id": number, "date": int(time.time()), "chat": kind, "from": person, **what}

    def queue(self, *updates: dict[str, Any]) -> None:
        with self.changed:
            self.pending.extend(updates)
            self.changed.notify_all()

    def says(self, chat: int, text: str, **more: Any) -> dict[str, Any]:
        update = self.update(message=self.message(chat, text=text, **more))
        self.queue(update)
        return update

    def sends(self, chat: int, **what: Any) -> None:
        self.queue(self.update(message=self.message(chat, **what)))

    def presses(self, sent: Sent, title: str) -> None:
        data = next(button["callback_data"] for row in sent.keyboard for button in row if button["text"] == title)
        self.queue(self.update(callback_query=self.press(sent, data)))

    def press(self, sent: Sent, data: str) -> dict[str, Any]:
        shown = {**self.message(sent.chat, text=sent.text), "message_id": sent.id, "from": BOT}
        person = {"id": sent.chat, "is_bot": False, "first_name": "阿珍"}
        return {"id": f"q{sent.id}", "from": person, "message": shown, "chat_instance": "1", "data": data}

    # what the tests look at

    def fail(self, method: str, kind: str, times: int = 1, **more: Any) -> None:
        self.faults.append(Fault(method, kind, times, **more))

    def of(self, chat: int) -> list[Sent]:
        return [each for each in self.sent if each.chat == chat]

    def wait(self, happened: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        with self.changed:
            while not happened():
                assert time.monotonic() < deadline, [(each.chat, each.text[:60]) for each in self.sent[-8:]]
                self.changed.wait(0.05)  # what is waited for may also be in the app's database

    def replies(self, chat: int, count: int) -> list[Sent]:
        """The first ``count`` messages to that chat, once there are so many."""
        self.wait(lambda: len(self.of(chat)) >= count)
        return self.of(chat)

    def called(self, method: str) -> list[Call]:
        return [each for each in self.calls if each.method == method]

    # the wire

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if len(body) < length:  # who asked has gone
                    return self.connection.close()
                fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
                params = {name: _value(value) for name, value in fields.items()}
                _, prefix, method = self.path.split("/")
                if prefix != f"bot{TOKEN}":
                    return self._answer(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
                try:
                    kind, result = server.call(method, params)
                except Refused as refused:
                    error = {"ok": False, "error_code": refused.status, "description": str(refused)}
                    more = {"parameters": refused.parameters} if refused.parameters else {}
                    return self._answer(refused.status, {**error, **more})
                if kind in ("drop", "reset", "silent"):
                    self.close_connection = True
                    return self.connection.close()
                self._answer(200, {"ok": True, "result": result})

            def do_GET(self) -> None:
                name = self.path.rsplit("/", 1)[1]
                self._write(200 if name in server.files else 404, server.files.get(name, b"{}"))

            def _answer(self, status: int, body: Any) -> None:
                self._write(status, json.dumps(body).encode())

            def _write(self, status: int, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_arguments: Any) -> None:
                """Quiet."""

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, ValueError):
                    return  # the other side is gone

        return Handler

    def call(self, method: str, params: dict[str, Any]) -> tuple[str, Any]:
        """The fault that is left to happen after the call, and its result."""
        with self.changed:
            self.calls.append(Call(method, params, time.monotonic()))
            fault = self._fault(method, params.get("chat_id"))
            self.changed.notify_all()
        if fault is not None:
            self._misbehave(fault)
            if fault.kind in ("reset", "silent"):
                return fault.kind, None
        result = getattr(self, f"_{re.sub('([A-Z])', lambda m: '_' + m[1].lower(), method)}")(params)
        with self.changed:
            self.changed.notify_all()
        return ("drop" if fault is not None and fault.kind == "drop" else ""), result

    def _fault(self, method: str, chat: object) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and fault.times and fault.chat in (None, chat):
                fault.times -= 1
                return fault
        return None

    def _misbehave(self, fault: Fault) -> None:
        if fault.kind == "429":
            after = fault.retry_after
            raise Refused(429, f"Too Many Requests: retry after {after}", retry_after=after)
        if fault.kind in ("500", "502"):
            raise Refused(int(fault.kind), "Internal Server Error")
        if fault.kind == "400":
            raise Refused(400, "Bad Request: can't parse entities: made up")
        if fault.kind == "silent":
            self.silence.wait(WAIT_SECONDS)
        if fault.kind == "again":  # what was confirmed is handed out once more
            self.again = self.confirmed[-20:]

    def _get_me(self, _params: dict[str, Any]) -> Any:
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    def _set_my_commands(self, _params: dict[str, Any]) -> Any:
        return True

    def _set_webhook(self, params: dict[str, Any]) -> Any:
        self.webhook = params
        return True

    def _delete_webhook(self, _params: dict[str, Any]) -> Any:
        self.webhook = None
        return True

    def _get_updates(self, params: dict[str, Any]) -> Any:
        if self.webhook is not None:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        with self.changed:
            offset = params.get("offset") or 0
            self.confirmed += [each for each in self.pending if each["update_id"] < offset]
            self.pending = [each for each in self.pending if each["update_id"] >= offset]
            self.changed.wait_for(lambda: bool(self.pending), min(5, params.get("timeout") or 0))
            again, self.again = self.again, []
            return [*again, *self.pending[:100]]

    def _send_message(self, params: dict[str, Any]) -> Any:
        chat = params["chat_id"]
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        html = str(params["text"])
        text = seen(html) if params.get("parse_mode") == "HTML" else html
        keyboard = params.get("reply_markup", {}).get("inline_keyboard", [])
        if not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            raise Refused(400, "Bad Request: message is too long")
        for button in (each for row in keyboard for each in row):
            if "url" not in button and not 1 <= len(button["callback_data"].encode()) <= 64:
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        with self.changed:
            self._last_message += 1
            reply_to = params.get("reply_parameters", {}).get("message_id")
            self.sent.append(Sent(self._last_message, chat, text, html, keyboard, reply_to))
            return {"message_id": self._last_message, "date": 1, "chat": {"id": chat, "type": "private"}, "text": text}

    def _edit_message_reply_markup(self, params: dict[str, Any]) -> Any:
        with self.changed:
            sent = next(each for each in self.sent if each.id == params["message_id"])
            sent.keyboard = params.get("reply_markup", {}).get("inline_keyboard", [])
            sent.edited += 1
        return True

    def _answer_callback_query(self, params: dict[str, Any]) -> Any:
        self.answered.append(params)
        return True

    def _send_chat_action(self, _params: dict[str, Any]) -> Any:
        return True

    def _get_file(self, params: dict[str, Any]) -> Any:
        name = params["file_id"]
        if name not in self.files:
            raise Refused(400, "Bad Request: invalid file_id")
        return {"file_id": name, "file_unique_id": name, "file_path": f"photos/{name}"}


def _value(text: str) -> Any:
    """A form's values: numbers and nested objects come as JSON."""
    if re.fullmatch(r"-?\d{1,18}", text) or text[:1] in "{[" or text in ("true", "false"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
