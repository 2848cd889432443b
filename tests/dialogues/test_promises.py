"""The contract's promises on every turn of the whole evaluation set."""

from __future__ import annotations

import re
from typing import Any

import pytest

import policy_kb
from policy_kb.figures import figures
from tests.dialogues.conftest import Stack
from tests.eval import sets

KNOWLEDGE = policy_kb.load()
KINDS = {
    *("policy_answer", "guide_step", "eligibility_question", "eligibility_result", "filing_question"),
    *("filing_review", "filing_receipt", "status", "jobs", "clarify", "handoff", "out_of_scope"),
    *("smalltalk", "notice", "error"),
}
KEYS = {"text", "kind", "measures", "citations", "validity", "application", "reference", "field", "buttons"}


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


NOTICE = plain(KNOWLEDGE.source_text("yunrenshefa-2022-57"))
SOURCED = {(each.source, each.text) for each in KNOWLEDGE.supplements.values()}


def broken_promises(message: dict[str, Any]) -> list[str]:
    wrong = []
    if set(message) != KEYS or message["kind"] not in KINDS or not message["text"].strip():
        wrong.append(f"shape: {message}")
    for citation in message["citations"]:
        quote = citation["quote"]
        if citation["notice"] and not (quote and plain(quote) in NOTICE and citation["clause"]):
            wrong.append(f"not verbatim: {quote}")
        if citation["source"] and (citation["source"], quote) not in SOURCED:
            wrong.append(f"not a supplementary fact: {quote}")
    if message["kind"] == "policy_answer":
        wrong += _of_an_answer(message)
    if not set(message["measures"]) <= set(KNOWLEDGE.measures):
        wrong.append(f"unknown measures {message['measures']}")
    wrong += [f"button {button}" for button in message["buttons"] if not (button["title"] and button["payload"])]
    return wrong


def _of_an_answer(message: dict[str, Any]) -> list[str]:
    wrong = []
    if not message["citations"] or not message["measures"]:
        wrong.append("an answer without a citation or a measure")
    quoted = "\n".join(f"{citation['quote']} {citation['source'] or ''}" for citation in message["citations"])
    if unsourced := figures(message["text"]) - figures(quoted):
        wrong.append(f"figures without a source: {sorted(unsourced)} in {message['text']}")
    marks = {"expired": "已到期", "staged": "阶段性"}
    mark = marks.get(message["validity"] or "")
    if mark and mark not in message["text"]:
        wrong.append(f"{message['validity']} but not said")
    return wrong


@pytest.mark.parametrize("name", ["policy", "out_of_scope", "intents"])
def test_every_turn_keeps_the_promises(stack: Stack, name: str) -> None:
    questions = getattr(sets, name)()
    wrong = []
    for index, question in enumerate(questions):
        for message in stack.say(question.text, f"promises {name} {index // 20}"):
            wrong += [f"{question.text}: {each}" for each in broken_promises(message)]
    assert not wrong, "\n".join(wrong[:20])


def test_every_button_works(stack: Stack) -> None:
    """Presses each button of each menu and of each measure's answer once."""
    pressed: set[str] = set()
    waiting = [button["payload"] for message in stack.say("能问些什么", "buttons") for button in message["buttons"]]
    waiting += [f'/ask_policy{{"measure": "{each}"}}' for each in KNOWLEDGE.measures]
    while waiting:
        payload = waiting.pop()
        if payload in pressed:
            continue
        pressed.add(payload)
        for message in stack.say(payload, "buttons"):
            assert not broken_promises(message)
            assert message["kind"] not in ("error", "out_of_scope"), payload
            waiting += [button["payload"] for button in message["buttons"] if "forget_me" not in button["payload"]]
    assert len(pressed) > 4 * len(KNOWLEDGE.measures)
