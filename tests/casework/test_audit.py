from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from casework.audit import Audit, AuditHeadRow, AuditRow, BrokenAt, Wanted, Whole
from casework.store.cipher import KeyRing


@pytest.fixture
def audit(database: Engine, ring: KeyRing) -> Audit:
    return Audit(database, ring)


@pytest.fixture
def five(database: Engine, audit: Audit) -> Audit:
    for number in range(5):
        _record(database, audit, number)
    return audit


def _record(database: Engine, audit: Audit, number: int) -> None:
    with Session(database) as session, session.begin():
        audit.record(session, "agent-1", "agent", "read", f"case-{number}", {"字段": number})


def _tamper(database: Engine, change: Callable[[Session], object]) -> None:
    with Session(database) as session, session.begin():
        change(session)


def test_an_untouched_chain_is_whole(database: Engine, audit: Audit) -> None:
    assert audit.verify() == Whole(0)
    _record(database, audit, 1)
    assert audit.verify() == Whole(1)


def test_what_is_recorded_is_found_by_its_subject(five: Audit) -> None:
    (entry,) = five.about("case-3")
    assert (entry.sequence, entry.actor, entry.role, entry.action, entry.details) == (
        4,
        "agent-1",
        "agent",
        "read",
        {"字段": 3},
    )


@pytest.mark.parametrize("sequence", [1, 3, 5])
@pytest.mark.parametrize("column", ["at", "actor", "role", "action", "subject", "details", "mark"])
def test_a_changed_row_is_found(database: Engine, five: Audit, sequence: int, column: str) -> None:
    value = select(getattr(AuditRow, column)).where(AuditRow.sequence == sequence)
    with Session(database) as session:
        old = session.scalar(value)
    new = old.replace(year=2001) if column == "at" else old[:-1] + ("0" if old[-1] != "0" else "1")
    _tamper(
        database,
        lambda session: session.execute(update(AuditRow).where(AuditRow.sequence == sequence).values({column: new})),
    )
    assert five.verify() == BrokenAt(sequence)


@pytest.mark.parametrize("sequence", [1, 3, 5])
def test_a_deleted_row_is_found(database: Engine, five: Audit, sequence: int) -> None:
    _tamper(database, lambda session: session.execute(delete(AuditRow).where(AuditRow.sequence == sequence)))
    assert five.verify() == BrokenAt(sequence)


def test_a_row_cut_off_with_the_head_set_back_is_found(database: Engine, five: Audit) -> None:
    def cut(session: Session) -> None:
        session.execute(delete(AuditRow).where(AuditRow.sequence == 5))
        before = session.scalar(select(AuditRow.mark).where(AuditRow.sequence == 4))
        session.execute(update(AuditHeadRow).values(sequence=4, mark=before))

    _tamper(database, cut)
    assert five.verify() == BrokenAt(5)


def test_two_rows_that_changed_places_are_found(database: Engine, five: Audit) -> None:
    def swap(session: Session) -> None:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            session.execute(update(AuditRow).where(AuditRow.sequence == old).values(sequence=new))

    _tamper(database, swap)
    assert five.verify() == BrokenAt(2)


def test_a_row_that_was_slipped_in_behind_the_last_is_found(database: Engine, five: Audit) -> None:
    def slip_in(session: Session) -> None:
        last = session.get_one(AuditRow, 5)
        copied = {name: getattr(last, name) for name in ("at", "actor", "role", "action", "subject", "details", "mark")}
        session.add(AuditRow(sequence=6, **copied))

    _tamper(database, slip_in)
    assert five.verify() == BrokenAt(6)


def test_a_lost_head_is_found(database: Engine, five: Audit) -> None:
    _tamper(database, lambda session: session.execute(delete(AuditHeadRow)))
    assert five.verify() == BrokenAt(6)


def test_another_key_finds_everything_changed(database: Engine, five: Audit) -> None:
    other = Audit(database, KeyRing.parse(KeyRing.generate(), "another secret"))
    assert other.verify() == BrokenAt(1)
    assert five.verify() == Whole(5)


def test_what_is_rolled_back_leaves_no_gap(database: Engine, five: Audit) -> None:
    with Session(database) as session:
        five.record(session, "agent-1", "agent", "read", "case-x", {})
        session.rollback()
    _record(database, five, 5)
    assert five.verify() == Whole(6)


def test_rows_that_are_added_at_once_line_up(database: Engine, audit: Audit) -> None:
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda number: _record(database, audit, number), range(36)))
    assert audit.verify() == Whole(36)


def _at(database: Engine, audit: Audit, actor: str, action: str, at: str) -> None:
    with Session(database) as session, session.begin():
        audit._clock = lambda: datetime.fromisoformat(at)
        audit.record(session, actor, "agent", action, "case-1", {})


def test_rows_are_listed_page_by_page(five: Audit) -> None:
    first = five.page(Wanted(), most=2)
    second = five.page(Wanted(), before=first[-1].sequence, most=2)
    assert [each.sequence for each in (*first, *second)] == [5, 4, 3, 2]
    assert [each.sequence for each in five.page(Wanted(), before=2)] == [1]
    assert five.page(Wanted(actor="nobody")) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), [4, 3, 2, 1]),
        (Wanted(actor="li"), [3, 1]),
        (Wanted(actor="li", action="read"), [1]),
        (Wanted(action="read"), [2, 1]),
        (Wanted(subject="case-1"), [4, 3, 2, 1]),
        (Wanted(subject="case-2"), []),
        (Wanted(first=datetime(2026, 1, 2)), [4, 3, 2]),
        (Wanted(end=datetime(2026, 1, 2)), [1]),
        (Wanted(first=datetime(2026, 1, 2), end=datetime(2026, 1, 3)), [3, 2]),
        (Wanted(first=datetime(2026, 1, 3), end=datetime(2026, 1, 4), actor="li"), []),
        (Wanted(first=datetime(2027, 1, 1)), []),
        (Wanted(end=datetime(2025, 1, 1)), []),
    ],
)
def test_rows_are_filtered(database: Engine, audit: Audit, wanted: Wanted, found: list[int]) -> None:
    """The second and the third come from processes whose clocks differ."""
    _at(database, audit, "li", "read", "2026-01-01T23:59:59")
    _at(database, audit, "zhao", "read", "2026-01-02T00:01:00")
    _at(database, audit, "li", "revealed", "2026-01-02T00:00:00")
    _at(database, audit, "zhao", "granted", "2026-01-03T00:00:00")
    assert [each.sequence for each in audit.page(wanted)] == found
    assert audit.actions() == ["granted", "read", "revealed"]


def test_without_rows_there_is_nothing_to_list(audit: Audit) -> None:
    assert (audit.page(Wanted(first=datetime(2026, 1, 1), end=datetime(2026, 1, 2))), audit.actions()) == ([], [])
