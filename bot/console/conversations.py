"""Conversations: who waits for a person, and the line of whoever takes one over.

The lists and the log are fragments; a stream of server-sent events says only that there is something new, and the
browser then asks for the fragment, with its session and its areas checked again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from actions.checking.listening import Notes
from bot.console.access import Problem, Signed
from bot.console.casework_parts import Room, room
from bot.console.pages import go, render
from bot.console.parts import Console, parts
from bot.console.replies import canned_replies
from bot.console.suggesting import measures_in
from bot.gateway.contract import MOST_CHARACTERS
from bot.gateway.engine import EngineError
from casework.cases.working_days import CHINA
from casework.conversations.handovers import AlreadyTaken, Handover, NotYours, Owner
from casework.conversations.log import PERSON, LoggedTurn
from casework.conversations.opening_hours import Closed, Open
from casework.people.privacy import mask
from casework.staff.staff import Staff

NOT_HERE = "没有这个会话，或者不在您的区域。"
OWNERS = {"bot": "云就在答", "queue": "在排队", "agent": "工作人员在答"}
MOST_QUOTES = 8
MOST_SAID = 5
"""So many of the person's last messages are taken along to Assist."""
AUTHORS = {"person": "本人", "assistant": "云就", "agent": "工作人员"}


router = APIRouter()


@dataclass(frozen=True)
class Talk:
    """One conversation as a staff member may see it."""

    sender: str
    key: str
    person: str
    county: str | None
    owner: Owner
    handover: Handover | None

    def mine(self, staff: Staff) -> bool:
        return self.owner.agent == staff.login


def seen(request: Request, staff: Signed, sender: str) -> Talk:
    """A Problem for what does not exist and, the same, for what lies outside of the person's areas."""
    console = parts(request)
    try:
        key = console.desk.log.key_of(sender)
    except KeyError:
        raise Problem(404, NOT_HERE) from None
    person = console.desk.people.of(sender)
    handover = console.desk.handovers.get(sender)
    county = handover.county if handover else _county(console, person)
    if not staff.sees(county):
        raise Problem(404, NOT_HERE)
    return Talk(sender, key, person, county, console.desk.handovers.owner(sender), handover)


Seen = Annotated[Talk, Depends(seen)]


@router.get("/conversations")
def lists_page(request: Request, staff: Signed) -> Response:
    return render(request, "conversations.html", **_lists(request, staff))


@router.get("/conversations/lists")
def lists(request: Request, staff: Signed) -> Response:
    return render(request, "conversation_lists.html", **_lists(request, staff))


@router.get("/conversations/events", response_class=EventSourceResponse)
async def changes(request: Request, staff: Signed) -> AsyncIterator[ServerSentEvent]:
    async for _ in parts(request).live.follow_queue():
        yield ServerSentEvent(event="changed", data="")


@router.get("/conversations/{sender}")
def talk_page(request: Request, staff: Signed, talk: Seen) -> Response:
    here = room(request, staff)
    here.disclosures.note("read_conversation", here.asked(talk.sender))
    return render(request, "conversation.html", held=talk.mine(staff), **_shown(request, here, talk))


@router.get("/conversations/{sender}/turns")
def turns(request: Request, staff: Signed, talk: Seen, held: bool | None = None) -> Response:
    """``held``: whether the conversation was this person's when the page was opened."""
    shown = _shown(request, room(request, staff), talk)
    return render(request, "conversation_turns.html", held=talk.mine(staff) if held is None else held, **shown)


@router.get("/conversations/{sender}/events", response_class=EventSourceResponse)
async def turns_come(request: Request, talk: Seen) -> AsyncIterator[ServerSentEvent]:
    console = parts(request)
    last = (await asyncio.to_thread(console.desk.log.pulses, [talk.key]))[talk.key].sequence
    async for _ in console.live.follow(talk.key, last):
        yield ServerSentEvent(event="changed", data="")


@router.post("/conversations/{sender}/take")
async def take(request: Request, staff: Signed, talk: Seen) -> Response:
    try:
        await parts(request).agents.take(talk.sender, staff.login, staff.role)
    except AlreadyTaken:
        raise Problem(409, "另一位工作人员已经接了。") from None
    return go(request, f"/console/conversations/{talk.sender}")


@router.post("/conversations/{sender}/say")
async def say(
    request: Request,
    staff: Signed,
    talk: Seen,
    text: Annotated[str, Form()] = "",
    measure: Annotated[str, Form()] = "",
    quote: Annotated[list[str] | None, Form()] = None,
    message_id: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    """``measure``: what the knowledge base says of it goes along; ``quote``: the keys of single quotes that do."""
    said = parts(request).composing.composed(text.strip(), measure, (quote or [])[:MOST_QUOTES])
    if not said.text:
        raise Problem(422, "还没有写要回的话。")
    if len(said.text) > MOST_CHARACTERS:
        raise Problem(413, f"一次最多 {MOST_CHARACTERS} 个字，请分几次发。")
    line = parts(request).agents
    try:
        await line.say(talk.sender, staff.login, said.text, message_id, said.measures, said.citations)
    except NotYours:
        raise Problem(409, "这个会话现在不归您。先点“接管”再回。") from None
    return go(request, f"/console/conversations/{talk.sender}")


@router.post("/conversations/{sender}/quotes")
async def quotes(request: Request, talk: Seen, search: Annotated[str, Form()] = "") -> Response:
    """What the knowledge base has word for word on what is searched for."""
    console, typed = parts(request), mask(search.strip()[:MOST_CHARACTERS]).text
    try:
        asked = measures_in(await console.engine.understand(typed)) if typed else []
    except EngineError:
        return render(request, "conversation_quotes.html", found=[], problem="没查成，请再查一次。", typed=typed)
    found = [quote for each in asked for quote in console.composing.quotes(each.measure, each.aspect)]
    return render(request, "conversation_quotes.html", found=found[:MOST_QUOTES], problem="", typed=typed)


@router.post("/conversations/{sender}/assist")
def assist(request: Request, staff: Signed, talk: Seen) -> Response:
    """Assist for this person, beginning with what was said here; the values in it were masked before it was kept."""
    if not talk.mine(staff):
        raise Problem(409, "先点“接管”，再用坐席助手替他办。")
    desk = parts(request).desk
    call = desk.calls.with_person(staff.login, talk.sender)
    if not call.state:
        said = [turn.text for turn in desk.log.history(talk.key) if turn.author == PERSON]
        lines = [text.replace("\n", " ") for text in said if text and not text.startswith("/")][-MOST_SAID:]
        desk.calls.save(call.id, Notes(text="\n".join(lines)).as_dict())
    return go(request, f"/console/assist/{call.id}")


@router.post("/conversations/{sender}/back")
async def hand_back(request: Request, staff: Signed, talk: Seen) -> Response:
    await _mine(lambda: parts(request).agents.hand_back(talk.sender, staff.login, staff.role))
    return go(request, "/console/conversations")


@router.post("/conversations/{sender}/pass")
async def pass_on(request: Request, staff: Signed, talk: Seen, to: Annotated[str, Form()] = "") -> Response:
    """``to``: a login; none puts the conversation back into the queue."""
    others = await asyncio.to_thread(_others, parts(request), staff, talk)
    if to and to not in {other.login for other in others}:
        raise Problem(422, "不能转给这位同事：账号停用了，或者不管这个地方。")
    await _mine(lambda: parts(request).agents.pass_on(talk.sender, staff.login, to or None, staff.role))
    return go(request, "/console/conversations")


def _lists(request: Request, staff: Staff) -> dict[str, Any]:
    desk = parts(request).desk
    hours = desk.opening_hours.now(datetime.now(UTC))
    return {
        "waiting": desk.handovers.waiting(staff.areas),
        "mine": desk.handovers.of_agent(staff.login),
        "hours": _hours(hours),
        "open": isinstance(hours, Open),
        "words": room(request, staff).words,
        "minutes": _minutes,
    }


def _shown(request: Request, here: Room, talk: Talk) -> dict[str, Any]:
    console = parts(request)
    return {
        "talk": talk,
        "mine": talk.mine(here.staff),
        "turns": [_said(console, turn) for turn in console.desk.log.history(talk.key)],
        "owners": OWNERS,
        "others": _others(console, here.staff, talk),
        "measures": console.knowledge.measures.values(),
        "canned": canned_replies(),
        "message_id": secrets.token_hex(12),
        "words": here.words,
        "minutes": _minutes,
    }


def _said(console: Console, turn: LoggedTurn) -> dict[str, Any]:
    """With personal values masked; the person's own words were masked before they were kept."""
    said = "\n\n".join(str(message["text"]) for message in console.gateway.masked(turn)) or turn.text
    text = "（按了一个按钮）" if turn.author == PERSON and said.startswith("/") else said
    return {"author": turn.author, "name": AUTHORS[turn.author], "at": turn.at, "text": text}


async def _mine(work: Callable[[], Any]) -> None:
    try:
        await work()
    except NotYours:
        raise Problem(409, "这个会话现在不归您，不能替别人交出去。") from None


def _county(console: Console, person: str) -> str | None:
    known = console.desk.people.profile(person).get("county")
    return str(known.value) if known and not known.personal and isinstance(known.value, str) else None


def _others(console: Console, staff: Staff, talk: Talk) -> list[Staff]:
    return [
        other
        for other in console.desk.staff.all()
        if other.active and other.login != staff.login and other.sees(talk.county)
    ]


def _hours(hours: object) -> str:
    if isinstance(hours, Open):
        return f"现在在值班时间，到 {hours.until.astimezone(CHINA):%H:%M}。"
    if isinstance(hours, Closed):
        opens = f"，{hours.opens_at.astimezone(CHINA):%m月%d日 %H:%M} 上班" if hours.opens_at else ""
        return f"现在不在值班时间{opens}。"
    return "还没有设值班时间，想找人的只会被告诉打 12333。请管理员在“设置”里填。"


def _minutes(since: datetime) -> int:
    """``since`` in UTC without a zone."""
    return max(0, int((datetime.now(UTC).replace(tzinfo=None) - since).total_seconds() // 60))
