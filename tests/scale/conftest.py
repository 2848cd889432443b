"""Two apps over one PostgreSQL, before one engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import Settings
from casework.cipher import KeyRing
from tests.app.conftest import TOKEN, FakeEngine, Served
from tests.casework.conftest import Postgres, postgres  # noqa: F401  # a fixture


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    engine = FakeEngine()
    yield engine
    engine.close()


@pytest.fixture
def apps(postgres: Postgres, engine: FakeEngine, tmp_path: Path) -> Iterator[tuple[Served, Served]]:  # noqa: F811
    name = postgres.new_database()
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own switch
        engine_url=engine.url,
        engine_token=TOKEN,  # type: ignore[arg-type]  # made a secret by the model
        session_secret="a session secret for the tests",  # type: ignore[arg-type]
        data_key=KeyRing.generate(),  # type: ignore[arg-type]
        database_url=postgres.url(name).render_as_string(),
        max_turns_per_minute=10000,
    )
    pair = Served(settings), Served(settings)
    yield pair
    for app in pair:
        app.stop()
    postgres.drop_database(name)
