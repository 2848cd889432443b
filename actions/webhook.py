"""The webhook by which the engine runs our actions, inside the app."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from actions.cases import REQUESTS, AddDocument, RequestOnCase, Status
from actions.checking.beginning import BeginCheck, ChangedFact
from actions.checking.conversation import CheckConversation
from actions.checking.mentions import PassingMentions
from actions.filing.conversation import FilingConversation
from actions.guiding import GuideConversation
from actions.handoff import LeaveQueue, TalkToHuman
from actions.loop import AskErrand, BeginFiling, BeginGuide, Errands, HearErrand, LateAnswer
from actions.mydata import ForgetMe, MyData
from actions.planning import MakePlan
from actions.resuming import Resume
from casework.desk import Desk
from policy_kb import KnowledgeBase
from policy_kb.eligibility import Evaluator

logger = logging.getLogger("yunjiu.actions")

T = TypeVar("T")

router = APIRouter(prefix="/actions", include_in_schema=False)


def executor(desk: Desk, knowledge: KnowledgeBase, today: Callable[[], date]) -> ActionExecutor:
    """All actions, with what they need handed to them."""
    evaluator = Evaluator(knowledge)
    check = CheckConversation(knowledge, desk, evaluator, today)
    filing, guide = FilingConversation(knowledge, desk, today), GuideConversation(knowledge, desk, today)
    errands = Errands(desk, {"filing": filing, "guide": guide, "check": check})
    mentions = PassingMentions(knowledge.fact_words, knowledge.facts, knowledge.places)
    checking = (errands, knowledge, check, mentions, today)
    resume = Resume(errands, knowledge)
    found = ActionExecutor()
    for action in (
        HearErrand(errands),
        AskErrand(errands),
        LateAnswer(errands, knowledge),
        BeginFiling(errands, knowledge),
        BeginGuide(errands, knowledge),
        BeginCheck(*checking, name="action_begin_check"),
        BeginCheck(*checking, name="action_what_can_i_get"),
        ChangedFact(*checking, evaluator=evaluator, name="action_correct", otherwise="utter_correct"),
        ChangedFact(*checking, evaluator=evaluator, name="action_inform", otherwise="utter_menu"),
        resume,
        Status(desk, knowledge, resume),
        *(RequestOnCase(desk, knowledge, resume, intent) for intent in REQUESTS),
        AddDocument(desk, knowledge, resume),
        MyData(desk, knowledge, resume),
        ForgetMe(desk),
        TalkToHuman(desk, resume, _now),
        LeaveQueue(desk),
        MakePlan(desk, knowledge, evaluator, today),
    ):
        found.register_action(action)
    return found


def _now() -> datetime:
    return datetime.now(UTC)


@router.post("/webhook")
async def run_action(request: Request) -> JSONResponse:
    """Rasa's own protocol; behind the token that app and engine share."""
    expected: str = request.app.state.engine_token
    if not hmac.compare_digest(request.query_params.get("token", ""), expected):
        return JSONResponse({"error": "unauthorised"}, status_code=401)
    call: dict[str, Any] = msgspec.json.decode(await request.body())
    call.setdefault("domain", {})  # the executor asks for one even where the engine may leave it out
    actions: ActionExecutor = request.app.state.actions
    try:
        result = await asyncio.to_thread(lambda: _done(actions.run(call)))
    except ActionExecutionRejection as error:
        return JSONResponse({"error": str(error), "action_name": error.action_name}, status_code=400)
    except ActionNotFoundException as error:
        return JSONResponse({"error": str(error), "action_name": error.action_name}, status_code=404)
    logger.info("action %s", call["next_action"])
    return JSONResponse(result.model_dump() if hasattr(result, "model_dump") else result)


def _done(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that waits for nothing: our actions are plain work on the database, in a thread."""
    try:
        work.send(None)
    except StopIteration as ended:
        result: T = ended.value
        return result
    work.close()
    raise RuntimeError("an action waits for something; it would have to run in the event loop")


def install(app: FastAPI) -> None:
    app.include_router(router)
