"""What is past its retention goes, everywhere, once, and whatever happens to a worker in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bot import worker
from bot.gateway.engine import EngineClient
from bot.settings import Settings
from casework.conversations.log import PERSON
from casework.desk import Desk, open_desk
from casework.store.cipher import KeyRing
from casework.store.database import open_database, prepare
from tests.app.conftest import TOKEN, FakeEngine, settings_of
from tests.casework.conftest import Postgres, postgres  # noqa: F401  # a fixture

OLD = 30


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, settings: Settings, engine: FakeEngine) -> Settings:
    if request.param == "sqlite":
        return settings
    server: Postgres = request.getfixturevalue("postgres")
    return settings_of(engine, server.url(server.new_database()).render_as_string())


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    database = open_database(settings.database_url)
    prepare(database)
    desk = open_desk(database, KeyRing.parse(settings.data_key.get_secret_value(), "secret"), "secret")
    yield desk
    database.dispose()


@pytest.fixture
def old(desk: Desk) -> list[str]:
    """People who were last here long ago, by the engine's id; and one who was here today."""
    for name in (*(f"old {number}" for number in range(OLD)), "new"):
        desk.log.append(desk.log.key(name), PERSON, "你好", [])
        desk.people.of(desk.log.sender(desk.log.key(name)))
    with desk.engine.begin() as connection:
        gone = {"new": desk.log.key("new")}
        connection.execute(text("UPDATE conversation SET last_seen = '2020-01-01' WHERE key <> :new"), gone)
    return [desk.log.sender(desk.log.key(f"old {number}")) for number in range(OLD)]


def keep_house(desk: Desk, settings: Settings, workers: int = 1) -> None:
    """As so many workers do at the same time."""

    async def at_once() -> None:
        clients = [EngineClient(settings.engine_url, TOKEN, 5) for _ in range(workers)]
        await asyncio.gather(*(worker.keep_house(desk, each, settings) for each in clients))
        for each in clients:
            await each.close()

    asyncio.run(at_once())


def kept(desk: Desk) -> tuple[int, int]:
    """Conversations and people."""
    with desk.engine.connect() as connection:
        return tuple(connection.scalar(text(f"SELECT count(*) FROM {each}")) for each in ("conversation", "person"))  # type: ignore[return-value]


def test_several_workers_forget_each_once(desk: Desk, settings: Settings, engine: FakeEngine, old: list[str]) -> None:
    keep_house(desk, settings, workers=3)
    assert sorted(engine.forgotten) == sorted(old)
    assert kept(desk) == (1, 1)
    assert [turn.text for turn in desk.log.history(desk.log.key("new"))] == ["你好"]


def test_whom_the_engine_does_not_forget_now_it_forgets_later(
    desk: Desk, settings: Settings, engine: FakeEngine, old: list[str]
) -> None:
    engine.behaviour = "fail"
    keep_house(desk, settings)
    assert kept(desk) == (OLD + 1, OLD + 1)
    engine.behaviour = "echo"
    keep_house(desk, settings)
    assert sorted(engine.forgotten) == sorted(old)
    assert kept(desk) == (1, 1)


def test_a_worker_that_ends_in_the_middle_leaves_nobody_behind(
    desk: Desk, settings: Settings, engine: FakeEngine, old: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget, left = desk.people.forget, [10]

    def until_the_plug_is_pulled(*arguments: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise SystemError("the plug")
        forget(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.people, "forget", until_the_plug_is_pulled)
    with pytest.raises(SystemError):
        keep_house(desk, settings)
    assert kept(desk) == (OLD - 9, OLD - 9)
    monkeypatch.setattr(desk.people, "forget", forget)
    keep_house(desk, settings)
    assert set(engine.forgotten) == set(old)
    assert kept(desk) == (1, 1)
