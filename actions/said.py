"""What the person just said, as the engine understood it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rasa_sdk import Tracker

from policy_kb.reply import ENVELOPE

SURE = 0.5
"""From this confidence on the first measure is taken as the one that is meant."""


@dataclass(frozen=True)
class Said:
    """One message.  ``measures``: ids with confidences, the best first; ``focus``: what was answered about last."""

    conversation: str
    text: str
    intent: str
    confidence: float = 1.0
    entities: Mapping[str, str] = field(default_factory=dict)
    measures: tuple[tuple[str, float], ...] = ()
    focus: str | None = None
    message_id: str | None = None

    @property
    def pressed(self) -> bool:
        """A button's payload, which leaves nothing to guess."""
        return self.text.startswith("/")

    @property
    def measure(self) -> str | None:
        """The measure named by a button, or surely meant, or spoken of last."""
        if "measure" in self.entities:
            return self.entities["measure"]
        if self.measures and self.measures[0][1] >= SURE:
            return self.measures[0][0]
        return self.focus


def read(tracker: Tracker) -> Said:
    latest: Mapping[str, Any] = tracker.latest_message or {}
    intent = latest.get("intent") or {}
    asks = latest.get("asks") or ()
    return Said(
        conversation=tracker.sender_id,
        text=latest.get("text") or "",
        intent=intent.get("name") or "",
        confidence=float(intent.get("confidence") or 0.0),
        entities={each["entity"]: str(each["value"]) for each in latest.get("entities") or ()},
        measures=tuple((each["id"], float(each["confidence"])) for each in asks[0]["measures"]) if asks else (),
        focus=_focus(tracker.events),
        message_id=next((each.get("message_id") for each in reversed(tracker.events) if each["event"] == "user"), None),
    )


def _focus(events: list[dict[str, Any]]) -> str | None:
    """The measure of the latest policy answer; a notice (cancelled, filed, forgotten) ends it."""
    for event in reversed(events):
        if event.get("event") != "bot":
            continue
        for message in reversed(((event.get("metadata") or {}).get(ENVELOPE) or {}).get("messages") or ()):
            if message["kind"] in ("notice", "filing_receipt"):
                return None
            if message["kind"] == "policy_answer" and message["measures"]:
                return str(message["measures"][0])
    return None
