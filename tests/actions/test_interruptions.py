"""Every form x every kind of interruption: nothing that was answered is lost, and the same thing is asked again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import policy_kb
from actions.errand import Heard
from casework.desk import Desk
from policy_kb.procedures import Application
from tests.actions.conftest import Filer
from tests.actions.persona import answer

APPLICATIONS = policy_kb.load().applications

ASIDES = {
    "a policy question": ("失业保险金能领几个月？", "ask_policy"),
    "a follow-up": ("那要多少钱？", "ask_aspect"),
    "am I eligible": ("我这种情况能不能领失业金？", "check_eligibility"),
    "thanks": ("谢谢你啊", "thanks"),
    "hello": ("你好在不在", "greet"),
    "a person, please": ("我要找人工", "talk_to_human"),
    "where does it stand": ("我上次交的办到哪了？", "status"),
    "off the subject": ("明天会不会下雨？", "out_of_scope"),
    "despair": ("我不想活了", "distress"),
    "my data": ("你们存了我什么信息？", "my_data"),
}


def filer(desk: Desk, application: Application) -> Filer:
    return Filer(desk, application).begin()


@pytest.mark.parametrize("aside", ASIDES)
@pytest.mark.parametrize("kind", APPLICATIONS)
def test_an_aside_changes_nothing(desk: Desk, kind: str, aside: str) -> None:
    """At every field of the form, one after the other."""
    talk = filer(desk, APPLICATIONS[kind])
    text, intent = ASIDES[aside]
    while (now := talk.pending) is not None and talk.state.step == "fields":
        before, asked = talk.state, talk.ask()
        heard = talk.say(text, intent)
        assert heard.ending == "aside", (now.id, heard)
        assert (talk.state, talk.ask()) == (before, asked)
        talk.say(answer(now))
    assert talk.state.step == "review"
    assert talk.say(text, intent).ending == "aside"


def _skips(talk: Filer) -> Heard:
    return talk.say("跳过", "skip")


def _goes_back(talk: Filer) -> Heard:
    return talk.say("上一项", "go_back")


def _asks_why(talk: Filer) -> Heard:
    return talk.say("为什么要这个", "ask_why")


def _corrects(talk: Filer) -> Heard:
    return talk.say("前面有个填错了", "correct")


COMMANDS: dict[str, Callable[[Filer], Heard]] = {
    "skip": _skips,
    "go back": _goes_back,
    "why": _asks_why,
    "correct": _corrects,
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", APPLICATIONS)
def test_a_command_leaves_the_other_answers(desk: Desk, kind: str, command: str) -> None:
    talk = filer(desk, APPLICATIONS[kind])
    while (now := talk.pending) is not None and talk.state.step == "fields":
        before = talk.state
        heard = COMMANDS[command](talk)
        assert heard.ending == "go_on", now.id
        kept = {each for each in before.answers if each in talk.state.answers}
        assert kept == set(before.answers), now.id
        if command == "skip" and not now.optional:
            assert now.label in heard.messages[0].text
            assert talk.pending == now
        while talk.pending is not None and talk.pending != now:
            talk.say(answer(talk.pending))
        if now.id not in talk.state.answers and now.id not in talk.state.skipped:
            talk.say(answer(now))
    assert talk.state.step == "review"


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_put_aside_and_taken_up_again(desk: Desk, kind: str) -> None:
    talk = filer(desk, APPLICATIONS[kind])
    while (now := talk.pending) is not None and talk.state.step == "fields":
        before, errand = talk.state, talk.errand
        assert talk.say("先存着明天再弄", "save_draft").ending == "set_aside"
        assert desk.errands.current(talk.conversation) is None
        desk.errands.resume(talk.conversation, talk.person, errand.id)
        assert talk.state == before
        talk.say(answer(now))


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_cancelled_it_leaves_nothing(desk: Desk, kind: str) -> None:
    talk = filer(desk, APPLICATIONS[kind]).fill()
    errand = talk.errand
    tokens = [str(each.value) for each in talk.state.answers.values() if each.token]
    assert talk.say("取消，不办了", "cancel").ending == "dropped"
    assert desk.errands.of_person(errand.person) == []
    for token in tokens:
        with pytest.raises(KeyError):
            desk.vault.get(token)


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_started_over_it_asks_for_everything_again(desk: Desk, kind: str) -> None:
    talk = filer(desk, APPLICATIONS[kind])
    first = talk.pending
    talk.fill()
    assert talk.say("重新开始", "start_over").ending == "go_on"
    assert talk.state.answers == {}
    assert talk.pending == first


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_another_application_is_offered_and_the_draft_kept(desk: Desk, kind: str) -> None:
    other = "startup-loan" if kind != "startup-loan" else "temporary-relief"
    talk = filer(desk, APPLICATIONS[kind]).fill()
    before = talk.state
    talk.say(f'/apply{{"measure": "{other}"}}')
    assert talk.ask()[0].field == "switch"
    assert talk.press("接着填这份").ending == "go_on"
    assert talk.state == before
    talk.say(f'/apply{{"measure": "{other}"}}')
    talk.press("存着，先办那个")
    assert talk.errand.subject == other
    assert [each.subject for each in desk.errands.saved(talk.person)] == [kind]


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_two_wrong_answers_bring_an_example_and_a_way_out(desk: Desk, kind: str) -> None:
    talk = filer(desk, APPLICATIONS[kind])
    with_digits = ("identity", "mobile", "credit_code", "phone")
    now = next(each for each in APPLICATIONS[kind].fields if each.type in with_digits)
    talk.fill(until=now.id)
    for _ in range(2):
        talk.say("12345")
    assert talk.pending == now
    asked = talk.ask()[0]
    assert now.help in asked.text
    assert {"先存着，以后再填", "转人工"} <= {button.title for button in asked.buttons}
