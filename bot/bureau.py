"""The bureau's door: signed decisions on cases come in here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.channels.api import Refused
from casework.cases.lifecycle import NotAllowed
from casework.exchange.delivery import Decision, DecisionReused, Decisions, UnknownCase
from casework.exchange.signing import BadSignature, verify
from casework.store.database import now

MOST_BYTES = 64 * 1024

router = APIRouter(prefix="/bureau/v1", tags=["bureau"])

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


@dataclass(frozen=True)
class BureauDoor:
    """What the routes read from ``app.state.bureau``; None there: no bureau is configured."""

    secret: str
    decisions: Decisions
    clock: Callable[[], datetime] = now


class DecisionRequest(BaseModel):
    """``id``: the bureau's own and unique; a decision sent again under it is applied once."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]
    reference: str = Field(min_length=12, max_length=40)
    action: Literal["accept", "return", "grant", "refuse", "close"]
    missing: Words | None = None
    reason: Words | None = None


@router.post("/decisions")
async def decide(request: Request) -> dict[str, Any]:
    """Applies a decision; answers ``id``, ``reference`` and the case's ``status``, the same on every replay."""
    door: BureauDoor | None = request.app.state.bureau
    if door is None:
        raise Refused(404, "no_bureau", "这里没有接入经办机构。", "请先配置经办机构的地址和密钥。")
    body = await _bounded(request)
    try:
        verify(door.secret, request.headers, body, door.clock())
    except BadSignature as error:
        raise Refused(401, "signature", str(error), "核对密钥和本机时间，按原始报文重新签名。") from None
    decision = _read(body)
    try:
        return await run_in_threadpool(door.decisions.apply, decision)
    except UnknownCase:
        raise Refused(404, "unknown_case", "没有这个编号的申请。", "编号是 12 位数字，请核对。") from None
    except NotAllowed as error:
        raise Refused(409, "not_allowed", str(error), "先查这件申请现在到了哪一步。") from None
    except DecisionReused:
        raise Refused(409, "id_reused", "这个 id 已经用在另一项决定上。", "每项决定用一个新的 id。") from None


async def _bounded(request: Request) -> bytes:
    """The raw body, which is what was signed; refused as soon as it is too long, whatever length it announced."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise Refused(413, "too_long", "报文超过 64 KB。", "决定里只写编号、动作和说明，不带附件。")
    return bytes(body)


def _read(body: bytes) -> Decision:
    try:
        asked = DecisionRequest.model_validate_json(body)
    except ValidationError as error:
        where = "、".join(dict.fromkeys(str(each["loc"][-1]) if each["loc"] else "body" for each in error.errors()))
        raise Refused(422, "does_not_fit", f"报文的格式不对：{where[:100]}。", "见 /docs。") from None
    needed = {"return": asked.missing, "refuse": asked.reason}
    if needed.get(asked.action, "") is None:
        raise Refused(422, "no_words", "退回要写 missing，不通过要写 reason。", "补上说明，再发一次。")
    return Decision(**asked.model_dump())


def install(app: FastAPI) -> None:
    """Adds the route; :func:`bot.channels.api.install` gives its refusals their form."""
    app.include_router(router)
