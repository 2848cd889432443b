"""The conversation contract as types.  Nothing leaves the gateway that does not fit them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter

MOST_CHARACTERS = 2000

Kind = Literal[
    "policy_answer",
    "guide_step",
    "eligibility_question",
    "eligibility_result",
    "filing_question",
    "filing_review",
    "filing_receipt",
    "status",
    "jobs",
    "clarify",
    "handoff",
    "out_of_scope",
    "smalltalk",
    "notice",
    "error",
]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Citation(Strict):
    """Of a notice (with its clause) or of another source; ``quote`` is what it says."""

    notice: str | None
    source: str | None
    clause: str | None
    quote: Annotated[str, StringConstraints(min_length=1)]


class Button(Strict):
    title: str
    payload: str


class Message(Strict):
    """One thing that the assistant says."""

    text: str
    kind: Kind
    measures: list[str] = []
    citations: list[Citation] = []
    validity: Literal["in_force", "staged", "expired"] | None = None
    application: str | None = None
    reference: str | None = None
    field: str | None = None
    buttons: list[Button] = []


def _whole(value: Any) -> Any:
    """JSON may hold half a character (a lone surrogate); it becomes a question mark instead of an error."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_whole)]


class ChatRequest(BaseModel):
    """One message of a person.  ``message_id``: the client's own; the same again gets the same reply."""

    model_config = ConfigDict(strict=True)

    conversation_id: Annotated[Text, StringConstraints(min_length=1, max_length=128)]
    text: Text
    message_id: Annotated[Text, StringConstraints(min_length=1, max_length=64)] | None = Field(default=None)


class ChatReply(BaseModel):
    """Everything that the assistant says in one turn, in order."""

    conversation_id: str
    messages: list[Message]


MESSAGES: TypeAdapter[list[Message]] = TypeAdapter(list[Message])
