"""One case: what was filed, what has happened, and the steps that may be done next."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.console.access import Problem, Signed
from bot.console.casework_parts import NO_CASE, REASONS, Room, reason, room
from bot.console.pages import go, render
from bot.console.parts import parts
from bot.console.shown import ON_BEHALF, ROLE_WORDS, days_left, needed, status
from bot.console.trace import reasons
from casework.cases.lifecycle import EVENT_WORDS, NEEDS, NotAllowed, allowed
from casework.cases.lists import CaseLine
from casework.cases.working_days import local_day
from casework.people.documents import MOST_BYTES, WrongFile, is_document
from casework.store.database import now

MOST_WORDS = 1000
NO_DOCUMENT = "这份材料不在了。"
WORDED = {"return": "missing", "refuse": "reason", "grant": "reason"}
"""Steps that say something to the applicant, and the detail that it becomes."""

router = APIRouter()


@router.get("/cases/{reference}")
def case_page(request: Request, staff: Signed, reference: str, done: str = "") -> Response:
    here = room(request, staff)
    return _page(request, here, here.case(reference), done=EVENT_WORDS.get(done, ""))


@router.post("/cases/{reference}/act")
def act(
    request: Request,
    staff: Signed,
    reference: str,
    action: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=MOST_WORDS)] = "",
    seen: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    here = room(request, staff)
    line = here.case(reference)
    details = {WORDED[action]: note.strip()} if action in WORDED and note.strip() else {}
    return _step(request, here, line, action, details, seen, note)


@router.post("/cases/{reference}/documents")
def add_document(
    request: Request,
    staff: Signed,
    reference: str,
    document: Annotated[UploadFile, File()],
    seen: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    here = room(request, staff)
    line, documents = here.case(reference), here.desk.documents
    waiting = secrets.token_hex(16)
    try:
        token = documents.add(waiting, document.filename or "材料", document.file.read(MOST_BYTES + 1))
    except WrongFile as wrong:
        return _page(request, here, line, 422, failed="add_document", problem=wrong.reason)
    response = _step(request, here, line, "add_document", {"documents": [token]}, seen)
    with Session(here.desk.engine) as session, session.begin():
        documents.forget(session, waiting)  # the case has taken it over, unless the step was refused
    return response


@router.get("/cases/{reference}/documents/{token}")
def document(request: Request, staff: Signed, reference: str, token: str) -> Response:
    here = room(request, staff)
    line = here.case(reference)
    if not is_document(token) or not token.isprintable():
        raise Problem(404, NO_DOCUMENT)
    try:
        file = here.disclosures.document(token, _owner(here, line), here.asked(line.reference))
    except KeyError:
        raise Problem(404, NO_DOCUMENT) from None
    named = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    return Response(file.content, media_type=file.media_type, headers={"Content-Disposition": named})


@router.post("/cases/{reference}/reveal")
def reveal(
    request: Request,
    staff: Signed,
    reference: str,
    field: Annotated[str, Form()],
    why: Annotated[str, Form()] = "",
    other: Annotated[str, Form()] = "",
) -> Response:
    """One answer in plain, for a reason and on record."""
    here = room(request, staff)
    line, asked_for = here.case(reference), reason(why, other)
    answers = here.desk.cases.answers(line.reference, here.role, here.by)
    try:
        token = str(answers[field])
        value = here.disclosures.value(token, _owner(here, line), field, here.asked(line.reference, asked_for))
    except KeyError:
        raise Problem(404, "这一项不在了。") from None
    return render(request, "revealed.html", value=value, back=f"/console/cases/{line.reference}")


def _step(
    request: Request, here: Room, line: CaseLine, action: str, details: Mapping[str, object], seen: int, note: str = ""
) -> Response:
    try:
        view = here.desk.cases.act(line.reference, action, here.role, here.by, details, seen=seen)
    except NotAllowed as refused:
        fresh = here.case(line.reference)
        return _page(request, here, fresh, 409, failed=action, problem=str(refused), note=note)
    return go(request, f"/console/cases/{line.reference}?done={view.history[-1].kind}")


def _page(
    request: Request,
    here: Room,
    line: CaseLine,
    code: int = 200,
    done: str = "",
    failed: str = "",
    problem: str = "",
    note: str = "",
) -> Response:
    view = here.desk.cases.read(line.reference, here.role, here.by)
    if view is None:
        raise Problem(404, NO_CASE)
    answers = here.desk.cases.answers(line.reference, here.role, here.by)
    judgement = here.desk.cases.judgement(line.reference, here.role, here.by)
    return render(
        request,
        "case.html",
        code,
        view=view,
        seen=len(view.history),
        answers=here.words.answers(view.application, answers),
        documents=here.desk.documents.of(view.case),
        planned=view.person is not None and here.desk.plans.of(view.person) is not None,
        judged=reasons(judgement, parts(request).knowledge) if judgement else None,
        place=here.words.place(view.county),
        on_behalf=ON_BEHALF.get(line.on_behalf, line.on_behalf),
        days_left=days_left(view.due_on, local_day(now())),
        roles=ROLE_WORDS,
        actions=allowed(view.status, here.role),  # type: ignore[arg-type]
        worded=WORDED,
        needs=NEEDS,
        needed=needed,
        status_words=status,
        reasons=REASONS,
        done=done,
        failed=failed,
        problem=problem,
        note=note,
        most_words=MOST_WORDS,
    )


def _owner(here: Room, line: CaseLine) -> str:
    """The case's public id, which its values and files go with."""
    view = here.desk.cases.by_reference(line.reference)
    if view is None:
        raise Problem(404, NO_CASE)
    return view.case
