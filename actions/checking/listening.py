"""Listening to a caller: the facts that were heard so far, what to ask next, and what the rules say by now.

Everything is a function of what stands in the agent's notes and of what the agent corrected, so that a line that is
taken out again leaves nothing behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from typing import Any

from actions.checking.applicant import ApplicantWords, Whose, named
from actions.checking.conversation import ALL, SENSITIVE
from actions.checking.known import from_json, shown, to_json
from actions.checking.mentions import PassingMentions
from actions.checking.reading import chosen_or_read
from casework.fields import Wrong
from casework.fields.places import exact_places, short_name
from policy_kb import KnowledgeBase
from policy_kb.eligibility import DONT_KNOW, Applicant, Evaluator, Fact, Known, Verdict

COUNTY = "county"
_PIECES = re.compile(r"[\s，,。；;、!！?？]+")
_LIVES = re.compile(r"^(?:我|人|家|户口)*(?:住|在|是)*")
_THERE = re.compile(r"(?:这边|那边|这里|的人|的|人)$")


@dataclass(frozen=True)
class Correction:
    """What the agent made of a fact: JSON as in :mod:`actions.checking.known`; None where it was taken out.

    It holds as long as the notes say of the fact what they said then, which is ``heard``.
    """

    value: Any
    heard: Any


@dataclass(frozen=True)
class Notes:
    """``text``: what the agent typed, with personal values masked.  ``subject``: a measure whose conditions are gone
    through, or :data:`ALL`.  ``sensitive``: whether sensitive things may be asked; None while nobody asked."""

    text: str = ""
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    subject: str | None = None
    sensitive: bool | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.text.splitlines() if line.strip())

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def notes_from(plain: Mapping[str, Any]) -> Notes:
    """Reads what :meth:`Notes.as_dict` wrote; what others keep beside it is left alone."""
    own = {each.name: plain[each.name] for each in fields(Notes) if each.name in plain}
    corrections = {fact: Correction(**each) for fact, each in own.get("corrections", {}).items()}
    return Notes(**{**own, "corrections": corrections})


@dataclass(frozen=True)
class Chip:
    """A fact that was heard, as it is read back."""

    fact: Fact
    value: str
    corrected: bool


class Listener:
    """Reads notes by the same readers as a conversation.  Holds nothing of any one call."""

    def __init__(self, knowledge: KnowledgeBase, evaluator: Evaluator, today: Callable[[], date]) -> None:
        self._knowledge = knowledge
        self._evaluator = evaluator
        self._today = today
        self._mentions = PassingMentions(knowledge.fact_words, knowledge.facts, knowledge.places)
        self._applicant = ApplicantWords(knowledge.fact_words)

    def heard(self, notes: Notes) -> dict[str, Known]:
        """What the lines tell; of two that tell the same fact the later counts."""
        found: dict[str, Known] = {}
        for line in notes.lines:
            told = self._mentions.find(line, self._today())
            if (county := self._county(line)) is not None:
                told[COUNTY] = county
            found.update(told)
        return found

    def known(self, notes: Notes) -> dict[str, Known]:
        """What was heard, with the agent's corrections."""
        heard = self.heard(notes)
        for fact, correction in self._in_force(notes, heard).items():
            heard.pop(fact, None)
            if correction.value is not None:
                heard[fact] = from_json(self._knowledge.facts[fact], correction.value)
        return heard

    def chips(self, notes: Notes) -> list[Chip]:
        corrected = self._in_force(notes, self.heard(notes))
        return [
            Chip(self._knowledge.facts[fact], self._shown(self._knowledge.facts[fact], value), fact in corrected)
            for fact, value in self.known(notes).items()
        ]

    def told(self, notes: Notes, fact_id: str, text: str) -> Notes | Wrong:
        """The notes with what the caller answered; KeyError for a fact that there is not."""
        fact = self._knowledge.facts[fact_id]
        value = chosen_or_read(fact, text, self._today(), self._knowledge.places)
        return value if isinstance(value, Wrong) else self._corrected(notes, fact_id, to_json(value))

    def without(self, notes: Notes, fact_id: str) -> Notes:
        return self._corrected(notes, fact_id, None)

    def whose(self, notes: Notes) -> Whose:
        """For whom the caller asks, by the last line that says so."""
        said = [whose for line in notes.lines if (whose := self._applicant.of(line)) is not None]
        return named(said[-1]) or "self" if said else "self"

    def verdicts(self, notes: Notes, measures: Iterable[str]) -> Mapping[str, Verdict]:
        """Of those that a rule judges."""
        judged = [each for each in measures if each in self._knowledge.rules]
        facts = {} if self._applies_to(notes) == "employer" else self._facts(notes)
        return self._evaluator.judge(facts, self._today(), self._applies_to(notes), judged)

    def all_verdicts(self, notes: Notes) -> Mapping[str, Verdict]:
        employer = self._applies_to(notes) == "employer"
        return self.verdicts(notes, self._evaluator.for_employers if employer else self._evaluator.personal)

    def next_question(self, notes: Notes, measures: Collection[str]) -> Fact | None:
        """What to ask so that the check under way is settled, or else ``measures``, or where there are none that
        can be judged all; None where nothing helps."""
        if self._applies_to(notes) == "employer":
            return None
        wanted: Collection[str] | None = [each for each in measures if each in self._knowledge.rules] or None
        if notes.subject is not None:
            wanted = None if notes.subject == ALL else [notes.subject]
        return self._evaluator.next_question(self._facts(notes), self._today(), wanted)

    def is_sensitive(self, notes: Notes, fact: Fact) -> bool:
        """Whether the caller has to be asked first if such things may be asked (PIPL article 29)."""
        return fact.sensitivity >= SENSITIVE and notes.sensitive is None

    def _facts(self, notes: Notes) -> dict[str, Known]:
        """Sensitive things that may not be asked count as not known."""
        facts = self.known(notes)
        if notes.sensitive is False:
            for fact in self._knowledge.facts.values():
                if fact.sensitivity >= SENSITIVE:
                    facts.setdefault(fact.id, DONT_KNOW)
        return facts

    def _applies_to(self, notes: Notes) -> Applicant:
        return "employer" if self.whose(notes) == "employer" else "person"

    def _corrected(self, notes: Notes, fact: str, value: Any) -> Notes:
        heard = self.heard(notes)
        correction = Correction(value, to_json(heard[fact]) if fact in heard else None)
        others = {each: kept for each, kept in notes.corrections.items() if each != fact}
        return replace(notes, corrections={**others, fact: correction})

    def _in_force(self, notes: Notes, heard: Mapping[str, Known]) -> dict[str, Correction]:
        """Who says something else of a fact after it was corrected has changed it again."""
        told = {fact: to_json(value) for fact, value in heard.items()}
        known = self._knowledge.facts
        return {
            fact: each for fact, each in notes.corrections.items() if fact in known and each.heard == told.get(fact)
        }

    def _county(self, line: str) -> str | None:
        """A county whose name stands by itself between spaces or commas."""
        for piece in _PIECES.split(line):
            name = _THERE.sub("", _LIVES.sub("", piece))
            found = exact_places(name, self._knowledge.places) if len(name) > 1 else ()
            if len(found) == 1 and found[0].parent is not None and short_name(found[0].name)[:2] in name:
                return found[0].code
        return None

    def _shown(self, fact: Fact, value: Known) -> str:
        return shown(fact, value, self._knowledge.places)
