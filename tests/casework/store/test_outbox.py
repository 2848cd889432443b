"""The outbox itself: what may be claimed, by whom, and in which order."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from casework.store.cipher import KeyRing
from casework.store.database import Sealed
from casework.store.outbox import (
    LEASE,
    Claim,
    OutboxRow,
    claim,
    dead_letters,
    enqueue,
    mark_dead,
    mark_delivered,
    mark_failed,
    send_again,
)

NOW = datetime(2026, 3, 2, 1, 0)
LATER = NOW + timedelta(hours=2)


@pytest.fixture(scope="module")
def sealed() -> Sealed:
    return Sealed(KeyRing.parse(KeyRing.generate(), "a hash secret for the tests"))


def put(database: Engine, sealed: Sealed, *keys: str) -> None:
    """The part of a key before the hyphen is its case."""
    for key in keys:
        with Session(database) as session, session.begin():
            enqueue(session, "case.changed", key, {"reference": key.partition("-")[0]}, sealed=sealed)


def take(database: Engine, limit: int = 10, now: datetime = NOW) -> list[Claim]:
    with Session(database) as session, session.begin():
        return claim(session, limit, now)


def keys(claims: list[Claim]) -> list[str]:
    return [each.key for each in claims]


def row(database: Engine, key: str) -> OutboxRow:
    with Session(database) as session:
        return session.scalars(select(OutboxRow).where(OutboxRow.key == key)).one()


def test_a_key_is_enqueued_once_and_the_first_body_stays(database: Engine, sealed: Sealed) -> None:
    with Session(database) as session, session.begin():
        enqueue(session, "case.filed", "A-1", {"reference": "A", "note": "first"}, sealed=sealed)
        enqueue(session, "case.filed", "A-1", {"reference": "A", "note": "second"}, sealed=sealed)
    (only,) = take(database)
    assert only.opened(sealed) == {"reference": "A", "note": "first"}


def test_a_transaction_that_fails_leaves_nothing_to_send(database: Engine, sealed: Sealed) -> None:
    with pytest.raises(ZeroDivisionError), Session(database) as session, session.begin():
        enqueue(session, "case.filed", "A-1", {"reference": "A"}, sealed=sealed)
        session.flush()
        raise ZeroDivisionError
    assert take(database) == []


def test_the_body_is_sealed_and_bound_to_its_row(database: Engine, sealed: Sealed) -> None:
    put(database, sealed, "A-1")
    assert b"reference" not in (row(database, "A-1").body or b"")
    with pytest.raises(Exception, match="not where it was put"):
        Claim(1, "B-1", "case.filed", 1, row(database, "A-1").body or b"").opened(sealed)


def test_what_is_claimed_is_not_claimed_again_until_the_lease_ends(database: Engine, sealed: Sealed) -> None:
    put(database, sealed, "A-1", "B-1")
    assert keys(take(database, limit=1)) == ["A-1"]
    assert keys(take(database)) == ["B-1"]
    assert take(database, now=NOW + LEASE - timedelta(seconds=1)) == []
    again = take(database, now=NOW + LEASE)
    assert keys(again) == ["A-1", "B-1"]
    assert [each.attempts for each in again] == [2, 2]


@pytest.mark.parametrize("fate", ["claimed", "failed", "dead"])
def test_a_later_event_of_a_case_waits_for_the_earlier_one(database: Engine, sealed: Sealed, fate: str) -> None:
    put(database, sealed, "A-1", "A-2", "B-1")
    first, other = take(database)
    assert (first.key, other.key) == ("A-1", "B-1")
    with Session(database) as session, session.begin():
        if fate == "failed":
            mark_failed(session, first, "HTTP 500", NOW + timedelta(days=1))
        if fate == "dead":
            mark_dead(session, first, "HTTP 400", NOW)
    assert take(database) == []
    with Session(database) as session, session.begin():
        mark_delivered(session, first, NOW)
    assert keys(take(database)) == ["A-2"]


def test_a_failed_row_waits_for_its_time(database: Engine, sealed: Sealed) -> None:
    put(database, sealed, "A-1")
    (first,) = take(database)
    with Session(database) as session, session.begin():
        mark_failed(session, first, "HTTP 503", LATER)
    assert take(database, now=LATER - timedelta(seconds=1)) == []
    assert keys(take(database, now=LATER)) == ["A-1"]
    assert row(database, "A-1").last_error == "HTTP 503"


def test_a_worker_whose_lease_ended_cannot_undo_what_another_does(database: Engine, sealed: Sealed) -> None:
    put(database, sealed, "A-1")
    (slow,) = take(database)
    (quick,) = take(database, now=NOW + LEASE)
    with Session(database) as session, session.begin():
        mark_dead(session, slow, "HTTP 400", LATER)
        mark_failed(session, slow, "HTTP 500", NOW)
    assert dead_letters_of(database) == []
    assert take(database, now=NOW + LEASE) == []
    with Session(database) as session, session.begin():
        mark_delivered(session, quick, LATER)
        mark_dead(session, slow, "HTTP 400", LATER)
    assert (row(database, "A-1").delivered_at, row(database, "A-1").dead_at) == (LATER, None)


def test_a_delivered_row_keeps_no_copy(database: Engine, sealed: Sealed) -> None:
    put(database, sealed, "A-1")
    (first,) = take(database)
    with Session(database) as session, session.begin():
        mark_delivered(session, first, NOW)
    assert row(database, "A-1").body is None
    assert take(database, now=LATER) == []


def test_dead_letters_are_listed_and_sent_again(database: Engine, sealed: Sealed) -> None:
    put(database, sealed, "A-1", "A-2", "B-1", "C-1")
    for each in take(database)[:2]:
        with Session(database) as session, session.begin():
            mark_dead(session, each, "HTTP 400", NOW)
    letters = dead_letters_of(database)
    assert [(each[1], each[2]) for each in letters] == [("A-1", "HTTP 400"), ("B-1", "HTTP 400")]
    with Session(database) as session, session.begin():
        everything = range(1, 100)
        assert send_again(session, [letters[0][0]]) == 1
        assert send_again(session, [letters[0][0]]) == 0
    assert [each[1] for each in dead_letters_of(database)] == ["B-1"]
    (again,) = take(database)
    assert (again.key, again.attempts) == ("A-1", 1)
    with Session(database) as session, session.begin():
        assert send_again(session, everything) == 1


def dead_letters_of(database: Engine) -> list[tuple[int, str, str]]:
    with Session(database) as session:
        return [(each.id, each.key, each.error) for each in dead_letters(session)]


def test_claims_at_once_never_share_a_row(database: Engine, sealed: Sealed) -> None:
    put(database, sealed, *(f"{case}-1" for case in range(40)))
    start = threading.Barrier(4)
    taken: list[str] = []

    def work() -> None:
        start.wait()
        for _ in range(20):
            taken.extend(keys(take(database, limit=3)))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken) == sorted(f"{case}-1" for case in range(40))


def test_a_claim_passes_over_what_another_transaction_holds(database: Engine, sealed: Sealed) -> None:
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: nothing can be held")
    put(database, sealed, "A-1", "A-2", "B-1")
    with Session(database) as holder, holder.begin():
        assert keys(claim(holder, 1, NOW)) == ["A-1"]
        assert keys(take(database)) == ["B-1"]
