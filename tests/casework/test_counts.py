"""Numbers of all there is, on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from casework.cases.working_days import add_working_days
from casework.counts import Counts, Everything, Waiting
from casework.desk import open_desk
from casework.store.cipher import KeyRing
from casework.store.outbox import OutboxRow
from tests.casework.case_samples import Room

SECRET = "a hash secret for the tests"
MONDAY = datetime(2026, 3, 2, 1, 0)


@pytest.fixture(scope="module")
def ring() -> KeyRing:
    return KeyRing.parse(KeyRing.generate(), SECRET)


@pytest.fixture
def room(database: Engine, ring: KeyRing) -> Room:
    return Room.over(database, ring, MONDAY)


def test_nothing_is_counted_as_nothing(database: Engine) -> None:
    counts = Counts(database)
    everything = counts.all(MONDAY.date())
    assert counts.waiting() == Waiting(0, None, None)
    assert everything.overdue == 0
    assert {*everything.conversations.values(), *everything.cases.values(), *everything.outbox.values()} == {0}


def test_cases_by_state_and_those_past_their_time(room: Room) -> None:
    first, _ = room.file(identity="530102198807151239"), room.file(identity="530102199001011236")
    room.file(identity="53010219900101821X", application="untimed")
    room.cases.act(first.reference, "accept", "agent", "li", {})
    everything = Counts(room.engine).all(MONDAY.date())
    assert (everything.cases["filed"], everything.cases["accepted"], everything.overdue) == (2, 1, 0)
    due = add_working_days(MONDAY.date(), 10).day
    assert Counts(room.engine).all(due).overdue == 0, "on its last day a case is in time"
    assert Counts(room.engine).all(due + timedelta(days=1)).overdue == 2, "the third has no limit"


def test_rows_by_state_and_since_when_the_oldest_waits(room: Room) -> None:
    for number, identity in enumerate(("530102198807151239", "530102199001011236", "53010219900101821X")):
        room.clock.moment = MONDAY + timedelta(hours=number)
        room.file(identity=identity)
    assert _outbox(room) == {"new": 3, "failed": 0, "dead": 0}
    assert Counts(room.engine).waiting().outbox_since == MONDAY
    _set(room, 1, dead_at=MONDAY, attempts=9)
    _set(room, 2, attempts=1)
    assert _outbox(room) == {"new": 1, "failed": 1, "dead": 1}
    assert Counts(room.engine).waiting().outbox_since == MONDAY + timedelta(hours=1), "a dead letter waits for nothing"
    _set(room, 2, delivered_at=MONDAY)
    _set(room, 3, delivered_at=MONDAY)
    assert _outbox(room) == {"new": 0, "failed": 0, "dead": 1}
    assert Counts(room.engine).waiting().outbox_since is None


def test_the_queue_and_whose_conversations_are(database: Engine, ring: KeyRing) -> None:
    desk = open_desk(database, ring, SECRET)
    senders = [desk.log.sender(desk.log.key(str(number))) for number in range(5)]
    for sender in senders:
        desk.log.append(desk.log.key_of(sender), "person", "你好", [])
    for sender in senders[:3]:
        desk.handovers.ask(sender, "", None, "")
    desk.handovers.take(senders[0], "li", "agent")
    waiting = Counts(database).waiting()
    assert waiting.queue == 2
    assert waiting.queue_since == desk.handovers.waiting()[0].since
    assert _all(database).conversations == {"bot": 2, "queue": 2, "agent": 1}


def _all(engine: Engine) -> Everything:
    return Counts(engine).all(date(2026, 3, 2))


def _outbox(room: Room) -> dict[str, int]:
    return dict(_all(room.engine).outbox)


def _set(room: Room, row: int, **values: object) -> None:
    with Session(room.engine) as session, session.begin():
        session.execute(update(OutboxRow).where(OutboxRow.id == row).values(**values))
