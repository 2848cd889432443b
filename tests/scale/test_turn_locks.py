"""The locks by which several apps keep a conversation's turns apart."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text

from bot.gateway.turns import TurnQueues
from casework.store.turn_locks import TurnLocks
from tests.casework.conftest import Postgres

SESSIONS = "SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database"
SESSIONS += " WHERE datname = current_database())"


@pytest.fixture
def administrator(postgres: Postgres) -> Iterator[Engine]:
    name = postgres.new_database()
    engine = create_engine(postgres.url(name).render_as_string(), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()
    postgres.drop_database(name)


@pytest.fixture
def apps(administrator: Engine) -> Iterator[tuple[TurnLocks, TurnLocks]]:
    """The locks of two processes."""
    pair = TurnLocks(administrator), TurnLocks(administrator)
    yield pair
    for locks in pair:
        locks.close()


def cut_off(administrator: Engine) -> None:
    """Ends the sessions that hold locks, as a restart of the server does."""
    with administrator.connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid, 10000) FROM ({SESSIONS}) holders"))


def test_what_one_has_the_other_does_not_get(apps: tuple[TurnLocks, TurnLocks]) -> None:
    one, other = apps
    held = one.take("a")
    assert held is not None and other.take("a") is None and other.take("b") is not None
    held.release()
    assert other.take("a") is not None


def test_a_lock_is_free_again_when_its_holder_is_gone(apps: tuple[TurnLocks, TurnLocks], administrator: Engine) -> None:
    one, other = apps
    lost = one.take("a")
    cut_off(administrator)
    held = other.take("a")
    assert lost is not None and held is not None
    lost.release()  # of a session that has ended: it must not free what another has by now
    assert one.take("a") is None
    held.release()
    assert one.take("a") is not None


def test_who_lost_the_session_releases_nothing_of_the_next(
    apps: tuple[TurnLocks, TurnLocks], administrator: Engine
) -> None:
    one, other = apps
    lost = one.take("a")
    cut_off(administrator)
    again = one.take("a")
    assert lost is not None and again is not None
    lost.release()
    assert other.take("a") is None


def test_two_hundred_turns_hold_one_connection(apps: tuple[TurnLocks, TurnLocks], administrator: Engine) -> None:
    held = [apps[0].take(f"conversation {number}") for number in range(200)]
    assert all(held)
    with administrator.connect() as connection:
        assert len(connection.execute(text(SESSIONS)).all()) == 1


def test_what_is_taken_for_a_turn_that_was_cancelled_is_released(apps: tuple[TurnLocks, TurnLocks]) -> None:
    one, other = apps
    asked, answer = threading.Event(), threading.Event()

    class Slow(TurnLocks):
        def take(self, key: str) -> object:  # type: ignore[override]
            asked.set()
            answer.wait(10)
            return one.take(key)

    async def cancelled() -> None:
        queues = TurnQueues(10, 10, Slow(one._engine))

        async def turn() -> None:
            async with queues.turn("a"):
                raise AssertionError("it was cancelled before")

        task = asyncio.create_task(turn())
        await asyncio.to_thread(asked.wait, 10)
        task.cancel()
        answer.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert other.take("a") is not None
