"""Takes what Yunjiu files, keeps it in SQLite, and can send a decision back.  Standard library only.

python -m examples.bureau_receiver --port 9000 --secret …
python -m examples.bureau_receiver --secret … --decide grant 123456789015 --to http://127.0.0.1:8000
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import secrets
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOLERANCE_SECONDS = 300
MOST_BYTES = 64 * 1024 * 1024
Answer = tuple[int, dict[str, str], dict[str, Any]]


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Receiver(ThreadingHTTPServer):
    """Everything that it was sent is in the table ``letter``: key, kind, body (JSON), received (unix seconds)."""

    daemon_threads = True

    def __init__(self, port: int, secret: str, store: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.secret = secret
        self.store = store
        self.clock = clock
        with sqlite3.connect(store) as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS letter (number INTEGER PRIMARY KEY, key TEXT UNIQUE, kind TEXT, body TEXT,"
                " received INTEGER)"
            )

    def take(self, headers: Message, body: bytes) -> Answer:
        """Checks signature, time and key, in this order, and keeps the letter; a known key is told so with 409."""
        now = int(self.clock())
        timestamp, given = headers.get("X-Yunjiu-Timestamp", ""), headers.get("X-Yunjiu-Signature", "")
        expected = signature(self.secret, timestamp, body)
        if not hmac.compare_digest(given.encode(), expected.encode()):
            return 401, {}, {"error": "wrong signature"}
        if not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE_SECONDS:
            return 401, {}, {"error": "timestamp too far from now"}
        letter = json.loads(body)
        key = headers.get("Idempotency-Key")
        # The header is not signed; the key inside the body is.
        if key is None or key != letter["key"]:
            return 422, {}, {"error": "Idempotency-Key is not the key of the body"}
        new = self.keep(key, letter, now)
        return (200 if new else 409), {"Idempotency-Key": key}, {"key": key, "new": new}

    def keep(self, key: str, letter: dict[str, Any], now: int) -> bool:
        """Whether it is new; it is on the disk when this returns."""
        row = (key, letter["kind"], json.dumps(letter["body"], ensure_ascii=False), now)
        with sqlite3.connect(self.store, timeout=10) as database:
            done = database.execute("INSERT OR IGNORE INTO letter (key, kind, body, received) VALUES (?, ?, ?, ?)", row)
            return done.rowcount == 1


class Handler(BaseHTTPRequestHandler):
    server: Receiver
    timeout = 30

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if length > MOST_BYTES:
            self.close_connection = True
            return self.answer(413, {}, {"error": "too large"})
        body = self.rfile.read(length)
        self.answer(*self.server.take(self.headers, body))

    def answer(self, status: int, headers: dict[str, str], body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, form: str, *values: Any) -> None:
        """The request line and the status; never the body."""
        sys.stderr.write(form % values + "\n")


def decide(yunjiu: str, secret: str, decision: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Sends a decision; gives the status and the answer.  Send it again under the same id until one comes."""
    body = json.dumps(decision, ensure_ascii=False).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Yunjiu-Timestamp": timestamp,
        "X-Yunjiu-Signature": signature(secret, timestamp, body),
    }
    request = urllib.request.Request(f"{yunjiu.rstrip('/')}/bureau/v1/decisions", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bureau_receiver", description=__doc__)
    parser.add_argument("--secret", required=True, help="shared with Yunjiu")
    parser.add_argument("--port", type=int, default=9000, help="0 takes a free one; printed at the start")
    parser.add_argument("--store", default="bureau.db", help="SQLite file that keeps what was received")
    parser.add_argument("--decide", nargs=2, metavar=("ACTION", "REFERENCE"), help="send a decision instead")
    parser.add_argument("--to", default="http://127.0.0.1:8000", help="where Yunjiu listens")
    parser.add_argument("--id", help="the decision's own id; a fresh one by default")
    parser.add_argument("--missing", help="with return: what is missing")
    parser.add_argument("--reason", help="with refuse: why")
    given = parser.parse_args()
    if given.decide:
        action, reference = given.decide
        decision = {"id": given.id or secrets.token_hex(16), "reference": reference, "action": action}
        words = {"missing": given.missing, "reason": given.reason}
        decision |= {name: text for name, text in words.items() if text}
        status, answer = decide(given.to, given.secret, decision)
        print(status, json.dumps(answer, ensure_ascii=False))
        return 0 if status == 200 else 1
    with Receiver(given.port, given.secret, given.store) as receiver:
        print(f"listening on http://127.0.0.1:{receiver.server_port}", flush=True)
        receiver.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
