"""One step done to many cases: first what would happen to each, then each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework.cases.cases import Cases
from casework.cases.lifecycle import Action, NotAllowed, step
from casework.cases.lists import CaseLine

ACTIONS: tuple[Action, ...] = ("accept", "return", "grant", "refuse", "close")
"""What may be done to many at once; a document belongs to one case."""
MOST = 200


@dataclass(frozen=True)
class Planned:
    """What a step makes of a case: the status ``after`` it, or ``why_not``.  ``events``: as the case was seen."""

    reference: str
    application: str
    before: str
    events: int
    after: str | None = None
    why_not: str | None = None


def preview(lines: Sequence[CaseLine], action: str, role: str, details: Mapping[str, Any]) -> list[Planned]:
    """In the order of ``lines``; changes nothing."""
    return [_planned(line, action, role, details) for line in lines]


def carry_out(
    cases: Cases, lines: Sequence[CaseLine], seen: Mapping[str, int], action: str, role: str, by: str, details: Any
) -> list[Planned]:
    """Does the step to each case of which ``seen`` has the number of events that the preview showed.

    A case that somebody has moved on since the preview is left as it is.
    """
    return [
        _done(cases, line, seen[line.reference], action, role, by, details) for line in lines if line.reference in seen
    ]


def _planned(line: CaseLine, action: str, role: str, details: Mapping[str, Any]) -> Planned:
    same = line.reference, line.application, line.status, line.events
    try:
        _, after = step(line.status, role, action, details)  # type: ignore[arg-type]
    except NotAllowed as refused:
        return Planned(*same, why_not=str(refused))
    return Planned(*same, after=after)


def _done(
    cases: Cases, line: CaseLine, events: int, action: str, role: str, by: str, details: Mapping[str, Any]
) -> Planned:
    same = line.reference, line.application, line.status, line.events
    try:
        view = cases.act(line.reference, action, role, by, details, seen=events)
    except NotAllowed as refused:
        return Planned(*same, why_not=str(refused))
    return Planned(*same, after=view.status)
