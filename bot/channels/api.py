"""The conversation contract over HTTP."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError, SQLAlchemyError, TimeoutError
from starlette.exceptions import HTTPException

from bot.gateway.contract import MOST_CHARACTERS, ChatReply, ChatRequest
from bot.gateway.gateway import Gateway, clean
from bot.gateway.turns import TooManyTurns
from bot.metrics.requests import browser_channel
from bot.metrics.watch import came_by

logger = logging.getLogger("yunjiu.api")

TRY_AGAIN_SECONDS = 5

router = APIRouter(prefix="/api/v1", tags=["conversation"])


class Refused(Exception):
    """A request that is not taken: the status, and in Chinese what is wrong and what to do."""

    def __init__(self, status: int, code: str, message: str, hint: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.headers = status, headers
        self.body: dict[str, Any] = {"error": {"code": code, "message": message, "hint": hint}}


@router.post("/chat", response_model=ChatReply)
async def chat(request: Request, body: ChatRequest) -> ChatReply:
    """One turn: what a person says, and everything that the assistant answers, in order."""
    gateway: Gateway = request.app.state.gateway
    if len(body.text) > MOST_CHARACTERS:
        raise Refused(413, "too_long", f"一次最多 {MOST_CHARACTERS} 个字。", "请分几次发，之前说的都还在。")
    if not clean(body.text):
        raise Refused(422, "empty", "没有收到内容。", "请打几个字再发。")
    came_by(browser_channel(request, body.conversation_id))
    try:
        messages = await gateway.turn(body.conversation_id, body.text, body.message_id)
    except TooManyTurns as error:
        raise Refused(
            429, "too_many", "发得太快了，前面的还在处理。", f"请等 {error.retry_after} 秒再发，之前说的都还在。",
            {"Retry-After": str(error.retry_after)},
        ) from error  # fmt: skip
    return ChatReply(conversation_id=body.conversation_id, messages=messages)


def install(app: FastAPI) -> None:
    """Adds the routes, and one form for every error."""
    app.include_router(router)

    @app.exception_handler(Refused)
    async def refused(_request: Request, error: Refused) -> JSONResponse:
        return JSONResponse(error.body, status_code=error.status, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def wrong_fields(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _does_not_fit("、".join(dict.fromkeys(str(each["loc"][-1]) for each in error.errors())))

    @app.exception_handler(HTTPException)
    async def any_other(_request: Request, error: HTTPException) -> JSONResponse:
        """400 is what the framework makes of a body that is not even text."""
        if error.status_code == 400:
            return _does_not_fit("body")
        body = {"code": "http", "message": f"不能这样访问（{error.status_code}）。", "hint": "见 /docs。"}
        return JSONResponse({"error": body}, status_code=error.status_code, headers=error.headers)

    @app.exception_handler(OperationalError)
    @app.exception_handler(TimeoutError)
    async def no_database(_request: Request, error: SQLAlchemyError) -> JSONResponse:
        """The server restarts, or does not answer: nothing was acknowledged, and the same may be sent again."""
        logger.error("the database does not answer: %s", type(error).__name__)
        message, hint = "云就暂时没有回应。", "请过一会儿再发一次，之前说的都还在。急事请打 12333。"
        body = {"error": {"code": "unavailable", "message": message, "hint": hint}}
        return JSONResponse(body, status_code=503, headers={"Retry-After": str(TRY_AGAIN_SECONDS)})

    @app.exception_handler(Exception)
    async def failed(_request: Request, _error: Exception) -> JSONResponse:
        """What nobody thought of; the server has it in its log."""
        body = {"code": "failed", "message": "这次没处理成。", "hint": "请过一会儿再发一次。急事请打 12333。"}
        return JSONResponse({"error": body}, status_code=500)


def _does_not_fit(where: str) -> JSONResponse:
    body = {"code": "does_not_fit", "message": f"请求的格式不对：{where[:100] or 'body'}。", "hint": "见 /docs。"}
    return JSONResponse({"error": body}, status_code=422)
