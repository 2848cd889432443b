"""The filing conversation over a real desk, without the engine: what Rasa's form does is done here by hand."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import pytest

import policy_kb
from actions.errand import Heard
from actions.filing.conversation import FilingConversation
from actions.filing.state import FilingState, from_dict, pending
from actions.intake import Intake
from actions.said import Said
from casework.desk import Desk, open_desk
from casework.people.errands import Errand
from casework.store.cipher import KeyRing
from casework.store.database import open_database, prepare
from policy_kb import KnowledgeBase
from policy_kb.procedures import Application, ApplicationField
from policy_kb.reply import Message
from tests.actions.persona import answer

TODAY = date(2026, 11, 23)
SECRET = "a session secret for the tests"


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for all tests: each begins a conversation of its own."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('desk')}/desk.db")
    prepare(engine)
    yield open_desk(engine, KeyRing.parse(KeyRing.generate(), SECRET), SECRET)
    engine.dispose()


@dataclass
class Filer:
    """One conversation in the middle of a filing."""

    desk: Desk
    application: Application
    knowledge: KnowledgeBase = field(default_factory=policy_kb.load)
    conversation: str = field(default_factory=lambda: secrets.token_hex(16))
    number: int = 0
    """Which person of :func:`tests.actions.persona.identity` it is that answers."""

    def __post_init__(self) -> None:
        self.filing = FilingConversation(self.knowledge, self.desk, lambda: TODAY)
        self.intake = Intake(self.knowledge, self.desk, self.filing, lambda: TODAY)
        self.person = self.desk.people.of(self.conversation)
        self.desk.errands.begin(self.conversation, self.person, "filing", self.application.id, FilingState().as_dict())

    @property
    def errand(self) -> Errand:
        errand = self.desk.errands.current(self.conversation)
        assert errand is not None
        return errand

    @property
    def state(self) -> FilingState:
        return from_dict(self.errand.state)

    @property
    def pending(self) -> ApplicationField | None:
        return pending(self.application, self.state)

    def say(self, text: str, intent: str = "inform", confidence: float = 0.9) -> Heard:
        """``intent`` is what the classifier would have found."""

        async def parse(_text: str) -> tuple[str, float]:
            return intent, confidence

        taken = asyncio.run(self.intake.take(self.intake.errand(self.conversation), text, parse))
        heard = self.filing.hear(self.errand, self._said(taken.for_engine, intent, confidence))
        if heard.state is not None:
            self.desk.errands.save(self.errand.id, heard.state)
        if heard.ending in ("finished", "dropped"):
            self.desk.errands.drop(self.errand.id)
        if heard.ending == "set_aside":
            self.desk.errands.set_aside(self.conversation)
        return heard

    def _said(self, text: str, intent: str, confidence: float) -> Said:
        if not text.startswith("/"):
            return Said(self.conversation, text, intent, confidence)
        name, brace, rest = text[1:].partition("{")
        return Said(self.conversation, text, name, 1.0, json.loads(brace + rest) if brace else {})

    def press(self, title: str) -> Heard:
        """Presses the button of what is asked now."""
        buttons = {button.title: button.payload for message in self.ask() for button in message.buttons}
        return self.say(buttons[title])

    def ask(self) -> tuple[Message, ...]:
        return self.filing.ask(self.errand)

    def begin(self) -> Filer:
        self.say("同意")
        return self

    def fill(self, until: str | None = None) -> Filer:
        """Answers field after field, to the review or to the field ``until``."""
        for _ in range(60):
            now = self.pending
            if self.state.step != "fields" or now is None or now.id == until:
                return self
            self.fill_one(now)
        raise AssertionError(f"{self.application.id} does not come to an end: {self.pending}")

    def fill_one(self, asked: ApplicationField) -> Heard:
        return self.say(answer(asked, self.number))
