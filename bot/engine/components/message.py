"""What the components hang on a Rasa message for one another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import List

from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

NORMALISED = "normalised_text"
PARTS = "parts"
MEASURES = "measure_ranking"
"""Output: [{"id", "confidence"}, …], the best first; confidence is the chance that it is the one meant."""
ASKS = "asks"
"""Output: one entry per question of the message: {"text", "measures", "aspect"}."""
ASPECT = "aspect"
SUBJECTS = "subject_probabilities"
ORIGIN = "augmented_from"
"""On a noisy copy: the sentence that it was made from."""

ASK_INTENTS = frozenset({"ask_policy", "check_eligibility", "apply"})
"""Intents that are about a measure; their training sentences carry it as intent/measure."""


def with_parts(messages: Iterable[Message]) -> List[Message]:
    """The messages and the candidate questions inside them, to be processed alike."""
    found: List[Message] = []
    for message in messages:
        found.append(message)
        found.extend(message.get(PARTS) or [])
    return found


def normalised(message: Message) -> str:
    text: str = message.get(NORMALISED) or message.get(TEXT) or ""
    return text
