"""The person's plan as a page and as a PDF, to whoever holds the conversation's signed id."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.channels.api import Refused
from bot.channels.web import SECURITY, Conversation
from bot.plans.printing import NoFont, pdf
from bot.plans.sheet import Sheet, sheet
from casework.desk import Desk
from policy_kb import KnowledgeBase

HERE = Path(__file__).parent
PRIVATE = {**SECURITY, "Cache-Control": "no-store"}

router = APIRouter(tags=["web"])


class PlanSheets:
    """Sheets of people's plans, out of their files."""

    def __init__(self, desk: Desk, knowledge: KnowledgeBase) -> None:
        self._desk = desk
        self._notices = tuple(source.number for source in knowledge.sources.values())

    def of_person(self, person: str) -> Sheet:
        return sheet(self._desk.plans.of(person), self._desk.cases.of_person(person), self._notices)

    def of_conversation(self, conversation_id: str) -> Sheet:
        log = self._desk.log
        return self.of_person(self._desk.people.of(log.sender(log.key(conversation_id))))


@router.get("/api/v1/web/conversations/{conversation_id}/plan", response_class=HTMLResponse)
async def plan_page(request: Request, conversation: Conversation) -> HTMLResponse:
    """What to do first and what after; says so where no plan was made yet."""
    shown = await _sheet(request, conversation)
    link = f"/api/v1/web/conversations/{conversation}/plan.pdf" if shown.steps else None
    page = _templates().get_template("plan.html").render(sheet=shown, pdf=link)
    return HTMLResponse(page, headers=PRIVATE)


@router.get("/api/v1/web/conversations/{conversation_id}/plan.pdf")
async def plan_pdf(request: Request, conversation: Conversation) -> Response:
    """The same for a counter's printer."""
    shown = await _sheet(request, conversation)
    if not shown.steps:
        raise Refused(404, "no_plan", "还没有排过计划。", "先在对话里说“给我排个计划”。")
    try:
        return await printed(shown)
    except NoFont as error:
        raise Refused(503, "no_font", str(error), "请直接打印网页。") from None


@router.get("/static/plan.css", include_in_schema=False)
async def style() -> FileResponse:
    return FileResponse(HERE / "plan.css")


async def printed(shown: Sheet) -> Response:
    """The sheet as a PDF to keep; raises :class:`~bot.plans.printing.NoFont`."""
    content = await asyncio.to_thread(pdf, shown)
    headers = {**PRIVATE, "Content-Disposition": 'attachment; filename="yunjiu-plan.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


async def _sheet(request: Request, conversation: str) -> Sheet:
    sheets: PlanSheets = request.app.state.plans
    return await asyncio.to_thread(sheets.of_conversation, conversation)


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)


def install(app: FastAPI, sheets: PlanSheets) -> None:
    """Before the page's own static files, of which the style sheet is none."""
    app.state.plans = sheets
    app.include_router(router)
