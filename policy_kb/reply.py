"""One message of a reply, as the conversation contract has it: engine and actions both compose them."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from policy_kb.model import Citation

ENVELOPE = "yunjiu"
"""The key of a response under which its messages travel; to Rasa it is metadata of the event."""


class Button(msgspec.Struct, frozen=True):
    title: str
    payload: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """All keys of the contract, always; ``text`` is what a person reads."""

    text: str
    kind: str
    measures: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    validity: str | None = None
    application: str | None = None
    reference: str | None = None
    field: str | None = None
    buttons: tuple[Button, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As JSON would carry it: lists, not tuples."""
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return plain


def payload(intent: str, **entities: str) -> str:
    """A button's payload in Rasa's own notation; the engine reads it without guessing."""
    return f"/{intent}{json.dumps(entities, ensure_ascii=False)}" if entities else f"/{intent}"
