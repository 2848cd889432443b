"""The app with a line to a Bot API server of the tests' own, before the hand-written engine."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.telegram import line, opening, sending
from bot.channels.telegram.pace import Rate, Rates
from bot.settings import Settings
from tests.app.conftest import FakeEngine, Served, settings_of
from tests.telegram.server import TOKEN, BotServer

QUICK = Rates(*(Rate(1000, 0.001),) * 3)
HOOK = "https://bureau.example/telegram/webhook"
HOOK_SECRET = "a-webhook-secret-for-the-tests"


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Pauses that a test need not wait for."""
    patch.setattr(opening, "Rates", lambda: QUICK)
    patch.setattr(sending, "PAUSES", (0.02, 0.05, 0.1))
    patch.setattr(sending, "TYPING_AFTER", 0.05)
    patch.setattr(line, "LOOK_SECONDS", 0.1)
    patch.setattr(line, "NEWS_SECONDS", 0.1)
    patch.setattr(line, "AFTER_FAILURE_SECONDS", 0.2)


@pytest.fixture(scope="module", autouse=True)
def _hurry() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        yield


@pytest.fixture(scope="module")
def the_engine() -> Iterator[FakeEngine]:
    engine = FakeEngine()
    yield engine
    engine.close()


@pytest.fixture
def engine(the_engine: FakeEngine) -> FakeEngine:
    """As if it were new."""
    the_engine.behaviour = "echo"
    the_engine.gate.clear()
    the_engine.arrived.clear()
    the_engine.turns.clear()
    return the_engine


@pytest.fixture(scope="module")
def the_telegram() -> Iterator[BotServer]:
    server = BotServer()
    yield server
    server.close()


@pytest.fixture
def telegram(the_telegram: BotServer, engine: FakeEngine) -> BotServer:
    """Without faults."""
    the_telegram.faults.clear()
    the_telegram.blocked.clear()
    return the_telegram


_CHATS = itertools.count(888_001, 100)


@pytest.fixture
def chat() -> int:
    """The test's own, as are the next 99."""
    return next(_CHATS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the module's database is."""
    return tmp_path_factory.mktemp("telegram")


@pytest.fixture(scope="module")
def settings(the_engine: FakeEngine, the_telegram: BotServer, folder: Path) -> Settings:
    given = {"engine_timeout_seconds": 20, "telegram_token": TOKEN, "telegram_api_url": the_telegram.url}
    return settings_of(the_engine, f"sqlite:///{folder}/app.db", **given)


@pytest.fixture(scope="module")
def app(settings: Settings) -> Iterator[Served]:
    served = Served(settings)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def hooked(settings: Settings) -> Iterator[Served]:
    """The app with a webhook."""
    more = {"telegram_mode": "webhook", "telegram_webhook_url": HOOK, "telegram_webhook_secret": HOOK_SECRET}
    served = Served(Settings(_env_file=None, **{**settings.model_dump(), **more}))  # type: ignore[call-arg]
    yield served
    served.stop()
