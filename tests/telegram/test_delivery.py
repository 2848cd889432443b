"""On its way to the chat, whatever Telegram and the network do: in order, and nothing lost."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable

import pytest
from telegram import Update

from bot.channels.telegram import words
from bot.channels.telegram.private import PrivateChats
from bot.channels.telegram.receiving import PATH
from bot.gateway.turns import TooManyTurns
from casework.conversations import inbox
from tests.app.conftest import FakeEngine, Served
from tests.telegram.server import BotServer


def texts(telegram: BotServer, chat: int) -> list[str]:
    return [each.text for each in telegram.of(chat)]


def test_a_message_whose_acceptance_got_lost_is_not_lost(app: Served, telegram: BotServer, chat: int) -> None:
    telegram.fail("sendMessage", "drop")
    telegram.says(chat, "头一句")
    telegram.says(chat, "后一句")
    telegram.replies(chat, 3)
    assert texts(telegram, chat) == ["收到：头一句", "收到：头一句", "收到：后一句"]


def test_who_says_nothing_is_asked_again(
    app: Served, telegram: BotServer, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.app.state.telegram._bot._request[1], "do_request", _impatient(app))
    telegram.fail("sendMessage", "silent", chat=chat)
    telegram.says(chat, "头一句")
    telegram.says(chat, "后一句")
    telegram.wait(lambda: texts(telegram, chat)[-1:] == ["收到：后一句"])
    assert [text for text, _ in itertools.groupby(texts(telegram, chat))] == ["收到：头一句", "收到：后一句"]


def _impatient(app: Served) -> Callable[..., Awaitable[object]]:
    """As the bot's connection, but waiting a second at most for an answer."""
    patient = app.app.state.telegram._bot._request[1].do_request

    async def request(*said: object, **more: object) -> object:
        return await patient(*said, **{**more, "read_timeout": 1.0})

    return request


def test_too_fast_is_obeyed(app: Served, telegram: BotServer, chat: int) -> None:
    telegram.fail("sendMessage", "429", chat=chat, retry_after=2)
    telegram.says(chat, "头一句")
    telegram.says(chat + 1, "别人")
    telegram.replies(chat + 1, 1)
    assert telegram.of(chat) == []
    telegram.replies(chat, 1)
    first, second = (each.at for each in telegram.called("sendMessage") if each.params["chat_id"] == chat)
    assert second - first >= 2


def test_a_message_that_telegram_cannot_read_goes_plain(app: Served, telegram: BotServer, chat: int) -> None:
    telegram.fail("sendMessage", "400")
    telegram.says(chat, "<b>")
    assert telegram.replies(chat, 1)[0].text == "收到：<b>"


def test_a_long_outage_only_delays(app: Served, telegram: BotServer, chat: int) -> None:
    telegram.fail("sendMessage", "500", times=9)
    telegram.says(chat, "头一句")
    telegram.says(chat, "后一句")
    telegram.replies(chat, 2)
    assert texts(telegram, chat) == ["收到：头一句", "收到：后一句"]


def test_who_blocks_us_is_left_alone_until_they_write(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine
) -> None:
    engine.behaviour = "gated"
    telegram.says(chat, "头一句")
    assert engine.arrived.wait(10)
    telegram.blocked.add(chat)
    engine.gate.set()
    telegram.wait(lambda: any(each.params["chat_id"] == chat for each in telegram.called("sendMessage")))
    telegram.says(chat + 1, "别人")
    telegram.replies(chat + 1, 1)
    attempts = [each for each in telegram.called("sendMessage") if each.params["chat_id"] == chat]
    assert len(attempts) == 1
    telegram.blocked.clear()
    telegram.says(chat, "后一句")
    telegram.replies(chat, 2)
    assert texts(telegram, chat) == ["收到：头一句", "收到：后一句"]


def test_telegram_says_that_we_are_blocked(app: Served, telegram: BotServer, chat: int) -> None:
    telegram.says(chat, "头一句")
    telegram.replies(chat, 1)
    person = {"id": chat, "is_bot": False, "first_name": "阿珍"}
    bot = {"user": {"id": 1, "is_bot": True, "first_name": "b"}}
    change = {
        "chat": {"id": chat, "type": "private"},
        "from": person,
        "date": 1,
        "old_chat_member": {**bot, "status": "member"},
        "new_chat_member": {**bot, "status": "kicked", "until_date": 0},
    }
    telegram.queue(telegram.update(my_chat_member=change))
    desk = app.app.state.agents.desk
    telegram.wait(lambda: (found := desk.addresses.find(desk.addresses.hash(chat))) is not None and found.blocked)


def test_a_flood_is_cut_off_and_told(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_WAITING", 5)
    engine.behaviour = "gated"
    telegram.says(chat, "头一句")
    assert engine.arrived.wait(10)
    telegram.queue(*(telegram.update(message=telegram.message(chat, text=f"第{number}句")) for number in range(12)))
    desk = app.app.state.agents.desk
    telegram.wait(lambda: not telegram.pending)
    assert desk.addresses.hash(chat) in desk.inbox.chats()
    engine.gate.set()
    telegram.replies(chat, 6)
    telegram.says(chat, "慢慢说")
    telegram.wait(lambda: "收到：慢慢说" in texts(telegram, chat))
    answered = [each for each in texts(telegram, chat) if each != words.REMARKS["flood"]]
    assert answered == ["收到：头一句", *(f"收到：第{number}句" for number in range(4)), "收到：慢慢说"]
    assert len(texts(telegram, chat)) == len(answered) + 1


def test_too_many_turns_a_minute_wait(
    app: Served, telegram: BotServer, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = app.app.state.gateway
    admitted, refusals = gateway.turn, [TooManyTurns(1), TooManyTurns(0)]

    async def turn(*said: str) -> object:
        if refusals:
            raise refusals.pop()
        return await admitted(*said)

    monkeypatch.setattr(gateway, "turn", turn)
    telegram.says(chat, "头一句")
    telegram.says(chat, "后一句")
    telegram.replies(chat, 2)
    assert texts(telegram, chat) == ["收到：头一句", "收到：后一句"]


def test_what_always_fails_is_given_up_and_told(
    app: Served, telegram: BotServer, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear = PrivateChats.hear

    async def broken(chats: PrivateChats, update: Update, number: int) -> None:
        if update.message is not None and update.message.text == "坏的":
            raise RuntimeError("broken")
        await hear(chats, update, number)

    monkeypatch.setattr(PrivateChats, "hear", broken)
    telegram.says(chat, "坏的")
    telegram.says(chat, "好的")
    telegram.replies(chat, 2)
    assert texts(telegram, chat) == [words.REMARKS["failed"], "收到：好的"]


def test_a_webhook_that_somebody_sets_is_taken_away_again(app: Served, telegram: BotServer, chat: int) -> None:
    telegram.webhook = {"url": "https://elsewhere.example"}
    telegram.says(chat, "你好")
    telegram.replies(chat, 1)
    telegram.wait(lambda: telegram.webhook is None)


def test_without_a_webhook_there_is_no_such_door(app: Served) -> None:
    assert app.client.post(PATH, json={"update_id": 1}).status_code == 404
