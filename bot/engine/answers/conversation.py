"""What the tracker tells about the conversation so far.

The focus is read from what the assistant itself answered last, not kept in a slot: so a button, a
clarification and a question typed in full all move it alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.components.message import ASKS
from policy_kb.reply import ENVELOPE

LOOK_BACK = 12
"""How many turns back a follow-up may lean; beyond that the subject has to be named again."""


@dataclass(frozen=True)
class Turn:
    """One turn of the assistant: its messages in the contract's shape, and whether it had understood."""

    messages: tuple[dict[str, Any], ...]
    understood: bool


@dataclass(frozen=True)
class Ask:
    """One question: its text, the measures that it may mean with their confidences, its aspect."""

    text: str
    measures: tuple[tuple[str, float], ...]
    aspect: str | None


@dataclass(frozen=True)
class Conversation:
    """The latest message as understood, and what came before it."""

    intent: str
    confidence: float
    text: str
    asks: tuple[Ask, ...]
    entities: dict[str, str]
    previous: tuple[dict[str, Any], ...]
    """The messages of the assistant's last turn."""
    focus: tuple[str, ...]
    """The measures that the assistant answered about last; () at the start and after a restart."""
    failures: int
    """How many of the assistant's last turns in a row understood nothing."""


def read(tracker: DialogueStateTracker) -> Conversation:
    latest = tracker.latest_message or UserUttered.empty()
    turns = list(_turns_before(tracker))
    return Conversation(
        intent=latest.intent.get("name") or "",
        confidence=float(latest.intent.get("confidence") or 0.0),
        text=latest.text or "",
        asks=tuple(_ask(each) for each in (latest.parse_data or {}).get(ASKS) or ()),
        entities={each["entity"]: str(each["value"]) for each in latest.entities or ()},
        previous=turns[0].messages if turns else (),
        focus=_focus(turns),
        failures=_failures(turns),
    )


def _ask(entry: dict[str, Any]) -> Ask:
    ranking = tuple((each["id"], float(each["confidence"])) for each in entry["measures"])
    return Ask(entry["text"], ranking, entry.get("aspect"))


def _turns_before(tracker: DialogueStateTracker) -> Iterator[Turn]:
    """The assistant's turns before the latest user message, the newest first, at most LOOK_BACK."""
    said: list[dict[str, Any]] = []
    seen_latest, turns = False, 0
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered) and seen_latest:
            said.insert(0, event.metadata.get(ENVELOPE) or {})
        elif isinstance(event, UserUttered):
            if seen_latest:
                yield _turn(said)
                turns += 1
                if turns == LOOK_BACK:
                    return
            said, seen_latest = [], True


def _turn(said: list[dict[str, Any]]) -> Turn:
    messages = tuple(message for each in said for message in each.get("messages") or ())
    return Turn(messages, understood=all(each.get("understood", True) for each in said))


def _focus(turns: list[Turn]) -> tuple[str, ...]:
    for turn in turns:
        if any(message["kind"] == "notice" for message in turn.messages):
            return ()
        answers = [message for message in turn.messages if message["kind"] == "policy_answer"]
        if answers:
            return tuple(dict.fromkeys(measure for message in answers for measure in message["measures"]))
    return ()


def _failures(turns: list[Turn]) -> int:
    return next((count for count, turn in enumerate(turns) if turn.understood), len(turns))
