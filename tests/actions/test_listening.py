"""What is heard of a caller: facts from fragments, corrections that hold until something else is said, what to ask."""

from __future__ import annotations

from dataclasses import replace

import pytest

import policy_kb
from actions.checking.conversation import ALL
from actions.checking.listening import Listener, Notes, notes_from
from casework.fields import Wrong
from policy_kb.eligibility import DONT_KNOW, Evaluator, Known, Range

from .conftest import TODAY

KNOWLEDGE = policy_kb.load()
BENEFIT = ["unemployment-benefit"]


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener(KNOWLEDGE, Evaluator(KNOWLEDGE), lambda: TODAY)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("厂子垮了，55岁", {"work": "none", "job_loss_reason": "employer_closed", "age": 55}),
        ("四十多\n被裁", {"work": "none", "job_loss_reason": "dismissed"}),
        ("在家半年了，昆明五华", {"months_unemployed": 6, "county": "530102"}),
        ("我住在镇雄这边", {"county": "530627"}),
        ("交了8年社保", {"insured_months": Range(96, 107)}),
        ("大理人", {}),
        ("想问一下登记的事", {}),
        ("55岁\n说错了 50岁", {"age": 50}),
        ("", {}),
    ],
)
def test_facts_are_heard_in_fragments(listener: Listener, text: str, known: dict[str, Known]) -> None:
    assert listener.known(Notes(text)) == known


def test_a_line_that_is_taken_out_leaves_nothing(listener: Listener) -> None:
    assert listener.known(Notes("55岁\n厂子垮了")).keys() > listener.known(Notes("55岁")).keys()


def test_a_correction_holds_until_something_else_is_said(listener: Listener) -> None:
    notes = listener.told(Notes("55岁"), "age", "五十六")
    assert isinstance(notes, Notes)
    assert listener.known(notes) == {"age": 56}
    assert listener.known(replace(notes, text="55岁\n厂子垮了"))["age"] == 56
    assert listener.known(replace(notes, text="55岁\n其实50岁")) == {"age": 50}
    assert [(chip.fact.id, chip.value, chip.corrected) for chip in listener.chips(notes)] == [("age", "56岁", True)]


def test_what_was_not_said_is_taken_out(listener: Listener) -> None:
    notes = listener.without(Notes("55岁 被裁"), "age")
    assert "age" not in listener.known(notes) and "work" in listener.known(notes)
    assert listener.known(replace(notes, text="55岁 被裁\n56岁"))["age"] == 56


def test_an_answer_is_read_as_in_a_conversation(listener: Listener) -> None:
    wrong = listener.told(Notes(), "age", "啊啊")
    assert isinstance(wrong, Wrong)
    for said, value in {"四十多": Range(40, 49), "不清楚": DONT_KNOW, "dont_know": DONT_KNOW, "55": 55}.items():
        notes = listener.told(Notes(), "age", said)
        assert isinstance(notes, Notes) and listener.known(notes) == {"age": value}
    for said, boolean in {"yes": True, "no": False, "没办过": False}.items():
        notes = listener.told(Notes(), "registered", said)
        assert isinstance(notes, Notes) and listener.known(notes) == {"registered": boolean}
    with pytest.raises(KeyError):
        listener.told(Notes(), "nothing", "55")


def test_questions_come_until_the_rules_have_said(listener: Listener) -> None:
    notes = Notes("厂子垮了 交了8年社保")
    asked = []
    while (fact := listener.next_question(notes, BENEFIT)) is not None:
        asked.append(fact.id)
        answer = fact.choices[-1].id if fact.id == "benefit" else "yes" if fact.type == "bool" else fact.choices[0].id
        told = listener.told(notes, fact.id, answer)
        assert isinstance(told, Notes)
        notes = told
    assert 0 < len(asked) <= 4 and "insured_months" not in asked
    assert listener.verdicts(notes, BENEFIT)["unemployment-benefit"].outcome in ("yes", "needs_review")


def test_where_no_measure_is_meant_all_are_gone_through(listener: Listener) -> None:
    assert listener.next_question(Notes("55岁"), []) is not None
    one = listener.next_question(Notes("55岁", subject="unemployment-benefit"), ["startup-loan"])
    assert one == listener.next_question(Notes("55岁"), BENEFIT)
    every = listener.next_question(Notes("55岁", subject=ALL), BENEFIT)
    assert every == listener.next_question(Notes("55岁"), [])


def test_sensitive_things_are_asked_by_leave_only(listener: Listener) -> None:
    fact = KNOWLEDGE.facts["disability"]
    assert listener.is_sensitive(Notes(), fact)
    assert not listener.is_sensitive(Notes(sensitive=True), fact)
    notes = Notes("55岁", subject=ALL, sensitive=False)
    for _ in range(60):
        question = listener.next_question(notes, [])
        if question is None:
            break
        assert question.sensitivity < 2
        told = listener.told(notes, question.id, "dont_know")
        assert isinstance(told, Notes)
        notes = told
    else:
        pytest.fail("the questions do not come to an end")


def test_a_company_is_not_asked_for_its_age(listener: Listener) -> None:
    notes = Notes("替公司问 稳岗")
    assert listener.whose(notes) == "employer"
    assert listener.next_question(notes, BENEFIT) is None
    assert all(each.outcome in ("needs_review", "not_in_force") for each in listener.all_verdicts(notes).values())
    assert listener.whose(Notes("替我妈问")) == "family"


def test_notes_are_kept_as_json() -> None:
    listener = Listener(KNOWLEDGE, Evaluator(KNOWLEDGE), lambda: TODAY)
    notes = listener.told(Notes("55岁", subject=ALL, sensitive=True), "age", "四十多")
    assert isinstance(notes, Notes)
    assert notes_from({**notes.as_dict(), "kept beside": 1}) == notes
    assert notes_from({}) == Notes()
