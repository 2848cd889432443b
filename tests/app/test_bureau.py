"""Decisions that come back from the bureau, over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from bot import bureau
from bot.bureau import MOST_BYTES, BureauDoor
from bot.channels import api
from casework.cases.cases import Cases, Filing
from casework.exchange.delivery import Decision, Decisions
from casework.exchange.signing import SIGNATURE, signed
from casework.people.documents import Documents
from casework.people.vault import Vault
from casework.store.cipher import KeyRing
from casework.store.database import Base, Sealed, open_database
from casework.store.outbox import DecisionRow
from policy_kb.procedures import Application, ApplicationField, Consent, DecidedBy, TimeLimit

ROOT = Path(__file__).parents[2]
SECRET = "a secret shared with the bureau"
REASON = "李小花的身份证照片看不清"
KIND = Application(
    id="test-subsidy",
    title="测试补贴",
    applicant="person",
    opening="帮您递交测试补贴的申请。",
    consent=Consent(version="1", purpose="办这件事", recipients="经办机构", kept="按规定"),
    fields=(
        ApplicationField(id="wants", type="text", label="想做什么", prompt="想做什么？", help="写一句", why="登记"),
    ),
    decided_by=DecidedBy(contact="local", level="county"),
    time_limit=TimeLimit(),
    outcomes={"granted": "补贴批下来了。", "refused": "补贴没有批。"},
)


class Door:
    """An app with nothing but the bureau's door, on a free port; its clock stands still at the real time."""

    def __init__(self, database: Engine) -> None:
        self.moment = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        ring = KeyRing.parse(KeyRing.generate(), "a hash secret for the tests")
        self.database, self.sealed = database, Sealed(ring)
        vault, documents = Vault(database, ring), Documents(database, ring)
        self.cases = Cases(database, ring, vault, documents, {KIND.id: KIND}, self.clock)
        self.decisions = Decisions(database, self.sealed, self.cases, self.clock)
        self.app = FastAPI()
        for part in (api, bureau):
            part.install(self.app)
        self.app.state.bureau = BureauDoor(SECRET, self.decisions, self.clock)
        self._server = uvicorn.Server(uvicorn.Config(self.app, port=0, ws="none", log_level="error"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def clock(self) -> datetime:
        return self.moment

    def file(self, errand: str = "e" * 32) -> str:
        filing = Filing(errand, "p" * 32, KIND.id, "self", {"wants": "开小店"}, None, None, None, "p" * 32)
        return self.cases.file(filing).reference

    def send(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        headers = signed(SECRET, body, self.moment) if headers is None else headers
        return self.client.post("/bureau/v1/decisions", content=body, headers=headers)

    def decide(self, reference: str, action: str, id: str = "d-1", **words: str) -> httpx.Response:
        return self.send(json.dumps({"id": id, "reference": reference, "action": action, **words}).encode())

    def events(self, reference: str) -> list[str]:
        view = self.cases.by_reference(reference)
        assert view is not None
        return [each.kind for each in view.history]

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self.client.close()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    database = open_database(f"sqlite:///{tmp_path}/casework.db")
    Base.metadata.create_all(database)
    door = Door(database)
    yield door
    door.stop()
    database.dispose()


def code(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["message"] and error["hint"]
    return answer.status_code, error["code"]


def test_a_case_is_decided_step_by_step(door: Door) -> None:
    reference = door.file()
    steps = [("accept", "accepted"), ("return", "returned")]
    for number, (action, status) in enumerate(steps):
        answer = door.decide(reference, action, f"d-{number}", missing="毕业证")
        assert (answer.status_code, answer.json()) == (
            200,
            {"id": f"d-{number}", "reference": reference, "status": status},
        )
    view = door.cases.by_reference(reference)
    assert view is not None and view.missing == "毕业证"
    assert [(each.kind, each.role) for each in view.history[1:]] == [("accepted", "bureau"), ("returned", "bureau")]


@pytest.mark.parametrize("action", ["grant", "refuse"])
def test_a_decision_and_then_closed(door: Door, action: str) -> None:
    reference = door.file()
    assert door.decide(reference, action, reason="材料核过了").status_code == 200
    assert door.decide(reference, "close", "d-2").json()["status"] == "closed"


def test_a_reference_is_taken_as_people_write_it(door: Door) -> None:
    reference = door.file()
    written = f"{reference[:4]} {reference[4:8]}-{reference[8:]}"
    assert door.decide(written, "accept").json()["reference"] == reference


def test_a_replay_is_answered_the_same_and_applied_once(door: Door) -> None:
    reference = door.file()
    first = door.decide(reference, "accept")
    assert door.decide(reference, "return", "d-2", missing="毕业证").status_code == 200
    again = door.decide(reference, "accept")
    assert (again.status_code, again.content) == (200, first.content)
    assert door.events(reference) == ["filed", "accepted", "returned"]


def test_the_same_decision_many_times_at_once(door: Door) -> None:
    reference = door.file()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: door.decide(reference, "accept"), range(16)))
    assert {(each.status_code, each.content) for each in answers} == {(200, answers[0].content)}
    assert door.events(reference) == ["filed", "accepted"]


def test_a_crash_between_the_case_and_the_answer(door: Door) -> None:
    """The decision is on the case and its answer was not kept: sent again, it is known as applied."""
    reference = door.file()
    assert door.decide(reference, "accept").status_code == 200
    with Session(door.database) as session, session.begin():
        session.execute(update(DecisionRow).values(answer=None))
    assert door.decide(reference, "accept").json() == {"id": "d-1", "reference": reference, "status": "accepted"}
    assert door.events(reference) == ["filed", "accepted"]


def test_a_crash_before_the_case(door: Door) -> None:
    reference = door.file()
    door.decisions._take(Decision("d-1", reference, "accept"))
    assert door.decide(reference, "accept").json()["status"] == "accepted"
    assert door.events(reference) == ["filed", "accepted"]


def test_what_somebody_else_did_is_not_taken_for_the_decision(door: Door) -> None:
    reference = door.file()
    door.cases.act(reference, "accept", "agent", "agent-1", {})
    door.decisions._take(Decision("d-1", reference, "accept"))
    assert code(door.decide(reference, "accept")) == (409, "not_allowed")


def test_an_id_is_for_one_decision(door: Door) -> None:
    reference = door.file()
    door.decide(reference, "accept")
    assert code(door.decide(reference, "grant")) == (409, "id_reused")
    assert door.events(reference) == ["filed", "accepted"]


def test_a_refused_decision_may_be_sent_again_under_its_id(door: Door) -> None:
    reference = door.file()
    assert code(door.decide(reference, "close")) == (409, "not_allowed")
    door.decide(reference, "grant", "d-2")
    assert door.decide(reference, "close").status_code == 200


def test_an_unknown_case(door: Door) -> None:
    assert code(door.decide("123456789015", "accept")) == (404, "unknown_case")


def test_no_bureau_is_connected(door: Door) -> None:
    door.app.state.bureau = None
    assert code(door.decide("123456789015", "accept")) == (404, "no_bureau")


def _changed(headers: dict[str, str]) -> dict[str, str]:
    return {**headers, SIGNATURE: headers[SIGNATURE][:-1] + ("0" if headers[SIGNATURE][-1] != "0" else "1")}


@pytest.mark.parametrize(
    "headers",
    [
        lambda body, now: {},
        lambda body, now: signed("another secret", body, now),
        lambda body, now: signed(SECRET, body + b" ", now),
        lambda body, now: _changed(signed(SECRET, body, now)),
        lambda body, now: signed(SECRET, body, now - timedelta(seconds=301)),
        lambda body, now: signed(SECRET, body, now + timedelta(seconds=301)),
        lambda body, now: {SIGNATURE: signed(SECRET, body, now)[SIGNATURE]},
    ],
    ids=["unsigned", "other secret", "other body", "changed", "too old", "too early", "no timestamp"],
)
def test_what_is_not_signed_by_the_bureau_now_changes_nothing(
    door: Door, headers: Callable[[bytes, datetime], dict[str, str]]
) -> None:
    reference = door.file()
    body = json.dumps({"id": "d-1", "reference": reference, "action": "accept"}).encode()
    assert code(door.send(body, headers(body, door.moment))) == (401, "signature")
    assert door.events(reference) == ["filed"]
    assert door.send(body, signed(SECRET, body, door.moment - timedelta(seconds=300))).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "withdraw"},
        {"action": "refuse"},
        {"action": "return", "missing": "  "},
        {"action": "return", "reason": "材料不全"},
        {"id": ""},
        {"id": "d" * 65},
        {"id": None},
        {"reference": 123456789015},
        {"by": "somebody"},
        {"reason": "字" * 2001},
    ],
)
def test_a_body_that_does_not_fit(door: Door, wrong: dict[str, Any]) -> None:
    body = {"id": "d-1", "reference": door.file(), "action": "accept", **wrong}
    assert door.send(json.dumps(body).encode()).status_code == 422


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b'"accept"', b"null"])
def test_what_is_no_decision_at_all(door: Door, body: bytes) -> None:
    assert code(door.send(body)) == (422, "does_not_fit")


def test_a_body_may_have_64_kb_and_no_more(door: Door) -> None:
    reference = door.file()
    body = json.dumps({"id": "d-1", "reference": reference, "action": "accept"}).encode()
    assert code(door.send(body.ljust(MOST_BYTES + 1))) == (413, "too_long")
    assert door.send(body.ljust(MOST_BYTES)).status_code == 200


def test_a_body_of_no_announced_length_is_bounded_too(door: Door) -> None:
    pieces = (b" " * 1024 for _ in range(MOST_BYTES // 1024 + 1))
    assert door.client.post("/bureau/v1/decisions", content=pieces).status_code == 413


def test_the_bureaus_words_are_sealed(door: Door, tmp_path: Path) -> None:
    reference = door.file()
    assert door.decide(reference, "return", missing=REASON).status_code == 200
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert reference.encode() in kept
    assert REASON.encode() not in kept


def test_the_example_sends_a_decision_back(door: Door) -> None:
    reference = door.file()
    command = [sys.executable, "-m", "examples.bureau_receiver", f"--secret={SECRET}", f"--to={door.url}"]
    words = ["--id=d-1", "--missing", "毕业证", "--decide", "return", reference]
    for _ in range(2):
        done = subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout == f'200 {{"id": "d-1", "reference": "{reference}", "status": "returned"}}\n'
    refused = subprocess.run([*command, "--decide", "close", reference], cwd=ROOT, capture_output=True, text=True)
    assert (refused.returncode, refused.stdout[:4]) == (1, "409 ")
    assert door.events(reference) == ["filed", "returned"]
