"""The app with a line to a Bot API server of the tests' own, before the hand-written engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.telegram import line, opening, sending
from bot.channels.telegram.pace import Rate, Rates
from bot.settings import Settings
from casework.cipher import KeyRing
from tests.app.conftest import TOKEN as ENGINE_TOKEN
from tests.app.conftest import FakeEngine, Served
from tests.telegram.server import TOKEN, BotServer

QUICK = Rates(*(Rate(1000, 0.001),) * 3)
HOOK = "https://bureau.example/telegram/webhook"
HOOK_SECRET = "a-webhook-secret-for-the-tests"


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Pauses that a test need not wait for."""
    patch.setattr(opening, "Rates", lambda: QUICK)
    patch.setattr(opening, "READ_SECONDS", 1.0)
    patch.setattr(sending, "PAUSES", (0.02, 0.05, 0.1))
    patch.setattr(sending, "TYPING_AFTER", 0.05)
    patch.setattr(line, "LOOK_SECONDS", 0.1)
    patch.setattr(line, "NEWS_SECONDS", 0.1)
    patch.setattr(line, "AFTER_FAILURE_SECONDS", 0.2)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    engine = FakeEngine()
    yield engine
    engine.close()


@pytest.fixture
def telegram() -> Iterator[BotServer]:
    server = BotServer()
    yield server
    server.close()


@pytest.fixture
def settings(engine: FakeEngine, telegram: BotServer, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own switch
        engine_url=engine.url,
        engine_token=ENGINE_TOKEN,  # type: ignore[arg-type]  # made a secret by the model
        session_secret="a session secret for the tests",  # type: ignore[call-arg]
        data_key=KeyRing.generate(),  # type: ignore[call-arg]
        database_url=f"sqlite:///{tmp_path}/app.db",
        engine_timeout_seconds=2,
        telegram_token=TOKEN,  # type: ignore[arg-type]
        telegram_api_url=telegram.url,
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Served]:
    served = Served(settings)
    yield served
    served.stop()


@pytest.fixture
def hooked(settings: Settings) -> Iterator[Served]:
    """The app with a webhook."""
    more = {"telegram_mode": "webhook", "telegram_webhook_url": HOOK, "telegram_webhook_secret": HOOK_SECRET}
    served = Served(Settings(_env_file=None, **{**settings.model_dump(), **more}))  # type: ignore[call-arg]
    yield served
    served.stop()
