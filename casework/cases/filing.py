"""What is filed, what comes back, and the check that no personal value gets past the vault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from casework.cases.judgements import Judgement
from casework.people.documents import is_document
from casework.people.vault import is_token
from policy_kb.procedures import Application, ApplicationField


@dataclass(frozen=True)
class Filing:
    """A reviewed application.  ``answers``: field id → JSON, a vault or document token where it is personal.

    ``identity`` is the plain number by which the same applicant is found again; it is hashed, not kept.
    ``county`` is a place code.  ``filed_by`` matters where ``on_behalf`` is “agent”: it names that agent.
    ``judgement``: what the rules said of it; None where none judges this kind.
    """

    errand: str
    person: str
    application: str
    on_behalf: Literal["self", "family", "agent"]
    answers: Mapping[str, Any]
    consent: int | None
    identity: str | None
    county: str | None
    filed_by: str
    judgement: Judgement | None = None


@dataclass(frozen=True)
class Receipt:
    """``case`` is the public id; ``already_filed`` where this errand had been filed before."""

    reference: str
    case: str
    already_filed: bool


@dataclass(frozen=True)
class OpenCase:
    """An open case of the same applicant and kind.  ``reference`` is empty where somebody else filed it."""

    reference: str
    same_person: bool


class OpenCaseExists(Exception):
    """The same applicant has an open case of the same kind; ``reference`` is empty where somebody else filed it."""

    def __init__(self, found: OpenCase) -> None:
        super().__init__("the same applicant has an open case of this kind")
        self.reference = found.reference
        self.same_person = found.same_person


def check_answers(application: Application, answers: Mapping[str, Any]) -> None:
    """ValueError, which repeats no answer, for an unknown field and for a personal or file answer without token."""
    fields = {field.id: field for field in application.fields}
    for field_id, value in answers.items():
        if field_id not in fields:
            raise ValueError(f"{application.id} has no field {field_id}")
        if value is not None and not _kept(fields[field_id], value):
            raise ValueError(f"{application.id}: the answer to {field_id} has to be a token")


def check_county(county: str | None) -> None:
    """ValueError for what is no place code; a vault token, say."""
    if county is not None and not (county.isascii() and county.isdigit() and len(county) <= 12):
        raise ValueError("the county has to be a place code")


def tokens(value: Any) -> Iterator[str]:
    """All vault and document tokens in a JSON value."""
    if is_token(value) or is_document(value):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from tokens(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tokens(each)


def _kept(field: ApplicationField, value: Any) -> bool:
    values = value if isinstance(value, list | tuple) else [value]
    if field.type == "file":
        return all(is_document(each) for each in values)
    return not field.personal or all(is_token(each) for each in values)
