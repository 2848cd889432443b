"""A private chat over long polling: every kind of message, and what becomes of it."""

from __future__ import annotations

from typing import Any

from bot.channels.telegram import words
from tests.app.conftest import FakeEngine, Served
from tests.telegram.server import BotServer


def test_what_is_said_is_answered(app: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    telegram.says(chat, "失业金怎么领 <b>&amp;")
    reply = telegram.replies(chat, 1)[0]
    assert reply.text == "收到：失业金怎么领 <b>&amp;"
    assert reply.titles == ["要什么材料", "看原文"]
    assert [len(row) for row in reply.keyboard] == [1, 1]
    assert engine.turns[0][1] == "失业金怎么领 <b>&amp;"
    assert telegram.called("deleteWebhook")
    assert {"command", "description"} == set(telegram.called("setMyCommands")[0].params["commands"][0])
    assert [each["command"] for each in telegram.called("setMyCommands")[0].params["commands"]] == list(words.COMMANDS)


def test_commands_are_intents(app: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    for number, command in enumerate(words.COMMANDS):
        telegram.says(chat, f"/{command}@yunjiu_test_bot 多余的")
        telegram.replies(chat, number + 1)
    assert [text for _, text in engine.turns] == [payload for payload, _ in words.COMMANDS.values()]


LOCATION = {"latitude": 25.04, "longitude": 102.71}
VOICE = {"file_id": "v", "file_unique_id": "v", "duration": 3}
VIDEO = {**VOICE, "width": 1, "height": 1}
STICKER = {
    **{"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1},
    **{"is_animated": False, "is_video": False},
}
CONTACT = {"phone_number": "+8613887654321", "first_name": "阿珍"}
BIG = {"file_id": "b", "file_unique_id": "b", "file_size": 11 * 1024 * 1024}
LOST = {"file_id": "nowhere", "file_unique_id": "n"}
POLL = {
    **{"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False},
    **{"is_anonymous": True, "type": "regular", "allows_multiple_answers": False},
}


NO_TURNS: list[tuple[dict[str, Any], str]] = [
    ({"voice": VOICE}, "voice"),
    ({"audio": VOICE}, "voice"),
    ({"video": VIDEO}, "video"),
    ({"video_note": {**VOICE, "length": 1}}, "video"),
    ({"animation": VIDEO, "document": LOST}, "video"),
    ({"location": LOCATION}, "location"),
    ({"location": LOCATION, "venue": {"location": LOCATION, "title": "t", "address": "a"}}, "location"),
    ({"contact": CONTACT}, "contact"),
    ({"sticker": STICKER}, "sticker"),
    ({"dice": {"emoji": "🎲", "value": 3}}, "sticker"),
    ({"poll": POLL}, "other"),
    ({"something_of_tomorrow": {"a": 1}}, "other"),
    ({"text": "字" * 2001}, "long"),
    ({"text": "/drop"}, "command"),
    ({"text": "/confirm_forget_me"}, "command"),
    ({"text": "\u0000\u0007"}, "other"),
    ({"document": BIG}, "big_file"),
    ({"document": LOST}, "lost_file"),
    ({"photo": [{**LOST, "width": 1, "height": 1}]}, "lost_file"),
]


def test_what_is_no_turn_is_answered_too(app: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    for number, (message, _) in enumerate(NO_TURNS):
        telegram.sends(chat + number, **message)
        telegram.says(chat + number, "然后呢")
    for number, (message, remark) in enumerate(NO_TURNS):
        replies = [each.text for each in telegram.replies(chat + number, 2)]
        assert replies == [words.REMARKS[remark], "收到：然后呢"], message
    assert {text for _, text in engine.turns} == {"然后呢"}


def test_an_edited_text_is_not_taken_for_another(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine
) -> None:
    telegram.queue(telegram.update(edited_message=telegram.message(chat, text="改过", edit_date=2)))
    telegram.queue(telegram.update(edited_message=telegram.message(chat, location=LOCATION, edit_date=2)))
    telegram.queue(telegram.update(message=telegram.message(chat, pinned_message=telegram.message(chat, text="x"))))
    telegram.says(chat, "完了")
    assert [each.text for each in telegram.replies(chat, 2)] == [words.REMARKS["edited"], "收到：完了"]
    assert len(engine.turns) == 1


def test_every_remark_has_a_form_for_the_agent() -> None:
    assert set(words.REMARKS) == set(words.NOTED)


def test_typing_is_shown_while_it_takes(app: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    engine.behaviour = "gated"
    telegram.says(chat, "慢慢想")
    telegram.wait(lambda: any(each.params["chat_id"] == chat for each in telegram.called("sendChatAction")))
    assert telegram.of(chat) == []
    assert telegram.called("sendChatAction")[-1].params == {"chat_id": chat, "action": "typing"}
    engine.gate.set()
    telegram.replies(chat, 1)


def test_a_failing_engine_is_said_and_the_line_goes_on(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine
) -> None:
    engine.behaviour = "fail"
    telegram.says(chat, "你好")
    failed = telegram.replies(chat, 1)[0]
    assert "刚才没处理成" in failed.text
    engine.behaviour = "echo"
    telegram.presses(failed, "再试一次")
    assert telegram.replies(chat, 2)[1].text == "收到：你好"
