"""One step for many cases: chosen, previewed, confirmed, reported."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.console.access import Problem, Signed
from bot.console.casework_parts import room
from bot.console.pages import render
from bot.console.shown import needed, status
from casework.cases.bulk import ACTIONS, MOST, carry_out, preview
from casework.cases.lifecycle import NEEDS

MOST_WORDS = 1000

router = APIRouter()


@router.post("/cases/bulk")
def planned(
    request: Request,
    staff: Signed,
    action: Annotated[str, Form()] = "",
    reference: Annotated[list[str] | None, Form()] = None,
    note: Annotated[str, Form(max_length=MOST_WORDS)] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """What would happen to each of the chosen cases, and to which nothing would, and why.

    ``back``: the query of the list that they were chosen from.
    """
    here, chosen = room(request, staff), _chosen(reference)
    details = _details(action, note)
    lines = here.lists.several(chosen, staff.areas)
    return render(
        request,
        "case_bulk.html",
        plans=preview(lines, action, here.role, details),
        done=False,
        unseen=len(chosen) - len(lines),
        action=action,
        status_words=status,
        note=note,
        back=back,
        needed=needed(NEEDS[action]) if action in NEEDS else None,  # type: ignore[index]
        words=here.words,
    )


@router.post("/cases/bulk/confirmed")
def carried_out(
    request: Request,
    staff: Signed,
    action: Annotated[str, Form()] = "",
    seen: Annotated[list[str] | None, Form()] = None,
    note: Annotated[str, Form(max_length=MOST_WORDS)] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """``seen``: reference and number of events, as the preview had them."""
    here, counted = room(request, staff), _seen(seen)
    details = _details(action, note)
    lines = here.lists.several(list(counted), staff.areas)
    return render(
        request,
        "case_bulk.html",
        plans=carry_out(here.desk.cases, lines, counted, action, here.role, here.by, details),
        done=True,
        unseen=len(counted) - len(lines),
        action=action,
        status_words=status,
        note=note,
        back=back,
        needed=None,
        words=here.words,
    )


def _chosen(references: list[str] | None) -> list[str]:
    chosen = list(dict.fromkeys(references or ()))
    if not chosen:
        raise Problem(422, "一件也没有选。请回到列表，先在行首打勾。")
    if len(chosen) > MOST:
        raise Problem(422, f"一次最多办 {MOST} 件。")
    return chosen


def _seen(pairs: list[str] | None) -> dict[str, int]:
    split = [each.partition(".") for each in _chosen(pairs)]
    if not all(events.isascii() and events.isdigit() and len(events) < 9 for _, _, events in split):
        raise Problem(422, "这一页不完整，请回到列表重新选。")
    return {reference: int(events) for reference, _, events in split}


def _details(action: str, note: str) -> dict[str, str]:
    """The words go where the step wants them."""
    if action not in ACTIONS:
        raise Problem(422, "请选要做什么。")
    return {"missing" if action == "return" else "reason": note.strip()} if note.strip() else {}
