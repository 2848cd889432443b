"""Reading answers into the state: from words, buttons, the vault, the person's profile, and the ID number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from actions.filing.state import Answer, FilingState, applies, pending, with_answer
from actions.filing.words import placeholder
from actions.said import Said
from casework.desk import Desk
from casework.fields import Value, Wrong, read
from casework.people.errands import Errand
from policy_kb import KnowledgeBase
from policy_kb.procedures import Application, ApplicationField

KEPT = "kept"
"""The value of an answer that came before it was asked for, and is kept until then."""
OFFERS = {"mobile": ("mobile",), "phone": ("phone", "mobile")}
"""By field type: the types of offered values that answer it, where that is not just its own."""


class Answers:
    """Turns what a person said into answers of an application."""

    def __init__(self, knowledge: KnowledgeBase, desk: Desk, today: Callable[[], date]) -> None:
        self._knowledge = knowledge
        self._desk = desk
        self._today = today

    def choice(self, field: ApplicationField, said: Said) -> str | None:
        """The id of the choice that was made; None where none can be made out."""
        value = self.read(field, said.entities.get("value", said.text))
        return str(value.value) if isinstance(value, Value) else None

    def read(self, field: ApplicationField, text: str) -> Value | Wrong:
        """A button's value is a choice's id; everything else is people's words."""
        for choice in field.choices:
            if text == choice.id:
                return Value([choice.id] if field.type == "choices" else choice.id, choice.title)
        if field.type == "yes_no" and text in ("yes", "no"):
            return Value(text == "yes", "是" if text == "yes" else "不是")
        return read(field, text, self._today(), self._knowledge.places)

    def taken(
        self, errand: Errand, application: Application, field: ApplicationField, said: Said
    ) -> dict[str, Answer] | Wrong:
        """The answer to ``field`` and to the fields that it tells, the field's own first."""
        token = said.entities.get("token")
        text = self._said(field, token) if token else said.entities.get("value", said.text)
        if text is None:
            return Wrong("刚才的内容没有存住，请再发一次。")
        return self.typed(errand, application, field, text)

    def typed(
        self, errand: Errand, application: Application, field: ApplicationField, text: str
    ) -> dict[str, Answer] | Wrong:
        """As :meth:`taken`, of a plain text; a personal value goes into the vault."""
        value = self.read(field, text)
        return value if isinstance(value, Wrong) else self._answers(errand, application, field, value)

    def _said(self, field: ApplicationField, token: str) -> str | None:
        """A file's token is its value; every other stands for what the vault holds."""
        return token if field.type == "file" else self._plain(token)

    def _plain(self, token: str) -> str | None:
        try:
            return self._desk.vault.get(token)
        except KeyError:
            return None

    def _answers(
        self, errand: Errand, application: Application, field: ApplicationField, value: Value
    ) -> dict[str, Answer]:
        found = {field.id: self._answer(errand, field, value)}
        for other in application.fields:
            if other.told_by == field.id and other.fact is not None and other.fact in value.tells:
                told = self.read(other, str(value.tells[other.fact]))
                if isinstance(told, Value):
                    found[other.id] = replace(self._answer(errand, other, told), told=True)
        return found

    def _answer(self, errand: Errand, field: ApplicationField, value: Value) -> Answer:
        if field.personal and field.type != "file":
            token = self._desk.keep(_kind(field), str(_vaulted(value)), errand.id)
            return Answer(token, "", token=True)
        return Answer(value.value, value.shown, token=False)

    def offered(
        self, errand: Errand, application: Application, state: FilingState
    ) -> tuple[FilingState, tuple[str, ...]]:
        """Answers the coming fields with what was sent before it was asked for; says which."""
        said: list[str] = []
        while (field := pending(application, state)) is not None and state.changing is None:
            kinds = OFFERS.get(field.type, (field.type,))
            token = next((state.offered[kind] for kind in kinds if kind in state.offered), None)
            plain = self._plain(token) if token else None
            value = self.read(field, plain) if plain and field.personal else None
            if not isinstance(value, Value):
                break
            left = {kind: kept for kind, kept in state.offered.items() if kept != token}
            state = replace(state, offered=left)
            state = with_answer(application, state, self._answers(errand, application, field, value))
            said.append(f"{field.label}用您刚才发的：{placeholder(str(state.answers[field.id].value))}")
        return state, tuple(said)

    # What the profile knows

    def known(self, application: Application, person: str) -> list[tuple[ApplicationField, str]]:
        """The fields that the person's profile answers, each as it is shown."""
        return [
            (field, placeholder(token) if token else value.shown)
            for field, value, token in self._profile(application, person)
        ]

    def reused(self, errand: Errand, application: Application, state: FilingState) -> FilingState:
        for field, value, _ in self._profile(application, errand.person):
            if field.id not in state.answers:
                state = with_answer(application, state, self._answers(errand, application, field, value))
        return state

    def _profile(self, application: Application, person: str) -> Iterable[tuple[ApplicationField, Value, str | None]]:
        """In the order of the form, so that a field that depends on another is there only where that one fits."""
        facts = self._desk.people.profile(person)
        so_far = FilingState()
        for field in application.fields:
            fact = facts.get(field.fact or "")
            if fact is None or field.told_by is not None or not applies(field, so_far):
                continue
            plain = self._plain(fact.value) if fact.personal else _said_again(field, fact.value)
            value = self.read(field, plain) if plain is not None else None
            if isinstance(value, Value):
                so_far = with_answer(application, so_far, {field.id: Answer(value.value, value.shown)})
                yield field, value, fact.value if fact.personal else None


def _kind(field: ApplicationField) -> str:
    return field.type


def _vaulted(value: Value) -> object:
    """The vault holds text: dates and the like as they are shown."""
    return value.value if isinstance(value.value, str) else value.shown


def _said_again(field: ApplicationField, value: Any) -> str | None:
    """A profile fact as the text that the field reads back; None for what it cannot hold."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case list():
            return "、".join(choice.title for choice in field.choices if choice.id in value) or None
        case {"from": str() as first, "to": str() as last} | {"low": str() as first, "high": str() as last}:
            return first if first == last else f"{first[:4]}年{int(first[5:7])}月" if first[:7] == last[:7] else None
    return None
