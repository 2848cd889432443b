from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from casework.store.cipher import KeyRing
from tests.casework.case_samples import NAME, Room

DAY = date(2026, 9, 28)


@pytest.fixture
def room(database: Engine, ring: KeyRing) -> Room:
    return Room.over(database, ring, datetime(2026, 9, 28, 2, 0))


def test_a_filing_writes_the_four_sections_and_nothing_else(room: Room) -> None:
    filing = room.filing()
    reference = room.cases.file(filing).reference
    (line,) = room.ledger.ledger("530102", DAY, DAY)
    assert (line.reference, line.application, line.status, line.filed_on) == (reference, "timed", "filed", DAY)
    assert [(fact.section, fact.field, fact.value) for fact in line.facts] == [
        ("basic", "name", filing.answers["name"]),
        ("basic", "id_number", filing.answers["id_number"]),
        ("history", "last_job", "餐馆帮厨"),
        ("skills", "skills", ["cook"]),
        ("wants", "wanted_wage", 3500),
    ]
    assert room.vault.get(line.facts[0].value) == NAME


def test_it_is_listed_by_place_and_day(room: Room) -> None:
    here = room.file(identity=None).reference
    there = room.file(identity=None, county="532823").reference
    room.clock.moment += timedelta(days=1)
    later = room.file(identity=None).reference

    def listed(county: str | None, first: date, last: date) -> list[str]:
        return [line.reference for line in room.ledger.ledger(county, first, last)]

    next_day = DAY + timedelta(days=1)
    assert listed("530102", DAY, DAY) == [here]
    assert listed("530102", DAY, next_day) == [here, later]
    assert listed(None, DAY, next_day) == [here, there, later]
    assert listed(None, next_day, next_day) == [later]
    assert listed("532823", next_day, next_day) == []


def test_pages_meet_without_gap_or_overlap(room: Room) -> None:
    filed = [room.file(identity=None).reference for _ in range(5)]
    read: list[str] = []
    while page := room.ledger.ledger(None, DAY, DAY, after=read[-1] if read else None, most=2):
        read += [line.reference for line in page]
    assert read == filed


def test_a_case_without_such_answers_is_no_line(room: Room) -> None:
    filing = room.filing()
    room.file(answers={"mobile": filing.answers["mobile"]})
    assert room.ledger.ledger(None, DAY, DAY) == []


def test_what_was_said_is_sealed(room: Room, everything: Callable[[], bytes]) -> None:
    room.file()
    assert "餐馆帮厨".encode() not in everything()
