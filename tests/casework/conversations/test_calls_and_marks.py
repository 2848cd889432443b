"""Calls are their agent's alone and end without a trace; marks are sealed, masked and settled once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from casework.audit import Audit
from casework.conversations.calls import SILENCE, Calls
from casework.conversations.marks import AlreadySettled, Marked, Marks
from casework.store.cipher import KeyRing
from casework.store.database import Sealed
from tests.casework.conftest import Clock


@pytest.fixture
def calls(database: Engine, ring: KeyRing, clock: Clock) -> Calls:
    return Calls(database, Sealed(ring), clock)


@pytest.fixture
def audit(database: Engine, ring: KeyRing, clock: Clock) -> Audit:
    return Audit(database, ring, clock)


@pytest.fixture
def marks(database: Engine, ring: KeyRing, clock: Clock, audit: Audit) -> Marks:
    return Marks(database, Sealed(ring), audit, clock)


def test_an_agent_has_one_call_on_the_phone_until_it_ends(calls: Calls) -> None:
    call = calls.on_the_phone("wang")
    calls.save(call.id, {"text": "厂子关了"})
    assert calls.on_the_phone("wang").state == {"text": "厂子关了"}
    assert calls.on_the_phone("zhao").id != call.id
    calls.end(call.id)
    assert calls.on_the_phone("wang").state == {}
    calls.save(call.id, {"text": "又说"})
    with pytest.raises(KeyError):
        calls.get(call.id, "wang")


def test_nobody_else_gets_at_a_call(calls: Calls) -> None:
    call = calls.on_the_phone("wang")
    assert calls.get(call.id, "wang") == call
    with pytest.raises(KeyError):
        calls.get(call.id, "zhao")


def test_calls_out_of_conversations_stand_beside_the_one_on_the_phone(calls: Calls) -> None:
    one, other = calls.with_person("wang", "sender one"), calls.with_person("wang", "sender two")
    assert len({one.id, other.id, calls.on_the_phone("wang").id}) == 3
    assert calls.with_person("wang", "sender one") == one
    phone = calls.on_the_phone("wang")
    calls.opened(phone.id, "sender three")
    assert calls.on_the_phone("wang").sender == "sender three"


def test_after_a_long_silence_somebody_else_is_on_the_phone(calls: Calls, clock: Clock) -> None:
    first = calls.on_the_phone("wang")
    clock.advance(SILENCE / 2)
    calls.save(first.id, {"text": "还在说"})
    clock.advance(SILENCE / 2)
    assert calls.on_the_phone("wang").id == first.id
    clock.advance(SILENCE)
    assert calls.on_the_phone("wang").state == {}


def test_what_is_left_lying_is_gone(calls: Calls, clock: Clock) -> None:
    call = calls.with_person("wang", "sender")
    clock.advance(timedelta(hours=13))
    assert calls.on_the_phone("wang").id != call.id
    assert calls.drop_older_than(12) == 1
    with pytest.raises(KeyError):
        calls.get(call.id, "wang")


def test_nothing_heard_stands_in_the_file(calls: Calls, marks: Marks, database: Engine) -> None:
    calls.save(calls.on_the_phone("wang").id, {"text": "厂子关了"})
    marks.add(Marked("wrong", "厂子关了", "startup-loan", note="不是这条"), "wang", "agent")
    with database.connect() as connection:
        for table in ("call", "mark"):
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).all()
            assert rows and "厂子关了".encode() not in repr(rows).encode() and "不是这条" not in repr(rows)


def test_a_mark_is_masked_listed_and_settled_once(marks: Marks, audit: Audit) -> None:
    typed, note = "13887654321 问失业金", "她的身份证 530602197805061234"
    mark = marks.add(Marked("wrong", typed, "startup-loan", "amount", note), "wang", "agent")
    useful = marks.add(Marked("useful", "失业金", "unemployment-benefit"), "wang", "agent")
    assert [each.id for each in marks.page(settled=False)] == [useful, mark]
    (kept,) = marks.page(settled=False, opinion="wrong")
    assert "13887654321" not in kept.typed and "530602" not in kept.note and "失业金" in kept.typed
    assert (kept.measure, kept.aspect, kept.agent) == ("startup-loan", "amount", "wang")
    marks.settle(mark, "加了说法", "chief", "supervisor")
    with pytest.raises(AlreadySettled):
        marks.settle(mark, "又来", "other", "supervisor")
    with pytest.raises(KeyError):
        marks.settle("nothing", "", "chief", "supervisor")
    (settled,) = marks.page(settled=True)
    assert (settled.settlement, settled.settled_by) == ("加了说法", "chief")
    assert marks.open() == 1
    assert [(entry.action, entry.actor) for entry in audit.about(mark)] == [
        ("mark_settled", "chief"),
        ("marked", "wang"),
    ]


def test_of_two_who_settle_one_does(marks: Marks) -> None:
    mark = marks.add(Marked("wrong", "失业金"), "wang", "agent")

    def settle(who: str) -> bool:
        try:
            marks.settle(mark, who, who, "supervisor")
        except AlreadySettled:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(settle, ["a", "b", "c", "d"])) == 1


def test_marks_come_in_pages(marks: Marks) -> None:
    made = [marks.add(Marked("useful", str(number)), "wang", "agent") for number in range(5)]
    pages = [marks.page(settled=False, number=number, size=2) for number in (1, 2, 3)]
    assert [mark.id for page in pages for mark in page[:2]] == made[::-1]
    assert [len(page) > 2 for page in pages] == [True, True, False]
