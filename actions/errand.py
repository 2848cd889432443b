"""What a person is in the middle of: an errand, heard message by message until it is done.

Filings, guides and eligibility checks are each an :class:`Conversation`; the loop that Rasa's form runs
(:mod:`actions.loop`) is the same for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from actions.said import Said
from casework.people.errands import Errand
from policy_kb.reply import Message

Ending = Literal["go_on", "aside", "finished", "dropped", "set_aside", "switched"]
"""go_on: ask the next thing.  aside: the message was not for the errand; it is answered elsewhere, then asked
again.  finished: drop the errand, it has done its work.  dropped: the person gave it up.  set_aside: kept for
later.  switched: another errand has been begun in its place."""


@dataclass(frozen=True)
class Heard:
    """What came of a message: what to say, how it goes on, and the errand's new state where it changed."""

    messages: tuple[Message, ...] = ()
    ending: Ending = "go_on"
    state: dict[str, Any] | None = field(default=None)


ASIDE = Heard(ending="aside")


class Conversation(Protocol):
    """One kind of errand."""

    def ask(self, errand: Errand) -> tuple[Message, ...]:
        """What is asked now; the same again after an interruption."""

    def hear(self, errand: Errand, said: Said) -> Heard:
        """Takes one message in."""
