"""The chat page and what it needs beside the contract: a conversation of its own, and its history."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from itsdangerous import BadSignature, Signer

from bot.channels.api import Refused
from bot.gateway.gateway import Gateway
from casework.conversations import PERSON, LoggedTurn

PAGE = Path(__file__).parent / "page"
SECURITY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

router = APIRouter(tags=["web"])


@router.get("/", include_in_schema=False)
async def page() -> FileResponse:
    return FileResponse(PAGE / "index.html", headers=SECURITY)


@router.post("/api/v1/web/conversations", status_code=201)
async def open_conversation(request: Request) -> dict[str, str]:
    """A new conversation whose id nobody can guess or forge."""
    signer: Signer = request.app.state.signer
    return {"conversation_id": signer.sign(secrets.token_urlsafe(16)).decode()}


@router.get("/api/v1/web/conversations/{conversation_id}/messages")
async def history(request: Request, conversation_id: str) -> dict[str, Any]:
    """What was said so far, the oldest first; only to who holds a signed id."""
    signer: Signer = request.app.state.signer
    gateway: Gateway = request.app.state.gateway
    try:
        signer.unsign(conversation_id)
    except BadSignature:
        raise Refused(404, "unknown", "没有这个会话。", "刷新页面，重新开始。") from None
    return {"turns": [_shown(turn) for turn in await gateway.history(conversation_id)]}


def _shown(turn: LoggedTurn) -> dict[str, Any]:
    return {
        "sequence": turn.sequence,
        "from": turn.author,
        "text": turn.text,
        "messages": list(turn.messages),
        "message_id": turn.message_id if turn.author == PERSON else None,
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
