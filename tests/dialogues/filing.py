"""A person who files through the public API: answers what is asked, whatever the form."""

from __future__ import annotations

import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import policy_kb
from tests.actions.persona import answer
from tests.dialogues.conftest import Stack

_NUMBERS = itertools.count(1)
Messages = list[dict[str, Any]]


@dataclass
class Person:
    """``said`` counts the messages; ``number`` tells one person from another, by the ID number."""

    stack: Stack
    number: int = field(default_factory=lambda: next(_NUMBERS))
    conversation: str = field(default_factory=lambda: uuid.uuid4().hex)
    said: int = 0
    heard: Messages = field(default_factory=list)

    def say(self, text: str) -> Messages:
        self.said += 1
        self.heard = self.stack.say(text, self.conversation)
        return self.heard

    @property
    def asked(self) -> dict[str, Any]:
        """The message that waits for an answer: the last one of the turn."""
        return self.heard[-1]

    def apply(self, kind: str) -> None:
        self.say("/apply" + json.dumps({"measure": kind}))

    def answer_next(self) -> None:
        """Answers whatever is asked now, as somebody would who knows their data."""
        asked = self.asked
        application = policy_kb.load().applications[asked["application"]]
        own = {"consent": "同意", "reuse": "照着用", "review": "确认提交"}
        self.say(own.get(asked["field"]) or answer(application.field(asked["field"]), self.number))

    def file(self, most: int = 60) -> dict[str, Any]:
        """To the receipt."""
        for _ in range(most):
            if self.asked["kind"] == "filing_receipt":
                return self.asked
            assert self.asked["field"], self.heard
            self.answer_next()
        raise AssertionError(f"no receipt: {self.heard}")
