"""Delivery to the example receiver, over real HTTP; only the clock stands still."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from casework.exchange.delivery import MOST_ATTEMPTS, Bureau, Courier, DeliveryRound
from casework.exchange.signing import SIGNATURE, TIMESTAMP, signed
from casework.people.documents import Documents
from casework.people.vault import Vault
from casework.store.cipher import KeyRing
from casework.store.database import Sealed
from casework.store.outbox import LEASE, OutboxRow, claim, dead_letters, enqueue, send_again
from examples.bureau_receiver.__main__ import Answer, Receiver
from tests.casework.conftest import HASH_SECRET, Clock

ROOT = Path(__file__).parents[3]
SECRET = "a secret shared with the bureau"
KEYS = KeyRing.generate()
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NAME = "李小花"
Scripted = tuple[int, dict[str, str]]


class Office(Receiver):
    """The example receiver in a thread.  ``script`` is what it answers first; ``on_kept`` happens before an answer."""

    def __init__(self, store: Path, clock: Clock) -> None:
        super().__init__(0, SECRET, str(store), lambda: clock().replace(tzinfo=UTC).timestamp())
        self.script: list[Scripted] = []
        self.tried: list[str] = []
        self.on_kept: Callable[[], None] = lambda: None
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/letters"

    def take(self, headers: Message, body: bytes) -> Answer:
        self.tried.append(headers["Idempotency-Key"])
        if self.script:
            status, extra = self.script.pop(0)
            return status, extra, {}
        answer = super().take(headers, body)
        self.on_kept()
        return answer

    def letters(self) -> list[dict[str, Any]]:
        return kept(Path(self.store))


def kept(store: Path) -> list[dict[str, Any]]:
    """What a receiver has, in the order in which it came."""
    database = sqlite3.connect(store)
    rows = database.execute("SELECT key, kind, body FROM letter ORDER BY number").fetchall()
    database.close()
    return [{"key": key, "kind": kind, "body": json.loads(body)} for key, kind, body in rows]


class Sender:
    """One side of the exchange: a database, and couriers that work on it."""

    def __init__(self, database: Engine, clock: Clock) -> None:
        ring = KeyRing.parse(KEYS, HASH_SECRET)
        self.database, self.clock, self.sealed = database, clock, Sealed(ring)
        self.vault, self.documents = Vault(database, ring), Documents(database, ring)

    def courier(self, url: str | None, secret: str = SECRET, chance: float = 1.0) -> Courier:
        bureau = None if url is None else Bureau(url, secret)
        return Courier(
            self.database, self.sealed, self.vault, self.documents, bureau, self.clock, chance=lambda: chance
        )

    def put(self, *keys: str, **more: Any) -> None:
        """The part of a key before the hyphen is its case."""
        for key in keys:
            with Session(self.database) as session, session.begin():
                body = {"reference": key.partition("-")[0], **more}
                enqueue(session, "case.changed", key, body, sealed=self.sealed)

    def row(self, key: str) -> OutboxRow:
        with Session(self.database) as session:
            return session.scalars(select(OutboxRow).where(OutboxRow.key == key)).one()


@pytest.fixture
def sender(database: Engine, clock: Clock) -> Sender:
    return Sender(database, clock)


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    office = Office(tmp_path / "office.db", clock)
    yield office
    office.shutdown()
    office.server_close()


def test_the_receiver_as_a_process_verifies_and_keeps(database: Engine, tmp_path: Path) -> None:
    store = tmp_path / "process.db"
    command = [sys.executable, "-m", "examples.bureau_receiver", "--port=0", f"--secret={SECRET}", f"--store={store}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        sender = Sender(database, Clock(datetime.now(UTC).replace(tzinfo=None)))
        sender.put("A-1", "A-2")
        assert sender.courier(url).deliver_due() == DeliveryRound(sent=2)
        process.terminate()
    assert [each["key"] for each in kept(store)] == ["A-1", "A-2"]


def test_tokens_are_opened_only_in_what_is_sent(
    sender: Sender, office: Office, everything: Callable[[], bytes]
) -> None:
    with Session(sender.database) as session, session.begin():
        name = sender.vault.put(session, "name", NAME, "owner")
    photo = sender.documents.add("owner", "身份证.png", PNG)
    sender.put("A-1", answers={"name": name, "papers": [photo], "wants": "v_ 形的零件", "age": 45, "job": None})
    assert NAME.encode() not in everything()
    assert sender.courier(office.url).deliver_due() == DeliveryRound(sent=1)
    (letter,) = office.letters()
    picture = {"name": "身份证.png", "media_type": "image/png", "content": base64.b64encode(PNG).decode()}
    answers = {"name": NAME, "papers": [picture], "wants": "v_ 形的零件", "age": 45, "job": None}
    assert letter == {"key": "A-1", "kind": "case.changed", "body": {"reference": "A", "answers": answers}}
    assert NAME.encode() not in everything()


def test_a_deleted_value_is_a_dead_letter_and_does_not_stop_the_rest(sender: Sender, office: Office) -> None:
    with Session(sender.database) as session, session.begin():
        name = sender.vault.put(session, "name", NAME, "owner")
    sender.put("A-1", name=name)
    sender.put("B-1")
    with Session(sender.database) as session, session.begin():
        sender.vault.forget(session, "owner")
    assert sender.courier(office.url).deliver_due() == DeliveryRound(sent=1, dead=1)
    assert sender.row("A-1").last_error == "a value or document was deleted"
    assert office.tried == ["B-1"]


def test_without_its_key_a_row_waits_for_the_key(sender: Sender, office: Office) -> None:
    sender.put("A-1")
    other = Sealed(KeyRing.parse(KeyRing.generate(), HASH_SECRET))
    bureau = Bureau(office.url, SECRET)
    locked_out = Courier(sender.database, other, sender.vault, sender.documents, bureau, sender.clock)
    assert locked_out.deliver_due() == DeliveryRound(failed=1)
    sender.clock.advance(timedelta(seconds=5))
    assert sender.courier(office.url).deliver_due() == DeliveryRound(sent=1)


def test_without_a_bureau_nothing_is_attempted(sender: Sender) -> None:
    sender.put("A-1")
    assert sender.courier(None).deliver_due() == DeliveryRound()
    assert (sender.row("A-1").attempts, sender.row("A-1").claimed_until) == (0, None)


def test_a_wrong_secret_is_refused_and_dead_at_once(sender: Sender, office: Office) -> None:
    sender.put("A-1")
    assert sender.courier(office.url, secret="another secret").deliver_due() == DeliveryRound(dead=1)
    assert sender.row("A-1").last_error == "HTTP 401"
    with Session(sender.database) as session, session.begin():
        send_again(session, [each.id for each in dead_letters(session)])
    assert sender.courier(office.url).deliver_due() == DeliveryRound(sent=1)


class TestWhatTheReceiverRefuses:
    """Letters that no courier would send."""

    BODY = json.dumps({"key": "A-1", "kind": "case.filed", "body": {}}).encode()

    def post(self, office: Office, body: bytes, headers: Mapping[str, str], key: str = "A-1") -> int:
        return requests.post(office.url, body, headers={"Idempotency-Key": key, **headers}, timeout=10).status_code

    def test_a_good_one_is_taken(self, office: Office, clock: Clock) -> None:
        assert self.post(office, self.BODY, signed(SECRET, self.BODY, clock())) == 200

    def test_a_changed_body(self, office: Office, clock: Clock) -> None:
        headers = signed(SECRET, self.BODY, clock())
        assert self.post(office, self.BODY.replace(b"filed", b"grant"), headers) == 401

    @pytest.mark.parametrize(("seconds", "status"), [(300, 200), (301, 401), (-300, 200), (-301, 401)])
    def test_a_signature_of_another_time(self, office: Office, clock: Clock, seconds: int, status: int) -> None:
        assert self.post(office, self.BODY, signed(SECRET, self.BODY, clock() - timedelta(seconds=seconds))) == status

    def test_a_fresh_timestamp_on_an_old_signature(self, office: Office, clock: Clock) -> None:
        old = signed(SECRET, self.BODY, clock() - timedelta(hours=1))
        now = signed(SECRET, self.BODY, clock())
        assert self.post(office, self.BODY, {SIGNATURE: old[SIGNATURE], TIMESTAMP: now[TIMESTAMP]}) == 401

    def test_no_signature(self, office: Office) -> None:
        assert self.post(office, self.BODY, {}) == 401

    def test_a_replay_under_another_key(self, office: Office, clock: Clock) -> None:
        assert self.post(office, self.BODY, signed(SECRET, self.BODY, clock()), key="B-1") == 422
        assert office.letters() == []


def test_an_error_of_the_bureau_is_tried_again_later(sender: Sender, office: Office) -> None:
    sender.put("A-1")
    office.script = [(500, {})]
    courier = sender.courier(office.url)
    assert courier.deliver_due() == DeliveryRound(failed=1)
    assert courier.deliver_due() == DeliveryRound()
    sender.clock.advance(timedelta(seconds=5))
    assert courier.deliver_due() == DeliveryRound(sent=1)
    assert (office.tried, len(office.letters())) == (["A-1", "A-1"], 1)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("120", 120), (None, 5), ("soon", 5), ("999999999999", 86400)],
)
def test_too_many_requests_waits_as_long_as_the_bureau_asks(
    sender: Sender, office: Office, asked: str | None, seconds: int
) -> None:
    sender.put("A-1")
    office.script = [(429, {"Retry-After": asked} if asked else {})]
    assert sender.courier(office.url).deliver_due() == DeliveryRound(failed=1)
    assert sender.row("A-1").next_at == sender.clock() + timedelta(seconds=seconds)


def test_retry_after_may_be_a_date(sender: Sender, office: Office) -> None:
    sender.put("A-1")
    until = sender.clock() + timedelta(minutes=7)
    office.script = [(503, {"Retry-After": format_datetime(until.replace(tzinfo=UTC), usegmt=True)})]
    assert sender.courier(office.url).deliver_due() == DeliveryRound(failed=1)
    assert sender.row("A-1").next_at == until


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_statuses_that_are_tried_again(sender: Sender, office: Office, status: int) -> None:
    sender.put("A-1")
    office.script = [(status, {})]
    assert sender.courier(office.url).deliver_due() == DeliveryRound(failed=1)


@pytest.mark.parametrize("status", [302, 400, 401, 404, 409, 413, 422])
def test_statuses_that_are_dead_at_once(sender: Sender, office: Office, status: int) -> None:
    """A 409 that does not name our key is about something else; a redirect is not followed."""
    sender.put("A-1")
    office.script = [(status, {"Location": office.url, "Idempotency-Key": "B-1"})]
    assert sender.courier(office.url).deliver_due() == DeliveryRound(dead=1)
    assert (office.tried, sender.row("A-1").last_error) == (["A-1"], f"HTTP {status}")


def test_nobody_listens(sender: Sender) -> None:
    with socket.socket() as taken:  # bound and never listening, so that nothing else gets the port
        taken.bind(("127.0.0.1", 0))
        sender.put("A-1")
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert sender.courier(url).deliver_due() == DeliveryRound(failed=1)
    assert sender.row("A-1").last_error == "ConnectionError"


def test_the_waits_double_up_to_an_hour_and_a_weekend_later_it_is_given_up(sender: Sender, office: Office) -> None:
    sender.put("A-1")
    office.script = [(500, {})] * (MOST_ATTEMPTS + 1)
    waits = []
    while (row := sender.row("A-1")).dead_at is None:
        if row.next_at is not None:
            waits.append((row.next_at - sender.clock()).total_seconds())
            sender.clock.moment = row.next_at
        sender.courier(office.url).deliver_due()
    doubling = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560]
    assert waits == doubling + [3600] * (MOST_ATTEMPTS - 1 - len(doubling))
    assert sum(waits) > 48 * 3600
    assert len(office.tried) == MOST_ATTEMPTS


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 1.0), (0.5, 2.5), (1.0, 5.0)])
def test_jitter_takes_the_whole_wait(sender: Sender, office: Office, chance: float, seconds: float) -> None:
    sender.put("A-1")
    office.script = [(500, {})]
    sender.courier(office.url, chance=chance).deliver_due()
    assert sender.row("A-1").next_at == sender.clock() + timedelta(seconds=seconds)


def test_a_case_is_told_in_order(sender: Sender, office: Office) -> None:
    sender.put("A-1", "B-1", "A-2", "B-2", "A-3")
    office.script = [(500, {})]
    assert sender.courier(office.url).deliver_due() == DeliveryRound(sent=2, failed=1)
    sender.clock.advance(timedelta(seconds=5))
    assert sender.courier(office.url).deliver_due() == DeliveryRound(sent=3)
    assert [each["key"] for each in office.letters()] == ["B-1", "B-2", "A-1", "A-2", "A-3"]


def test_a_round_makes_no_more_attempts_than_it_may(sender: Sender, office: Office) -> None:
    sender.put("A-1", "A-2", "B-1")
    assert sender.courier(office.url).deliver_due(most=2) == DeliveryRound(sent=2)
    assert sender.courier(office.url).deliver_due(most=2) == DeliveryRound(sent=1)


WORKER = """
import sys
from sqlalchemy.engine import make_url
from casework.store.cipher import KeyRing
from casework.store.database import Sealed, open_database
from casework.exchange.delivery import Bureau, Courier
from casework.people.documents import Documents
from casework.people.vault import Vault
from datetime import datetime
url, keys, hash_secret, bureau, secret, now = sys.argv[1:]
engine, ring = open_database(url), KeyRing.parse(keys, hash_secret)
clock = lambda: datetime.fromisoformat(now)
Courier(engine, Sealed(ring), Vault(engine, ring), Documents(engine, ring), Bureau(bureau, secret), clock).deliver_due()
"""


def test_a_worker_killed_between_sending_and_marking(sender: Sender, office: Office) -> None:
    sender.put("A-1")
    url = sender.database.url.render_as_string(hide_password=False)
    now = sender.clock().isoformat()
    started = threading.Event()
    workers: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        started.wait()
        workers[0].send_signal(signal.SIGKILL)
        workers[0].wait()

    office.on_kept = kill
    command = [sys.executable, "-c", WORKER, url, KEYS, HASH_SECRET, office.url, SECRET, now]
    workers.append(subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}))
    started.set()
    assert workers[0].wait(timeout=60) == -signal.SIGKILL
    office.on_kept = lambda: None
    assert (len(office.letters()), sender.row("A-1").delivered_at) == (1, None)

    assert sender.courier(office.url).deliver_due() == DeliveryRound()
    sender.clock.advance(LEASE)
    assert sender.courier(office.url).deliver_due() == DeliveryRound(sent=1)
    assert (office.tried, len(office.letters())) == (["A-1", "A-1"], 1)
    assert sender.row("A-1").delivered_at == sender.clock()


def test_workers_at_once_send_each_row_once_and_in_order(sender: Sender, office: Office) -> None:
    cases = [str(number) for number in range(8)]
    sender.put(*(f"{case}-{event}" for event in range(3) for case in cases))
    start = threading.Barrier(3)
    rounds: list[DeliveryRound] = []

    def work() -> None:
        start.wait()
        rounds.append(sender.courier(office.url).deliver_due())

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # A worker stops where all that is left waits for another's delivery; the next round takes it up.
    rounds.append(sender.courier(office.url).deliver_due())
    assert sum(each.sent for each in rounds) == 24
    assert sorted(office.tried) == sorted(set(office.tried))
    arrived = [each["key"] for each in office.letters()]
    for case in cases:
        assert [key for key in arrived if key.startswith(f"{case}-")] == [f"{case}-{event}" for event in range(3)]


def test_a_row_under_way_is_not_sent_by_another(sender: Sender, office: Office) -> None:
    """The second worker runs while the first waits for its answer."""
    sender.put("A-1", "A-2", "B-1")
    rounds: list[DeliveryRound] = []

    def meanwhile() -> None:
        office.on_kept = lambda: None
        rounds.append(sender.courier(office.url).deliver_due())

    office.on_kept = meanwhile
    rounds.append(sender.courier(office.url).deliver_due())
    assert rounds == [DeliveryRound(sent=1), DeliveryRound(sent=2)]
    assert [each["key"] for each in office.letters()] == ["A-1", "B-1", "A-2"]


def test_a_claim_is_committed_before_anything_is_sent(sender: Sender, office: Office) -> None:
    sender.put("A-1")
    seen: list[int] = []

    def look() -> None:
        with Session(sender.database) as session, session.begin():
            seen.append(len(claim(session, 1, sender.clock())))

    office.on_kept = look
    sender.courier(office.url).deliver_due()
    assert seen == [0]
