from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from casework.cases.references import shown
from casework.store.cipher import KeyRing
from tests.casework.case_samples import Room

PERSON = "p" * 32


@pytest.fixture
def room(database: Engine, ring: KeyRing) -> Room:
    return Room.over(database, ring, datetime(2026, 9, 28, 2, 0))


def _texts(room: Room) -> list[str]:
    return [each.text for each in room.notifications.pending(PERSON)]


def test_what_others_do_is_told_with_the_reference_and_what_comes_next(room: Room) -> None:
    reference = room.file().reference
    assert _texts(room) == []
    room.cases.act(reference, "accept", "agent", "agent-1", {})
    room.cases.act(reference, "return", "agent", "agent-1", {"missing": "社保缴费记录"})
    room.cases.act(reference, "complete", "applicant", PERSON, {})
    room.cases.act(reference, "refuse", "bureau", "bureau", {"reason": "还在领工资。"})
    accepted, returned, refused = _texts(room)
    assert "已受理" in accepted and "最晚2026年10月16日办完" in accepted
    assert "还缺：社保缴费记录。" in returned and "补齐" in returned
    assert "这次没有登记上。原因：还在领工资。" in refused and "复核" in refused
    assert all(shown(reference) in text and "试一试" in text and "。。" not in text for text in _texts(room))


def test_each_is_delivered_once_however_many_pages_are_open(room: Room) -> None:
    reference = room.file().reference
    for action in ("accept", "grant", "close"):
        room.cases.act(reference, action, "supervisor", "boss", {})
    ids = [each.id for each in room.notifications.pending(PERSON)]
    assert len(ids) == 3
    with ThreadPoolExecutor(8) as pool:
        delivered = [each for told in pool.map(lambda _: room.notifications.deliver(ids), range(8)) for each in told]
    assert sorted(delivered) == ids
    assert room.notifications.pending(PERSON) == []
    assert room.notifications.deliver([]) == []


def test_one_whom_an_agent_filed_for_is_told(room: Room) -> None:
    room.file(on_behalf="agent", filed_by="agent-1")
    (text,) = _texts(room)
    assert "工作人员替您递交了" in text


def test_another_person_sees_nothing_of_it(room: Room) -> None:
    room.cases.act(room.file().reference, "accept", "agent", "agent-1", {})
    assert room.notifications.pending("q" * 32) == []


def test_a_forgotten_person_gets_none(room: Room) -> None:
    reference = room.file().reference
    room.cases.act(reference, "accept", "agent", "agent-1", {})
    with Session(room.engine) as session, session.begin():
        room.cases.unlink(session, PERSON)
    room.cases.act(reference, "grant", "agent", "agent-1", {})
    assert room.notifications.pending(PERSON) == []
