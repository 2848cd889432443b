"""Assist: while a caller talks, the agent types fragments and sees what the knowledge base says to them.

The same understanding and the same answers as in a conversation, without one: nothing that is typed is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.console.access import Signed
from bot.console.pages import render
from bot.console.parts import parts
from bot.engine.answers.policy import PolicyAnswers
from bot.gateway.contract import MOST_CHARACTERS
from bot.gateway.engine import EngineError, Understood
from casework.privacy import mask
from policy_kb import KnowledgeBase
from policy_kb.reply import Message

LIKELY = 0.08
"""A measure below this chance is not suggested."""
MOST_SUGGESTED = 3
VALIDITY_NAMES = {"in_force": "在执行", "staged": "阶段性", "expired": "已到期"}

router = APIRouter()


@dataclass(frozen=True)
class Suggestion:
    """What may be read aloud of one measure; ``chance`` in percent."""

    answer: Message
    label: str
    chance: int
    fileable: bool


@router.get("/assist")
def page(request: Request, staff: Signed) -> Response:
    return render(request, "assist.html")


@router.post("/assist")
async def suggest(request: Request, staff: Signed, text: Annotated[str, Form()] = "") -> Response:
    """In the body, not in the address: addresses are kept in histories.  Personal values are masked first."""
    console, typed = parts(request), mask(text.strip()[:MOST_CHARACTERS]).text
    if not typed:
        return render(request, "suggestions.html", suggestions=[], problem="", typed="")
    try:
        understood = await console.engine.understand(typed)
    except EngineError:
        return render(request, "suggestions.html", suggestions=[], problem="没查成，请再打一个字试试。", typed=typed)
    found = suggestions(console.knowledge, understood, date.today())
    return render(request, "suggestions.html", suggestions=found, problem="", typed=typed, validity=VALIDITY_NAMES)


def suggestions(knowledge: KnowledgeBase, understood: Understood, day: date) -> list[Suggestion]:
    """The likeliest measures of every question, each once; none where nothing asked is about the policies."""
    answers = PolicyAnswers(knowledge)
    found: dict[str, Suggestion] = {}
    if understood.intent == "out_of_scope":
        return []
    for ask in understood.asks:
        for ranked in ask.measures[:MOST_SUGGESTED]:
            if ranked.confidence >= LIKELY and ranked.id not in found:
                measure = knowledge.measure(ranked.id)
                answer = answers.answer(ranked.id, ask.aspect, day)
                found[ranked.id] = Suggestion(answer, measure.label, round(100 * ranked.confidence), measure.fileable)
    return list(found.values())
