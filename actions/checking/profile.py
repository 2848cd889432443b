"""What is known about a person, as the evaluator takes it, wherever it was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from actions.checking.known import from_profile
from actions.checking.reading import read_fact
from casework.desk import Desk
from casework.fields import Wrong
from policy_kb import KnowledgeBase
from policy_kb.eligibility import Fact, Known


class Told:
    """Reads kept values back: JSON, or a vault token where the value is personal."""

    def __init__(self, knowledge: KnowledgeBase, desk: Desk, today: Callable[[], date]) -> None:
        self._knowledge = knowledge
        self._desk = desk
        self._today = today

    def of(self, person: str) -> dict[str, Known]:
        """What forms and earlier checks have put into the person's profile."""
        profile = self._desk.people.profile(person)
        return self.read({fact: (told.value, told.personal) for fact, told in profile.items()})

    def read(self, kept: Mapping[str, tuple[Any, bool]]) -> dict[str, Known]:
        """``kept``: fact id → (value, whether it is a vault token).  What no rule knows is left out."""
        facts = [fact for fact in self._knowledge.facts.values() if fact.id in kept]
        known = ((fact.id, self._value(fact, *kept[fact.id])) for fact in facts)
        return {fact: value for fact, value in known if value is not None}

    def _value(self, fact: Fact, value: Any, is_token: bool) -> Known | None:
        """None for what is kept in a form that no rule knows."""
        if not is_token:
            return from_profile(fact, value)
        try:
            plain = self._desk.vault.get(str(value))
        except KeyError:
            return None
        read = read_fact(fact, plain, self._today(), self._knowledge.places)
        return None if isinstance(read, Wrong) else read
