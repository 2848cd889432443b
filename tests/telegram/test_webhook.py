"""The webhook: who may send to it, and that what comes often is taken once."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from bot.channels.telegram import words
from bot.channels.telegram.receiving import PATH, SECRET_HEADER
from bot.settings import Settings
from tests.app.conftest import FakeEngine, Served
from tests.telegram.conftest import HOOK, HOOK_SECRET
from tests.telegram.server import BotServer


def texts(telegram: BotServer, chat: int) -> list[str]:
    return [each.text for each in telegram.of(chat)]


def post(app: Served, update: dict[str, Any], secret: str | None = HOOK_SECRET) -> httpx.Response:
    headers = {SECRET_HEADER: secret} if secret is not None else {}
    return app.client.post(PATH, json=update, headers=headers)


def test_a_webhook_is_asked_for_with_its_secret(hooked: Served, telegram: BotServer, chat: int) -> None:
    telegram.wait(lambda: telegram.webhook is not None)
    assert telegram.webhook is not None
    assert telegram.webhook["url"] == HOOK
    assert telegram.webhook["secret_token"] == HOOK_SECRET
    assert not telegram.called("getUpdates")


def test_only_who_knows_the_secret_gets_in(hooked: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    update = telegram.update(message=telegram.message(chat, text="你好"))
    for secret in (None, "", "wrong", HOOK_SECRET[:-1]):
        assert post(hooked, update, secret).status_code == 403
    assert post(hooked, update).status_code == 200
    assert telegram.replies(chat, 1)[0].text == "收到：你好"
    assert len(engine.turns) == 1


def test_what_is_no_update_is_refused(hooked: Served, telegram: BotServer, chat: int) -> None:
    for body in ("[]", "{}", "nothing", '{"update_id": "1"}'):
        answer = hooked.client.post(PATH, content=body, headers={SECRET_HEADER: HOOK_SECRET})
        assert answer.status_code == 400
    large = {"update_id": 1, "message": {"text": "a" * 1_100_000}}
    assert post(hooked, large).status_code == 413
    odd = {"update_id": 2, "message": {"chat": {"id": chat, "type": "private"}, "text": 5, "poll": {}}}
    assert post(hooked, odd).status_code == 200
    assert telegram.replies(chat, 1)[0].text == words.REMARKS["other"]


def test_what_comes_twice_and_at_once_is_answered_once(
    hooked: Served, telegram: BotServer, chat: int, engine: FakeEngine
) -> None:
    updates = [telegram.update(message=telegram.message(chat, text=f"第{number}句")) for number in range(8)]
    for update in updates:
        threads = [threading.Thread(target=post, args=(hooked, update)) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    post(hooked, updates[0])
    telegram.replies(chat, 8)
    assert texts(telegram, chat) == [f"收到：第{number}句" for number in range(8)]
    assert len(engine.turns) == 8


@pytest.mark.parametrize("wrong", [{"telegram_webhook_url": None}, {"telegram_webhook_secret": "short"}])
def test_a_webhook_needs_an_address_and_a_real_secret(settings: Settings, wrong: dict[str, Any]) -> None:
    whole = {"telegram_mode": "webhook", "telegram_webhook_url": HOOK, "telegram_webhook_secret": HOOK_SECRET}
    assert Settings(_env_file=None, **{**settings.model_dump(), **whole})  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="telegram_webhook_secret"):
        Settings(_env_file=None, **{**settings.model_dump(), **whole, **wrong})  # type: ignore[call-arg]


def test_an_empty_token_is_none(settings: Settings) -> None:
    assert Settings(_env_file=None, **{**settings.model_dump(), "telegram_token": ""}).telegram_token is None  # type: ignore[call-arg]


def test_a_wrong_token_stops_nothing_else(settings: Settings) -> None:
    served = Served(Settings(_env_file=None, **{**settings.model_dump(), "telegram_token": "1:wrong"}))  # type: ignore[call-arg]
    assert served.chat("你好").status_code == 200
    served.stop()
    assert not served.thread.is_alive()


def test_what_another_process_has_taken_is_seen(
    hooked: Served, telegram: BotServer, chat: int, settings: Settings
) -> None:
    """Two processes of one database: whichever is asked, the one that holds the line answers, once."""
    more = {"telegram_mode": "webhook", "telegram_webhook_url": HOOK, "telegram_webhook_secret": HOOK_SECRET}
    known = len(telegram.called("getMe"))
    second = Served(Settings(_env_file=None, **{**settings.model_dump(), **more}))  # type: ignore[call-arg]
    telegram.wait(lambda: len(telegram.called("getMe")) > known)  # the second one is ready to take what comes
    assert post(second, telegram.update(message=telegram.message(chat, text="头一句"))).status_code == 200
    telegram.replies(chat, 1)
    hooked.stop()
    assert post(second, telegram.update(message=telegram.message(chat, text="后一句"))).status_code == 200
    telegram.replies(chat, 2)
    second.stop()
    assert texts(telegram, chat) == ["收到：头一句", "收到：后一句"]
    assert len(telegram.called("setWebhook")) == 2
