"""How cases, answers and facts read on a page: names for ids, masks for personal values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from casework.cases.lifecycle import ACTION_WORDS, DETAIL_NAMES, STATUS_WORDS, Action
from casework.cases.working_days import working_days_between
from casework.people.documents import Documents, is_document
from casework.people.people import ProfileFact
from casework.people.vault import HIDDEN, Vault, is_token
from policy_kb import KnowledgeBase
from policy_kb.procedures import ApplicationField, Choice

SECTION_NAMES = {"basic": "基本情况", "history": "就业经历", "skills": "技能", "wants": "求职意愿", "claim": "这次申请"}
SOURCE_NAMES = {"said": "本人说的", "verified": "核对过", "imported": "从别处来的"}
ROLE_WORDS = {"applicant": "申请人", "agent": "坐席", "supervisor": "主管", "bureau": "经办机构", "system": "系统"}
ON_BEHALF = {"self": "本人递交", "family": "家人代办", "agent": "坐席代办"}
GONE = "（已删除）"


@dataclass(frozen=True)
class Shown:
    """``text`` as it may be displayed; ``token`` where there is a value to reveal, ``document`` where there is a
    file."""

    id: str
    label: str
    text: str
    section: str = ""
    token: str | None = None
    document: str | None = None


class Words:
    def __init__(self, knowledge: KnowledgeBase, vault: Vault, documents: Documents) -> None:
        self._knowledge = knowledge
        self._vault = vault
        self._documents = documents
        self._places = {each.code: each for each in knowledge.places}

    def kind(self, application: str) -> str:
        """The title of a kind of application, and its id where it is no longer offered."""
        known = self._knowledge.applications.get(application)
        return known.title if known else application

    def place(self, code: str | None) -> str:
        """A county with its prefecture before it."""
        place = self._places.get(code or "")
        if place is None:
            return code or "没有填地方"
        return (self.place(place.parent) if place.parent in self._places else "") + place.name

    def answers(self, application: str, answers: Mapping[str, Any]) -> list[Shown]:
        """In the order of the form; what the form no longer has comes last, under its id."""
        known = self._knowledge.applications.get(application)
        fields = {field.id: field for field in known.fields} if known else {}
        ordered = [*(each for each in fields if each in answers), *(each for each in answers if each not in fields)]
        return [self._answer(fields.get(each), each, answers[each]) for each in ordered]

    def facts(self, facts: Iterable[ProfileFact]) -> list[tuple[Shown, ProfileFact]]:
        return [(self._fact(fact), fact) for fact in facts]

    def _answer(self, field: ApplicationField | None, field_id: str, value: Any) -> Shown:
        label, section = (field.label, SECTION_NAMES[field.section]) if field else (field_id, "")
        choices = field.choices if field else ()
        is_place = field is not None and field.type == "place"
        return self._shown(field_id, label, section, value, choices, is_place)

    def _fact(self, fact: ProfileFact) -> Shown:
        known = self._knowledge.facts.get(fact.id)
        field = next(
            (field for each in self._knowledge.applications.values() for field in each.fields if field.fact == fact.id),
            None,
        )
        label = known.title if known else field.label if field else fact.id
        choices = (*(known.choices if known else ()), *(field.choices if field else ()))
        is_place = (known or field) is not None and "place" in (
            known.type if known else "",
            field.type if field else "",
        )
        return self._shown(fact.id, label, "", fact.value, choices, is_place)

    def _shown(
        self, key: str, label: str, section: str, value: Any, choices: tuple[Choice, ...], is_place: bool
    ) -> Shown:
        if is_token(value):
            return Shown(key, label, self._masked(value), section, token=value)
        if is_document(value):
            return Shown(key, label, self._file_name(value), section, document=value)
        text = self.place(value) if is_place and isinstance(value, str) else _plain(value, choices)
        return Shown(key, label, text, section)

    def _masked(self, token: str) -> str:
        try:
            return self._vault.shown(token)
        except KeyError:
            return GONE

    def _file_name(self, token: str) -> str:
        try:
            return self._documents.name(token)
        except KeyError:
            return GONE


def _plain(value: Any, choices: tuple[Choice, ...]) -> str:
    titles = {choice.id: choice.title for choice in choices}
    match value:
        case None:
            return "没有填"
        case bool():
            return "是" if value else "不是"
        case list():
            return "、".join(HIDDEN if is_token(each) else _plain(each, choices) for each in value)
        case {"from": first, "to": last} | {"low": first, "high": last}:
            return str(first) if first == last else f"{first} 到 {last}"
        case str():
            return titles.get(value, value)
    return str(value)


def status(code: str) -> str:
    return STATUS_WORDS.get(code, code)


def tone(code: str) -> str:
    """The colour of a status's badge."""
    return {"granted": "good", "refused": "bad", "returned": "warn", "appealed": "warn"}.get(code, "")


def action(code: Action) -> str:
    return ACTION_WORDS.get(code, code)


def needed(code: str) -> str:
    """What a step has to say, as the label of its field."""
    return DETAIL_NAMES[code]


def days_left(due: date | None, today: date) -> str:
    """How long until a time limit ends, in working days; empty where no time runs."""
    if due is None:
        return ""
    if due < today:
        return f"超期 {working_days_between(due, today)} 个工作日"
    left = working_days_between(today, due)
    return f"还有 {left} 个工作日" if left else "今天到期"
