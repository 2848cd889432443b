"""Marks: what agents say of suggestions, as a list that the people who keep the knowledge base work through."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from bot.console.access import Problem, Supervisor
from bot.console.casework_parts import room
from bot.console.pages import go, render
from bot.console.parts import parts
from casework.conversations.marks import AlreadySettled, Opinion

OPINIONS = {"wrong": "不对", "missing": "缺这一条", "useful": "有用"}
SIZE = 30

router = APIRouter()


@router.get("/marks")
def list_page(
    request: Request,
    staff: Supervisor,
    settled: bool = False,
    opinion: Opinion | None = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    console = parts(request)
    found = console.desk.marks.page(settled, opinion, page, SIZE)
    here = room(request, staff)
    here.disclosures.note("read_marks", here.asked("marks"))
    return render(
        request,
        "marks.html",
        marks=found[:SIZE],
        more=len(found) > SIZE,
        page=page,
        settled=settled,
        opinion=opinion,
        opinions=OPINIONS,
        waiting=console.desk.marks.open(),
        measures=console.knowledge.measures,
        aspects=console.knowledge.aspects,
        names={each.login: each.name for each in console.desk.staff.all()},
    )


@router.post("/marks/{mark}")
def settle(request: Request, staff: Supervisor, mark: str, note: Annotated[str, Form(max_length=500)] = "") -> Response:
    if not note.strip():
        raise Problem(422, "请写一句怎么处理的，再点“处理好了”。")
    try:
        parts(request).desk.marks.settle(mark, note.strip(), staff.login, staff.role)
    except KeyError:
        raise Problem(404, "没有这一条标记。") from None
    except AlreadySettled:
        raise Problem(409, "别人已经处理了这一条。") from None
    return go(request, "/console/marks")
