"""Messages as Telegram shows them: nothing lost, nothing too long, no markup cut through."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.keyboard import Keyboards, read
from bot.channels.telegram.rendering import LONGEST, render, split, units
from bot.gateway.contract import Button, Citation, Message
from casework.conversations.log import LoggedTurn
from casework.store.cipher import KeyRing
from casework.store.database import now
from tests.telegram.server import seen

NOTICE = "云人社发〔2022〕57号"
SAID = "要满足三条。\n⚠ 阶段性：没写到哪天。\n原文（5.2）：“持续实施阶段性失业保险扩围政策。”\n没写的：问 12333。"


def citation(quote: str, clause: str | None = "5.2") -> Citation:
    return Citation(notice=NOTICE, source=None, clause=clause, quote=quote)


def test_a_policy_answer_looks_as_on_the_page() -> None:
    law = Citation(notice=None, source="《社会保险法》第45条", clause=None, quote="缴费满一年")
    answer = Message(
        text=SAID,
        kind="policy_answer",
        validity="staged",
        citations=[citation("持续实施阶段性失业保险扩围政策。"), citation("另外一句 <1>。", "0"), law],
    )
    (part,) = render(answer)
    assert part.html.startswith("<b>! 阶段性</b>\n要满足三条。\n")
    assert "<blockquote>原文（5.2）：“持续实施阶段性失业保险扩围政策。”</blockquote>没写的" in part.html
    rest = f"原文 {NOTICE}：“另外一句 &lt;1&gt;。”\n依据 《社会保险法》第45条：缴费满一年"
    assert part.html.endswith(f"<blockquote expandable>{rest}</blockquote>")
    assert seen(part.html).count("持续实施") == 1


def test_a_receipt_shows_its_number_in_fours() -> None:
    (part,) = render(Message(text="交好了。", kind="filing_receipt", reference="531201261123"))
    assert part.html == "交好了。\n<b>受理编号 5312 0126 1123</b>"


def test_an_agents_words_say_whose_they_are() -> None:
    (part,) = render(Message(text="您好 & 请说", kind="handoff"), by_agent=True)
    assert part.html == "<b>工作人员</b>\n您好 &amp; 请说"


def test_nothing_to_say_is_not_said() -> None:
    assert render(Message(text=" \n", kind="smalltalk")) == []


def test_long_texts_are_cut_after_sentences() -> None:
    sentence = "就业创业是最大的民生，" * 20 + "要稳住。"
    pieces = split(sentence * 60)
    assert len(pieces) == 4
    assert all(piece.endswith("要稳住。") and units(piece) <= LONGEST for piece in pieces)


def test_a_sentence_without_end_is_cut_at_a_pause() -> None:
    pieces = split("没有句号，" * 2000)
    assert all(piece.endswith("，") for piece in pieces)


WORDS = st.text(st.sampled_from("失业金。！\n，<>&\"'😀a 原文（5.2）：“”"), max_size=300)


@given(WORDS, st.integers(4, 60))
def test_splitting_loses_nothing(text: str, most: int) -> None:
    pieces = split(text, most)
    assert "".join(pieces) == text
    assert all(units(piece) <= most for piece in pieces)


@given(WORDS, st.integers(1, 60), st.lists(WORDS.filter(bool), max_size=3), st.sampled_from([None, "staged"]))
def test_whatever_is_rendered_is_taken_by_telegram(text: str, times: int, quotes: list[str], state: object) -> None:
    message = Message(
        text=text * times,
        kind="policy_answer",
        validity=state,  # type: ignore[arg-type]
        citations=[citation(quote * times) for quote in quotes],
        reference="531201261123",
    )
    parts = render(message)
    for part in parts:
        assert 0 < units(seen(part.html)) <= LONGEST
        assert 0 < units(part.plain) <= LONGEST
    shown = "".join("".join(seen(part.html) for part in parts).split())
    assert "".join((text * times).split()) in shown


def keyboards() -> Keyboards:
    return Keyboards(KeyRing.parse(KeyRing.generate(), "a hash secret for the tests"))


def turn(sequence: int, *buttons: Button) -> LoggedTurn:
    message = Message(text="?", kind="clarify", buttons=list(buttons)).model_dump()
    return LoggedTurn(sequence, "assistant", "", (message,), None, now())


def test_a_button_says_nothing_of_what_it_does() -> None:
    kept, button = keyboards(), Button(title="办", payload='/apply{"measure": "' + "长" * 80 + '"}')
    markup = kept.under([button], 123456789, 0)
    assert markup is not None
    data = str(markup.inline_keyboard[0][0].callback_data)
    assert len(data.encode()) <= 64
    assert "apply" not in data
    place = read(data)
    assert place is not None
    assert kept.pressed(place, [turn(123456789, button)]) == button


def test_a_button_of_a_forgotten_conversation_is_none_of_the_new_one() -> None:
    kept = keyboards()
    markup = kept.under([Button(title="全部删掉", payload="/confirm_forget_me")], 2, 0)
    assert markup is not None
    place = read(str(markup.inline_keyboard[0][0].callback_data))
    assert place is not None
    assert kept.pressed(place, [turn(2, Button(title="办", payload="/apply"))]) is None
    assert kept.pressed(place, [turn(2)]) is None
    assert kept.pressed(place, [turn(4, Button(title="全部删掉", payload="/confirm_forget_me"))]) is None
    assert kept.pressed(place, []) is None


def test_made_up_data_is_no_button() -> None:
    for data in (None, "", "-", "1.2.3", "1.2.3.zzzzzzzzzzzz", "/confirm_forget_me", "1.0.0.0123456789ab\n"):
        assert read(data) is None
