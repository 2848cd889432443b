"""In a group: only when spoken to, only policy, and nothing kept."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from bot.channels.telegram import words
from casework.desk import Desk
from casework.store.database import Base
from tests.app.conftest import FakeEngine, Served
from tests.telegram.server import BOT, BotServer

ME = f"@{BOT['username']}"


def asks(telegram: BotServer, chat: int, text: str, **more: Any) -> dict[str, Any]:
    """``text`` in the group, with Telegram's marks on mentions and commands."""
    start = text.find(ME)
    units = len(text[: max(start, 0)].encode("utf-16-le")) // 2
    marks = [{"type": "mention", "offset": units, "length": len(ME)}] if start >= 0 else []
    if text.startswith("/"):
        marks = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
    message = telegram.message(-chat, group="supergroup", text=text, entities=marks, **more)
    telegram.queue(telegram.update(message=message))
    return message


@pytest.fixture
def answers(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the engine says, to be changed by the test."""
    said: dict[str, Any] = {"text": "要满足三条。", "kind": "policy_answer", "buttons": []}
    monkeypatch.setattr(engine, "reply", lambda _text: {"messages": [said]})
    return said


def test_a_question_is_answered_where_it_was_asked(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine, answers: dict[str, Any]
) -> None:
    answers["buttons"] = [{"title": "直接申请", "payload": "/apply"}]
    asked = asks(telegram, chat, f"😀请问{ME} 失业金什么条件")
    reply = telegram.replies(-chat, 1)[0]
    assert reply.text == "要满足三条。"
    assert reply.reply_to == asked["message_id"]
    assert reply.keyboard == [[{"text": words.OPEN_PRIVATE, "url": "https://t.me/yunjiu_test_bot"}]]
    assert engine.turns[-1][1] == "😀请问  失业金什么条件"


def test_what_is_not_said_to_it_is_neither_answered_nor_kept(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine, answers: dict[str, Any]
) -> None:
    for text in ("大家好", "/help", "/help@another_bot", "@another_bot 失业金", f"x{ME[1:]}"):
        asks(telegram, chat, text)
    asks(telegram, chat, "回复别人", reply_to_message=telegram.message(-chat, group="group", text="x"))
    desk: Desk = app.app.state.agents.desk
    telegram.wait(lambda: not telegram.pending)
    assert desk.addresses.hash(-chat) not in desk.inbox.chats()
    asks(telegram, chat, "到你了", reply_to_message={**telegram.message(-chat, group="group", text="x"), "from": BOT})
    telegram.replies(-chat, 1)
    assert [text for _, text in engine.turns] == ["到你了"]


@pytest.mark.parametrize("kind", ["filing_question", "status", "eligibility_question", "handoff", "notice"])
def test_what_asks_for_more_is_for_the_private_chat(
    app: Served, telegram: BotServer, chat: int, answers: dict[str, Any], kind: str
) -> None:
    answers.update(kind=kind, text="您叫什么名字？")
    asks(telegram, chat, f"{ME} 我要办失业登记")
    assert [each.text for each in telegram.replies(-chat, 1)] == [words.TO_PRIVATE]


def test_commands_and_bare_mentions_explain(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine, answers: dict[str, Any]
) -> None:
    for text in (f"/apply{ME}", f"/confirm_forget_me{ME}", ME, f"{ME} /confirm_forget_me"):
        asks(telegram, chat, text)
    assert {each.text for each in telegram.replies(-chat, 4)} == {words.IN_GROUP}
    assert engine.turns == []


def test_readings_to_choose_from_stand_in_the_text(
    app: Served, telegram: BotServer, chat: int, answers: dict[str, Any]
) -> None:
    answers.update(kind="clarify", text="您问的是哪一个？", buttons=[{"title": "失业保险金", "payload": "/x"}])
    asks(telegram, chat, f"{ME} 补贴")
    assert telegram.replies(-chat, 1)[0].text == "您问的是哪一个？\n· 失业保险金"


def test_a_number_shown_to_all_is_warned_of_and_not_kept(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine, answers: dict[str, Any]
) -> None:
    asks(telegram, chat, f"{ME} 我的电话13800138000，失业金什么条件")
    assert telegram.replies(-chat, 2)[1].text == words.EXPOSED.format(what="手机号")
    assert "13800138000" not in engine.turns[-1][1]


def test_nothing_is_left_of_it(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine, answers: dict[str, Any]
) -> None:
    desk: Desk = app.app.state.agents.desk
    asks(telegram, chat, f"{ME} 失业金什么条件")
    telegram.replies(-chat, 1)
    sender = engine.turns[-1][0]
    telegram.wait(lambda: sender in engine.forgotten and not desk.inbox.chats())
    with desk.engine.connect() as connection:
        for table in ("turn", "conversation", "telegram_chat", "person"):
            assert connection.scalar(select(func.count()).select_from(Base.metadata.tables[table])) == 0, table
