"""The fold: from what has happened to a case to where it stands and until when it has to be decided.

Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from casework.cases.lifecycle import RUNNING, Status, after
from casework.cases.working_days import Deadline, add_working_days, working_days_between


@dataclass(frozen=True)
class Happened:
    """One event as the fold sees it; ``day`` is the local calendar day."""

    kind: str
    day: date
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """Where a case stands.

    ``missing`` is there only while the applicant is awaited; ``decision`` (granted or refused) and ``reason`` are
    the last decision's.  ``days_left`` working days were left on ``since``, when the time last began to run;
    ``due`` is None where no time runs.
    """

    status: Status
    since: date
    days_left: int | None
    missing: str | None = None
    decision: str | None = None
    reason: str | None = None
    due: Deadline | None = None
    running: frozenset[Status] = RUNNING


def fold(
    history: Iterable[Happened], working_days: int | None, runs_from: Literal["filed", "accepted"] = "filed"
) -> Standing:
    """Where a case stands after its events, the first of which is “filed”.

    ``working_days`` is the time limit, None where no source gives one, counted from when the case was filed or
    accepted.  ValueError for a history that the table does not allow.
    """
    running = RUNNING if runs_from == "filed" else RUNNING - {"filed"}
    standing: Standing | None = None
    for happened in history:
        standing = _begin(happened, working_days, running) if standing is None else _go_on(standing, happened)
    if standing is None:
        raise ValueError("a case without events")
    return standing


def _begin(happened: Happened, working_days: int | None, running: frozenset[Status]) -> Standing:
    if happened.kind != "filed":
        raise ValueError(f"a case begins by being filed, not “{happened.kind}”")
    return _timed(Standing("filed", happened.day, working_days, running=running))


def _go_on(before: Standing, happened: Happened) -> Standing:
    now = replace(before, status=after(before.status, happened.kind))
    if happened.kind in ("granted", "refused"):
        now = replace(now, decision=happened.kind, reason=happened.details.get("reason"))
    if happened.kind == "returned":
        now = replace(now, missing=happened.details.get("missing"))
    elif now.status != "returned":
        now = replace(now, missing=None)
    return _timed(_clocked(now, before.status, happened.day))


def _clocked(now: Standing, before: Status, day: date) -> Standing:
    """Stops the clock, with what is left of the time, or starts it again."""
    ran, runs = before in now.running, now.status in now.running
    if runs and not ran:
        return replace(now, since=day)
    if ran and not runs and now.days_left is not None:
        return replace(now, days_left=max(0, now.days_left - working_days_between(now.since, day)))
    return now


def _timed(standing: Standing) -> Standing:
    runs = standing.status in standing.running and standing.days_left is not None
    return replace(standing, due=add_working_days(standing.since, standing.days_left or 0) if runs else None)
