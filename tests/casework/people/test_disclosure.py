"""What was hidden is shown to its owner's reader, for a reason, with a line in the log; else not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine

from casework.audit import Whole
from casework.people.disclosure import Asked, Disclosures
from casework.store.cipher import KeyRing
from tests.casework.case_samples import MOBILE, NAME, PNG, Room

READER = Asked("wang", "agent", "case-1", "联系申请人")


@pytest.fixture
def room(database: Engine, ring: KeyRing) -> Room:
    return Room.over(database, ring, datetime(2026, 9, 28, 2, 0))


@pytest.fixture
def disclosures(room: Room) -> Disclosures:
    return Disclosures(room.vault, room.documents, room.audit)


def test_a_value_is_shown_and_the_log_says_to_whom(
    room: Room, disclosures: Disclosures, everything: Callable[[], bytes]
) -> None:
    receipt = room.file()
    token = room.cases.answers(receipt.reference, "agent", "wang")["name"]
    assert disclosures.value(token, receipt.case, "name", READER) == NAME
    (entry,) = room.audit.about("case-1")
    assert (entry.actor, entry.role, entry.action) == ("wang", "agent", "revealed")
    assert entry.details == {"field": "name", "why": "联系申请人"}
    assert NAME.encode() not in everything()
    assert isinstance(room.audit.verify(), Whole)


def test_a_reason_that_holds_a_personal_value_is_kept_without_it(
    room: Room, disclosures: Disclosures, everything: Callable[[], bytes]
) -> None:
    receipt = room.file()
    token = room.cases.answers(receipt.reference, "agent", "wang")["name"]
    disclosures.value(token, receipt.case, "name", Asked("wang", "agent", "case-1", f"打{MOBILE}问问"))
    assert room.audit.about("case-1")[0].details["why"] == "打〔手机号〕问问"
    assert MOBILE.encode() not in everything()


def test_what_is_anothers_is_not_shown_and_leaves_no_line(room: Room, disclosures: Disclosures) -> None:
    mine, other = room.file(identity=None), room.file(identity=None)
    answers = room.cases.answers(other.reference, "agent", "wang")
    for wrong in (answers["name"], "v_" + "x" * 20, ""):
        with pytest.raises(KeyError):
            disclosures.value(wrong, mine.case, "name", READER)
    with pytest.raises(KeyError):
        disclosures.document(answers["photo"], mine.case, READER)
    for why in ("", " \n"):
        with pytest.raises(ValueError):
            disclosures.value(answers["name"], other.case, "name", Asked("wang", "agent", "case-1", why))
    assert room.audit.about("case-1") == []


def test_a_file_is_read_on_record(room: Room, disclosures: Disclosures) -> None:
    receipt = room.file()
    (line,) = room.documents.of(receipt.case)
    assert (line.name, line.media_type) == ("照片.png", "image/png")
    assert disclosures.document(line.token, receipt.case, READER).content == PNG
    assert [entry.action for entry in room.audit.about("case-1")] == ["read_document"]


def test_a_persons_messages_are_listed_told_or_not(room: Room) -> None:
    receipt = room.file()
    room.cases.act(receipt.reference, "return", "agent", "wang", {"missing": "照片"})
    room.cases.act(receipt.reference, "complete", "agent", "wang", {})
    first, second = room.notifications.pending("p" * 32)
    room.notifications.deliver([first.id])
    listed = room.notifications.of("p" * 32)
    assert [(each.id, each.delivered_at is not None) for each in listed] == [(second.id, False), (first.id, True)]
    assert room.notifications.of("q" * 32) == []
