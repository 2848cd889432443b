"""The database under several hands at once: nobody is turned away, and nothing is written twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework.conversations.log import PERSON, ConversationLog
from casework.store.cipher import CannotOpen, KeyRing
from casework.store.database import Sealed, reading


def test_turns_that_come_at_once_line_up_without_gaps(database: Engine, ring: KeyRing) -> None:
    log = ConversationLog(database, Sealed(ring), "secret")
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda number: log.append("key", PERSON, str(number), []), range(40)))
    assert sorted(numbers) == list(range(1, 41))
    assert sorted(int(turn.text) for turn in log.history("key")) == list(range(40))


def test_a_message_that_comes_many_times_at_once_is_logged_once(database: Engine, ring: KeyRing) -> None:
    log = ConversationLog(database, Sealed(ring), "secret")
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: log.append("key", PERSON, "again", [], "m1"), range(16)))
    assert numbers == [1] * 16
    assert len(log.history("key")) == 1


def test_whoever_reads_first_and_then_writes_is_not_turned_away(database: Engine) -> None:
    """Both read the same count before either writes, unless the first to begin holds the lock."""
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE tally (id INTEGER PRIMARY KEY, count INTEGER)"))
        connection.execute(text("INSERT INTO tally VALUES (1, 0)"))

    def count_up(_: int) -> None:
        with Session(database) as session, session.begin():
            session.execute(text("SELECT count FROM tally"))
            session.execute(text("UPDATE tally SET count = count + 1"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_up, range(40)))
    with reading(database) as session:
        assert session.scalar(text("SELECT count FROM tally")) == 40


def test_a_turn_moved_in_the_log_does_not_open(database: Engine, ring: KeyRing) -> None:
    log = ConversationLog(database, Sealed(ring), "secret")
    log.append("key", PERSON, "one", [])
    log.append("key", PERSON, "two", [])
    with database.begin() as connection:
        connection.execute(text("DELETE FROM turn WHERE sequence = 1"))
        connection.execute(text("UPDATE turn SET sequence = 1"))
    with pytest.raises(CannotOpen):
        log.history("key")


def test_foreign_keys_hold_on_either_database(database: Engine) -> None:
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO turn (conversation_id, sequence, author, body, at)"
                " VALUES (7, 1, 'person', '', '2026-11-23 00:00:00')"
            )
        )
