"""A preview of a step for many cases against what then happens."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Engine

from casework.cases.bulk import ACTIONS, carry_out, preview
from casework.cases.lists import CaseLists
from casework.store.cipher import KeyRing
from tests.casework.case_samples import Room

PATHS: dict[str, tuple[str, ...]] = {
    "filed": (),
    "accepted": ("accept",),
    "returned": ("return",),
    "completed": ("return", "complete"),
    "granted": ("accept", "grant"),
    "refused": ("accept", "refuse"),
    "withdrawn": ("withdraw",),
    "appealed": ("accept", "refuse", "appeal"),
    "closed": ("accept", "grant", "close"),
}
WORDS = {"missing": "照片", "reason": "对不上"}
PERSON = "p" * 32


@pytest.fixture
def room(database: Engine, ring: KeyRing) -> Room:
    return Room.over(database, ring, datetime(2026, 9, 28, 2, 0))


def standing(room: Room, status: str) -> str:
    """The reference of a case in this status."""
    reference = room.file(identity=None).reference
    for action in PATHS[status]:
        role = "applicant" if action in ("complete", "withdraw", "appeal") else "supervisor"
        room.cases.act(reference, action, role, PERSON if role == "applicant" else "chief", WORDS)
    return reference


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the steps themselves are tested on both
@pytest.mark.parametrize("role", ["agent", "supervisor"])
def test_what_a_preview_says_is_what_happens(room: Room, role: str) -> None:
    lists = CaseLists(room.engine)
    silent = [(action, {}, ("accepted",)) for action in ("return", "refuse")]
    for action, said, statuses in [*((action, WORDS, tuple(PATHS)) for action in ACTIONS), *silent]:
        references = [standing(room, status) for status in statuses]
        lines = lists.several(references)
        assert [line.status for line in lines] == list(statuses)
        planned = preview(lines, action, role, said)
        assert [line.status for line in lists.several(references)] == list(statuses)
        done = carry_out(room.cases, lines, {line.reference: line.events for line in lines}, action, role, "x", said)
        assert done == planned
        assert [line.status for line in lists.several(references)] == [plan.after or plan.before for plan in planned]
        assert all((plan.after is None) != (plan.why_not is None) for plan in planned)


def test_only_what_was_seen_as_it_is_now_is_done(room: Room) -> None:
    lists = CaseLists(room.engine)
    moved, unseen, same = (standing(room, "filed") for _ in range(3))
    lines = lists.several([moved, unseen, same])
    seen = {line.reference: line.events for line in lines if line.reference != unseen}
    room.cases.act(moved, "remind", "applicant", PERSON, {})
    done = carry_out(room.cases, lines, seen, "accept", "agent", "x", {})
    assert [(plan.reference, plan.after) for plan in done] == [(moved, None), (same, "accepted")]
    assert "新进展" in (done[0].why_not or "")
    assert [line.status for line in lists.several([moved, unseen, same])] == ["filed", "filed", "accepted"]
