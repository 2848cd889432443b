"""Telling an answer from everything else that people say in the middle of a form.

Three kinds of message come where an answer is expected: the answer, a command to the form (skip, go back,
cancel), and something that has nothing to do with it (a question about policy, a thank-you, despair).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal

from casework.fields import Value, certain, read
from policy_kb.model import Place
from policy_kb.procedures import ApplicationField

Meaning = Literal["answer", "command", "aside"]

COMMANDS = frozenset(
    {
        "cancel",
        "withdraw_case",
        "start_over",
        "skip",
        "go_back",
        "next_step",
        "ask_why",
        "save_draft",
        "correct",
        "apply",
    }
)
"""Intents that speak to the form itself."""
ANSWERS = frozenset({"answer", "inform", "affirm", "deny", ""})
"""Intents that never interrupt: they are how an answer looks to the classifier."""
OPEN_TYPES = frozenset({"text", "choices", "name", "address"})
"""Fields whose answers may look like anything, also like small talk or a search for a job."""
VAGUE = frozenset({"out_of_scope", "chitchat", "find_jobs", "help", "browse", "dissatisfied", "repeat", "guide"})
"""Intents that answers in one's own words are easily taken for."""
QUESTIONS = frozenset({"ask_policy", "ask_aspect", "check_eligibility", "ask_entitlements", "status", "who_are_you"})

COMMAND_SURE = 0.55
ASIDE_SURE = 0.45
DISTRESS_SURE = 0.6

_ASKING = re.compile(
    r"[?？]|多久|吗|么[。!！]?$|不[。!！]?$|多少|怎么|怎样|咋|啥|什么|哪|几时|几天|几个月|几年|为何|为什么|整哪样|"
    r"能不能|可不可以|是不是|有没有|会不会|要不要|行不行|得不得"
)


def asks(text: str) -> bool:
    """Whether the wording is a question's."""
    return bool(_ASKING.search(text.strip()))


def _reads(field: ApplicationField, text: str, today: date, places: Sequence[Place]) -> bool:
    """Whether a statement gives a field of a closed type its value, whatever it sounds like: 被炒鱿鱼了."""
    closed = field.type not in OPEN_TYPES and not asks(text)
    return closed and isinstance(read(field, text, today, places), Value)


def meaning(
    field: ApplicationField, text: str, intent: str, confidence: float, today: date, places: Sequence[Place]
) -> Meaning:
    """What ``text`` is where an answer to ``field`` is expected."""
    if text.startswith("/"):
        return "answer" if intent == "answer" else "command" if intent in COMMANDS else "aside"
    if certain(field, text, today, places):
        return "answer"
    if intent == "distress" and confidence >= DISTRESS_SURE:
        return "aside"
    if intent in COMMANDS and confidence >= COMMAND_SURE:
        return "command"
    unsure = confidence < ASIDE_SURE and not asks(text)
    if intent in ANSWERS or unsure or _reads(field, text, today, places):
        return "answer"
    loose = field.type in OPEN_TYPES and intent in QUESTIONS | VAGUE
    return "answer" if loose and not asks(text) else "aside"
