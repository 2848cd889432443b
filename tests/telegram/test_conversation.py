"""What makes a conversation of messages: buttons, files, a phone number, an agent's words, and an end to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.intake import Intake
from bot.channels.telegram import words
from casework.desk import Desk
from tests.app.conftest import FakeEngine, Served
from tests.app.test_handover import Line
from tests.telegram.server import BotServer

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489") + b"\0" * 40
PHONE = "13887654321"
NAME = "欧阳秋菊"
ID = "11010519491231002X"


def conversation(app: Served, chat: int) -> str:
    desk: Desk = app.app.state.agents.desk
    address = desk.addresses.find(desk.addresses.hash(chat))
    assert address is not None
    return address.conversation


def photo(name: str) -> dict[str, object]:
    sizes = [{"file_id": each, "file_unique_id": each, "width": 9, "height": 9} for each in ("small", name)]
    return {"photo": sizes}


def test_a_pressed_button_is_marked_and_means_what_it_says(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine
) -> None:
    telegram.says(chat, "失业金")
    asked = telegram.replies(chat, 1)[0]
    telegram.presses(asked, "看原文")
    assert telegram.replies(chat, 2)[1].text == "收到：/source"
    assert asked.titles == ["✓ 看原文"]
    telegram.wait(lambda: len(telegram.answered) > 0)
    assert engine.turns[-1][1] == "/source"


def test_a_keyboard_answers_once(app: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    telegram.says(chat, "失业金")
    asked = telegram.replies(chat, 1)[0]
    data = [button["callback_data"] for row in asked.keyboard for button in row]
    telegram.queue(*(telegram.update(callback_query=telegram.press(asked, each)) for each in (*data, *data, "-")))
    telegram.says(chat, "完了")
    telegram.wait(lambda: any(each.text == "收到：完了" for each in telegram.of(chat)))
    assert [text for _, text in engine.turns] == ["失业金", "/materials", "完了"]
    assert telegram.answered[-1]["text"] == words.CHOSEN


def test_a_made_up_button_does_nothing(app: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    telegram.says(chat, "失业金")
    asked = telegram.replies(chat, 1)[0]
    for data in ("/confirm_forget_me", "2.0.0.000000000000", "9.0.0.000000000000"):
        telegram.queue(telegram.update(callback_query=telegram.press(asked, data)))
    telegram.says(chat, "完了")
    telegram.replies(chat, 2)
    assert [text for _, text in engine.turns] == ["失业金", "完了"]
    assert [each["text"] for each in telegram.answered[-3:]] == [words.STALE] * 3
    assert asked.titles == []


def test_a_photo_is_handed_over(app: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    telegram.files["paper"] = PNG
    telegram.sends(chat, **photo("paper"), caption="这是我的证明")
    first, second = telegram.replies(chat, 2)
    assert first.text.startswith("收到：/add_document")
    assert second.text == "收到：这是我的证明"
    desk: Desk = app.app.state.agents.desk
    person = desk.people.of(engine.turns[-1][0])
    (kept,) = desk.documents.of(person)
    assert (kept.name, kept.media_type) == ("照片.jpg", "image/png")
    assert desk.documents.get(kept.token).content == PNG


def test_a_file_of_another_kind_is_refused(app: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    telegram.files["program"] = b"MZ" + b"\0" * 100
    telegram.sends(chat, document={"file_id": "program", "file_unique_id": "p", "file_name": "a.exe"})
    assert words.ANOTHER_FILE in telegram.replies(chat, 1)[0].text
    telegram.files["huge"] = b"\xff\xd8\xff\xe0" + b"\0" * (10 * 1024 * 1024 + 1)  # its size was not told beforehand
    telegram.sends(chat, document={"file_id": "huge", "file_unique_id": "h", "file_name": "a.jpg"})
    assert "10 MB" in telegram.replies(chat, 2)[1].text
    assert engine.turns == []


def test_a_contact_is_taken_only_where_its_number_is_asked_for(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = {"phone_number": f"+86 {PHONE}", "first_name": NAME}
    for expected in (None, "identity"):
        monkeypatch.setattr(Intake, "expects", lambda *_, expected=expected: expected)
        telegram.sends(chat, contact=contact)
        said = telegram.replies(chat, 1 if expected is None else 2)[-1]
        assert said.text == words.REMARKS["contact"]
    monkeypatch.setattr(Intake, "expects", lambda *_: "mobile")
    telegram.sends(chat, contact=contact)
    telegram.replies(chat, 3)
    assert [text for _, text in engine.turns] == ["〔手机号〕"]  # no filing here to keep it for


def test_an_agents_words_come_by_themselves(app: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    telegram.says(chat, "你好")
    telegram.replies(chat, 1)
    agent = Line(app, conversation(app, chat))
    agent.take()
    agent.say("您好，您说。", message_id="c1")
    assert [each.text for each in telegram.replies(chat, 3)[1:]] == [
        "工作人员\n工作人员接进来了，您直接说就行。",
        "工作人员\n您好，您说。",
    ]
    telegram.says(chat, "我的事")
    telegram.sends(chat, voice={"file_id": "v", "file_unique_id": "v", "duration": 3})
    desk: Desk = app.app.state.agents.desk
    key = desk.log.key(conversation(app, chat))
    telegram.wait(lambda: desk.log.history(key)[-1].text == words.NOTED["voice"])
    agent.say("听不了，请打字。")
    agent.hand_back()
    assert telegram.replies(chat, 5)[3].text == "工作人员\n听不了，请打字。"
    assert [text for _, text in engine.turns] == ["你好"]
    telegram.wait(lambda: not desk.addresses.behind())


def test_cancel_leaves_the_queue(app: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    telegram.says(chat, "你好")
    telegram.replies(chat, 1)
    line = Line(app, conversation(app, chat))
    line.desk.handovers.ask(line.sender, "找人", None, "")
    telegram.says(chat, "/cancel")
    telegram.replies(chat, 2)
    assert engine.turns[-1][1] == "/leave_queue"


def test_forgetting_takes_the_address_along(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk: Desk = app.app.state.agents.desk
    take = engine.take

    def forgetting(sender: str, text: str) -> None:
        if text == "/forget_me":
            desk.forget(sender)
        take(sender, text)

    monkeypatch.setattr(engine, "take", forgetting)
    telegram.says(chat, "头一句")
    first = telegram.replies(chat, 1)[0]
    telegram.says(chat, "/privacy")
    told = telegram.replies(chat, 2)[1]
    assert (told.text, told.titles) == ("收到：/forget_me", [])
    assert desk.addresses.find(desk.addresses.hash(chat)) is None
    telegram.presses(first, "看原文")
    telegram.says(chat, "从头来")
    telegram.replies(chat, 3)
    assert [each.text for each in telegram.of(chat)] == ["收到：头一句", "收到：/forget_me", "收到：从头来"]
    assert telegram.answered[-1]["text"] == words.STALE
    senders = [sender for sender, _ in engine.turns]
    assert senders[0] == senders[1] != senders[2]


def test_nothing_personal_is_kept_in_plain_text(
    app: Served, telegram: BotServer, chat: int, engine: FakeEngine, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither while an update waits nor once it is done; nor is the chat's number."""
    caplog.set_level("DEBUG")
    engine.behaviour = "gated"
    telegram.says(chat, f"我叫{NAME}，身份证{ID}，电话{PHONE}，失业金怎么领")
    assert engine.arrived.wait(10)
    telegram.says(chat, "还在等的一句")
    desk: Desk = app.app.state.agents.desk
    telegram.wait(lambda: not telegram.pending)
    kept = [_bytes(folder)]
    engine.gate.set()
    telegram.replies(chat, 3)
    telegram.wait(lambda: not desk.inbox.chats())
    kept.append(_bytes(folder))
    for secret in (NAME, ID, PHONE, str(chat), "失业金怎么领", "还在等的一句", "azhen_private", "阿珍"):
        for content in kept:
            assert secret.encode() not in content
            assert secret.encode("unicode_escape") not in content
        assert secret not in caplog.text
    assert telegram.url not in caplog.text


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("*"))


def test_a_slow_chat_keeps_no_other_waiting(app: Served, telegram: BotServer, chat: int, engine: FakeEngine) -> None:
    engine.behaviour = "gated"
    telegram.says(chat, "慢")
    assert engine.arrived.wait(10)
    engine.behaviour = "echo"
    telegram.says(chat + 1, "快")
    telegram.replies(chat + 1, 1)
    assert telegram.of(chat) == []
    engine.gate.set()
    telegram.replies(chat, 1)
