"""Assist: while a caller talks, the agent types fragments and sees what the knowledge base says to them.

The same understanding, facts and answers as in a conversation.  What was heard is kept, sealed, until the call ends;
personal values are masked before anything else is done with what was typed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from actions.checking.conversation import ALL
from actions.checking.listening import Notes, notes_from
from bot.console.access import Problem, Signed
from bot.console.pages import go, is_htmx, render
from bot.console.parts import parts
from bot.console.suggesting import VALIDITY_NAMES, Shown, unread
from bot.gateway.contract import MOST_CHARACTERS
from bot.gateway.engine import EngineError, Understood
from casework.conversations.calls import Call
from casework.conversations.marks import Marked, Opinion
from casework.fields import Wrong
from casework.people.privacy import mask
from casework.staff.staff import Staff

HOME = "/console/assist"
MOST_READ = 5
"""Lines that the engine reads at once, where many are put in together."""
CALL_ENDED = "这通电话已经结束了。请从“坐席助手”重新开始。"

router = APIRouter()


def own_call(request: Request, staff: Signed, call: str) -> Call:
    """A Problem for what has ended and, the same, for what is another agent's."""
    try:
        return parts(request).desk.calls.get(call, staff.login)
    except KeyError:
        raise Problem(404, CALL_ENDED) from None


Own = Annotated[Call, Depends(own_call)]


@router.get("/assist")
async def page(request: Request, staff: Signed) -> Response:
    return await _page(request, await asyncio.to_thread(_call, request, staff, ""))


@router.post("/assist")
async def suggest(
    request: Request, staff: Signed, text: Annotated[str, Form()] = "", call: Annotated[str, Form()] = ""
) -> Response:
    """In the body, not in the address: addresses are kept in histories."""
    opened = await asyncio.to_thread(_call, request, staff, call)
    return await _changed(request, opened, lambda notes: replace(notes, text=mask(text[:MOST_CHARACTERS]).text))


@router.get("/assist/{call}")
async def page_of_call(request: Request, call: Own) -> Response:
    return await _page(request, call)


@router.post("/assist/{call}/told")
async def told(
    request: Request, call: Own, fact: Annotated[str, Form()], value: Annotated[str, Form()] = ""
) -> Response:
    """What the caller answered, or what a fact really is."""
    if fact not in parts(request).knowledge.facts:
        raise Problem(422, "没有这一项。")
    wrong: dict[str, str] = {}

    def correct(notes: Notes) -> Notes:
        said = parts(request).assistance.listener.told(notes, fact, mask(value[:MOST_CHARACTERS]).text)
        if isinstance(said, Wrong):
            wrong[fact] = said.message
            return notes
        return said

    return await _changed(request, call, correct, wrong)


@router.post("/assist/{call}/not-so")
async def not_so(request: Request, call: Own, fact: Annotated[str, Form()]) -> Response:
    if fact not in parts(request).knowledge.facts:
        raise Problem(422, "没有这一项。")
    return await _changed(request, call, lambda notes: parts(request).assistance.listener.without(notes, fact))


@router.post("/assist/{call}/may-ask")
async def may_ask(request: Request, call: Own, may: Annotated[bool, Form()]) -> Response:
    return await _changed(request, call, lambda notes: replace(notes, sensitive=may))


@router.post("/assist/{call}/check")
async def check(request: Request, call: Own, measure: Annotated[str, Form()] = "") -> Response:
    """The conditions of one measure are gone through, or of all; none ends it."""
    if measure and measure != ALL and measure not in parts(request).knowledge.rules:
        raise Problem(422, "这一项没有可以对照的条件。")
    return await _changed(request, call, lambda notes: replace(notes, subject=measure or None))


@router.post("/assist/{call}/mark")
async def mark_it(
    request: Request,
    staff: Signed,
    call: Own,
    opinion: Annotated[Opinion, Form()],
    measure: Annotated[str, Form()] = "",
    aspect: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """For the people who keep the knowledge base: what was typed, what was suggested, and what is wrong with it."""
    console = parts(request)
    if (measure and measure not in console.knowledge.measures) or (not measure and opinion != "missing"):
        raise Problem(422, "没有这一项政策。")
    typed = notes_from(call.state).text
    marked = Marked(opinion, typed, measure or None, aspect or None, note.strip())
    await asyncio.to_thread(console.desk.marks.add, marked, staff.login, staff.role)
    async with _turn(request, call):
        state = (await asyncio.to_thread(_reread, request, call)).state
        marks = {**state.get("marked", {}), measure: opinion}
        await asyncio.to_thread(console.desk.calls.save, call.id, {**state, "marked": marks})
    if is_htmx(request):
        return render(request, "assist_marked.html", opinion=opinion)
    return go(request, f"{HOME}/{call.id}")


@router.post("/assist/{call}/end")
def end(request: Request, call: Own) -> Response:
    """What was said is forgotten; a form that is half filled waits in the person's own file."""
    desk = parts(request).desk
    desk.errands.set_aside(call.id)
    desk.calls.end(call.id)
    return go(request, HOME if call.by_phone else f"/console/conversations/{call.sender}")


def _call(request: Request, staff: Staff, call: str) -> Call:
    return own_call(request, staff, call) if call else parts(request).desk.calls.on_the_phone(staff.login)


def _reread(request: Request, call: Call) -> Call:
    return own_call(request, _agent(request), call.id)


def _agent(request: Request) -> Staff:
    staff: Staff = request.state.session.staff
    return staff


async def _page(request: Request, call: Call) -> Response:
    call, problem = await _kept(request, call, lambda notes: notes)
    return render(request, "assist.html", **_values(call, _shown(request, call), problem))


async def _changed(
    request: Request, call: Call, change: Callable[[Notes], Notes], wrong: Mapping[str, str] | None = None
) -> Response:
    """What stands on the page after ``change``; without htmx all of it anew."""
    call, problem = await _kept(request, call, change)
    if not is_htmx(request):
        return go(request, f"{HOME}/{call.id}")
    return render(request, "assist_parts.html", **_values(call, _shown(request, call), problem, wrong))


async def _kept(request: Request, call: Call, change: Callable[[Notes], Notes]) -> tuple[Call, str]:
    """The call after ``change``, understood and kept, and what went wrong with understanding it."""
    console, problem = parts(request), ""
    async with _turn(request, call):
        call = await asyncio.to_thread(_reread, request, call)
        notes = change(notes_from(call.state))
        known = _understood(call.state)
        try:
            for line in unread(notes, known, MOST_READ):
                known[line] = await console.engine.understand(line)
        except EngineError:
            problem = "没查成，请再打一个字试试。"
        kept = {line: each.model_dump() for line, each in known.items() if line in notes.lines}
        same = notes.text == call.state.get("text")
        marked = {each: mark for each, mark in call.state.get("marked", {}).items() if each or same}
        state = {**notes.as_dict(), "understood": kept, "marked": marked}
        if state != call.state and (call.state or notes.text):
            await asyncio.to_thread(console.desk.calls.save, call.id, state)
    return replace(call, state=state), problem


def _shown(request: Request, call: Call) -> Shown:
    return parts(request).assistance.shown(notes_from(call.state), _understood(call.state))


def _values(call: Call, shown: Shown, problem: str = "", wrong: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {
        "call": call,
        "shown": shown,
        "marked": call.state.get("marked", {}),
        "problem": problem,
        "wrong": wrong or {},
        "validity": VALIDITY_NAMES,
        "all": ALL,
    }


def _understood(state: Mapping[str, Any]) -> dict[str, Understood]:
    return {line: Understood.model_validate(each) for line, each in state.get("understood", {}).items()}


def _turn(request: Request, call: Call) -> asyncio.Lock:
    return parts(request).calls_in_turn.setdefault(call.id, asyncio.Lock())
