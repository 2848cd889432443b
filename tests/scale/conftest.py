"""Two apps over one PostgreSQL, before one engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.conftest import FakeEngine, Served, engine, settings_of  # noqa: F401  # a fixture
from tests.casework.conftest import Postgres, postgres  # noqa: F401  # a fixture


@pytest.fixture
def apps(postgres: Postgres, engine: FakeEngine) -> Iterator[tuple[Served, Served]]:  # noqa: F811
    name = postgres.new_database()
    settings = settings_of(engine, postgres.url(name).render_as_string(), max_turns_per_minute=10000)
    pair = Served(settings), Served(settings)
    yield pair
    for app in pair:
        app.stop()
    postgres.drop_database(name)
