"""Filing through the real engine: every kind, the interruptions, the result that comes back, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import policy_kb
from tests.actions.persona import ANSWERS, MARKS, identity
from tests.dialogues.conftest import ROOT, Stack
from tests.dialogues.filing import Person

KINDS = sorted(policy_kb.load().applications)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_filed(stack: Stack, kind: str) -> None:
    person = Person(stack)
    person.apply(kind)
    assert person.asked["kind"] == "notice"
    assert person.asked["application"] == kind
    receipt = person.file()
    assert receipt["application"] == kind
    assert len(receipt["reference"]) == 12
    person.say("我的申请办到哪了")
    assert any(each["reference"] == receipt["reference"] for each in person.heard)


def test_an_unemployment_registration_takes_at_most_14_messages(stack: Stack) -> None:
    person = Person(stack)
    person.say("我要办失业登记")
    person.file()
    assert person.said <= 14


def test_what_was_filed_once_is_not_typed_again(stack: Stack) -> None:
    person = Person(stack)
    person.say("我要办失业登记")
    person.file()
    person.apply("training-subsidy")
    person.say("同意")
    assert person.asked["field"] == "reuse"
    assert ANSWERS["name"] in person.asked["text"]
    person.say("照着用")
    for asked_again in ("name", "identity", "mobile", "county"):
        assert person.asked["field"] != asked_again
    person.file()


def test_a_question_in_the_middle_is_answered_and_the_field_asked_again(stack: Stack) -> None:
    person = Person(stack)
    person.say("我要办失业登记")
    person.say("同意")
    person.answer_next()
    field = person.asked["field"]
    messages = person.say("失业保险金要什么条件？")
    assert messages[0]["kind"] == "policy_answer"
    assert messages[0]["measures"] == ["unemployment-benefit"]
    assert messages[-1]["kind"] == "filing_question"
    assert messages[-1]["field"] == field


def test_the_same_applicant_is_told_of_the_open_case(stack: Stack) -> None:
    first = Person(stack)
    other = Person(stack, number=first.number)
    for person in (first, other):
        person.apply("startup-subsidy")
        person.say("同意")
    receipt = first.file()
    first.apply("startup-subsidy")
    first.say("同意")
    first.say("重新填") if first.asked["field"] == "reuse" else None
    while first.asked["kind"] == "filing_question":
        first.answer_next()
    assert first.asked["reference"] == receipt["reference"]
    while other.asked["kind"] == "filing_question":
        other.answer_next()
    assert other.asked["reference"] is None
    assert receipt["reference"][:4] not in other.asked["text"]


def test_a_draft_goes_on_on_another_channel(stack: Stack) -> None:
    phone, tablet = Person(stack), Person(stack)
    phone.apply("startup-loan")
    phone.say("同意")
    phone.answer_next()
    phone.answer_next()
    field = phone.asked["field"]
    saved = phone.say("先存着，明天再填")[-1]["text"]
    code = saved.split("报这个号：")[1][:9]
    tablet.say(f"接着办 {code}")
    assert tablet.asked["field"] == field
    tablet.file()


def test_a_strangers_reference_shows_nothing_personal(stack: Stack) -> None:
    person, stranger = Person(stack), Person(stack)
    person.apply("temporary-relief")
    reference = person.file()["reference"]
    stranger.say(f"帮我查一下编号 {reference[:4]} {reference[4:8]} {reference[8:]} 办得怎么样了")
    said = "".join(each["text"] for each in stranger.heard)
    assert "等受理" in said
    assert "临时救助" not in said
    for mark in (*MARKS, identity(person.number)):
        assert mark not in said


def test_withdrawing_asks_first(stack: Stack) -> None:
    person = Person(stack)
    person.apply("gig-market")
    reference = person.file()["reference"]
    person.say("我要撤回刚才交的申请")
    assert "确定" in {button["title"] for button in person.asked["buttons"]}
    person.say("确定")
    assert person.asked["reference"] == reference
    person.say("查一下我的申请")
    assert "已撤回" in person.heard[0]["text"]


def test_a_guide_is_walked_left_and_taken_up_again(stack: Stack) -> None:
    person = Person(stack)
    person.say('/guide{"guide": "unemployment-benefit"}')
    assert person.asked["kind"] == "guide_step"
    assert "第 1 步" in person.asked["text"]
    step = person.asked["text"]
    messages = person.say("失业金一个月多少钱？")
    assert messages[0]["kind"] == "policy_answer"
    assert messages[-1]["text"] == step
    person.say("先存着")
    person.say("接着办")
    assert person.asked["text"] == step


def _kept(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in [*folder.rglob("*"), *(ROOT / "models").glob("*")]:
        if path.is_file():
            yield path, path.read_bytes()


def test_no_byte_of_what_is_kept_holds_a_personal_value(stack: Stack) -> None:
    """Runs after the filings above: the databases, the tracker, the logs and the model are searched."""
    person = Person(stack)
    person.apply("unemployment-registration")
    person.file()
    for path, content in _kept(stack.folder):
        for mark in (*MARKS, identity(person.number)):
            assert mark.encode() not in content, (path, mark)
            assert mark.encode("unicode_escape") not in content, (path, mark)
            assert mark.encode("utf-16-le") not in content, (path, mark)


def test_forgetting_leaves_the_filed_case_and_nothing_else(stack: Stack) -> None:
    person = Person(stack)
    person.apply("training-living-allowance")
    reference = person.file()["reference"]
    person.say("你们存了我什么资料")
    assert ANSWERS["name"][:1] in person.asked["text"]
    person.say("把我的资料都删掉")
    person.say("全部删掉")
    person.say("你们存了我什么资料")
    assert "姓名" not in person.asked["text"]
    person.say(f"查一下 {reference}")
    assert "只告诉申请人" in person.heard[0]["text"]
