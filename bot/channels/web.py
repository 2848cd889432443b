"""The chat page and what it needs beside the contract: a conversation of its own, and its history."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Form, Header, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse, JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles
from itsdangerous import BadSignature, Signer
from pydantic import BaseModel, StringConstraints

from bot.channels.api import Refused
from bot.gateway.contract import ChatReply
from bot.gateway.gateway import Gateway
from bot.gateway.live import OwnerChanged
from bot.metrics.requests import browser_channel
from bot.metrics.watch import came_by
from casework.conversations.log import ASSISTANT, PERSON, LoggedTurn
from casework.fields.answer import Value
from casework.fields.places import read_place
from casework.people.documents import MOST_BYTES, WrongFile

PAGE = Path(__file__).parent / "page"
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

router = APIRouter(tags=["web"])


@router.get("/", include_in_schema=False)
async def page() -> FileResponse:
    return FileResponse(PAGE / "index.html", headers=SECURITY)


class Opening(BaseModel):
    """``county``: of the page that the widget stands on, by code or name."""

    county: Annotated[str, StringConstraints(max_length=40)] = ""


class Opened(BaseModel):
    """``county`` as it is understood: {"code", "name"}, or null."""

    conversation_id: str
    county: dict[str, str] | None


@router.post("/api/v1/web/conversations", status_code=201)
async def open_conversation(request: Request, opening: Opening | None = None) -> Opened:
    """A new conversation whose id nobody can guess or forge."""
    signer: Signer = request.app.state.signer
    gateway: Gateway = request.app.state.gateway
    conversation = signer.sign(secrets.token_urlsafe(16)).decode()
    read = read_place(opening.county, request.app.state.places) if opening and opening.county else None
    if not isinstance(read, Value):
        return Opened(conversation_id=conversation, county=None)
    await gateway.place(conversation, read.value)
    return Opened(conversation_id=conversation, county={"code": read.value, "name": read.shown})


def _signed(request: Request, conversation_id: str) -> str:
    """The conversation, to who holds its signed id; to anybody else there is none."""
    signer: Signer = request.app.state.signer
    try:
        signer.unsign(conversation_id)
    except BadSignature:
        raise Refused(404, "unknown", "没有这个会话。", "刷新页面，重新开始。") from None
    return conversation_id


Conversation = Annotated[str, Depends(_signed)]


@router.get("/api/v1/web/conversations/{conversation_id}/messages")
async def history(request: Request, conversation: Conversation) -> dict[str, Any]:
    """What was said so far, the oldest first."""
    gateway: Gateway = request.app.state.gateway
    return {"turns": [_shown(turn) for turn in await gateway.history(conversation)]}


@router.get("/api/v1/web/conversations/{conversation_id}/events", response_class=EventSourceResponse)
async def events(
    request: Request,
    conversation: Conversation,
    after: Annotated[int, Query(ge=0)] = 0,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Every turn after ``after`` or the last event that the browser got, as it comes; ``owner`` when that changes."""
    gateway: Gateway = request.app.state.gateway
    async for each in gateway.follow(conversation, max(after, last_event_id or 0)):
        if isinstance(each, OwnerChanged):
            yield ServerSentEvent(event="owner", data={"owner": each.owner})
        else:
            yield ServerSentEvent(id=str(each.sequence), data=_shown(each))


@router.get("/api/v1/web/conversations/{conversation_id}/news")
async def news(request: Request, conversation: Conversation) -> ChatReply:
    """What happened to the person's cases since they were told last; asked for by a page that is open."""
    gateway: Gateway = request.app.state.gateway
    return ChatReply(conversation_id=conversation, messages=await gateway.deliver_news(conversation))


@router.post("/api/v1/web/conversations/{conversation_id}/documents")
async def attach(
    request: Request,
    conversation: Conversation,
    file: UploadFile,
    message_id: Annotated[str | None, Form(min_length=1, max_length=64)] = None,
) -> ChatReply:
    """A picture or a PDF, as a turn of the conversation: for the field that waits for one, or for a filed case."""
    gateway: Gateway = request.app.state.gateway
    content = await file.read(MOST_BYTES + 1)
    came_by(browser_channel(request, conversation))
    try:
        messages = await gateway.document(conversation, file.filename or "", content, message_id)
    except WrongFile as error:
        raise Refused(422, "wrong_file", error.reason, "请换一张照片或一份 PDF 再发。") from error
    return ChatReply(conversation_id=conversation, messages=messages)


@router.get("/api/v1/web/conversations/{conversation_id}/my-data")
async def my_data(request: Request, conversation: Conversation) -> JSONResponse:
    """All that is kept about the person behind the conversation, as a file to keep."""
    gateway: Gateway = request.app.state.gateway
    headers = {"Content-Disposition": 'attachment; filename="yunjiu-my-data.json"', "Cache-Control": "no-store"}
    return JSONResponse(await gateway.export(conversation), headers=headers)


def _shown(turn: LoggedTurn) -> dict[str, Any]:
    return {
        "sequence": turn.sequence,
        "from": turn.author,
        "text": turn.text,
        "messages": list(turn.messages),
        "message_id": turn.message_id if turn.author == PERSON else None,
        "reply_to": turn.message_id if turn.author == ASSISTANT else None,
        "at": turn.at.isoformat(timespec="seconds") + "Z",
    }


class _Files(StaticFiles):
    """Modules import one another by name, so a browser must never mix two versions of them."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        response = super().file_response(*arguments, **options)
        response.headers.update({**SECURITY, "Cache-Control": "no-cache"})
        return response


def install(app: FastAPI) -> None:
    app.include_router(router)
    app.mount("/static", _Files(directory=PAGE), name="static")
