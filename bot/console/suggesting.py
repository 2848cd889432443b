"""What Assist suggests: measures with what may be read aloud of them, and what the rules say by what was heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from actions.checking.conversation import ALL
from actions.checking.listening import Chip, Listener, Notes
from actions.checking.results import SAYS, SHORT, Results
from bot.engine.answers.policy import PolicyAnswers
from bot.gateway.engine import Understood
from policy_kb import ASPECTS, KnowledgeBase
from policy_kb.eligibility import Evaluator, Fact, Verdict
from policy_kb.model import AspectName, Measure
from policy_kb.reply import Message

LIKELY = 0.08
"""A measure below this chance is not suggested."""
SURE = 0.4
"""From this chance on a line is about its measures; a line that is not leaves those of the line before."""
POSSIBLE = 0.15
"""Below this chance a measure is suggested only beside a sure one."""
MOST_SUGGESTED = 3
VALIDITY_NAMES = {"in_force": "在执行", "staged": "阶段性", "expired": "已到期"}
TONES = {"yes": "good", "needs_review": "", "unknown": "warn", "no": "bad", "not_in_force": "bad"}
_ASKS_FOR_ALL = ("ask_entitlements", "check_eligibility")


@dataclass(frozen=True)
class Asked:
    """A measure that a line is about; ``chance`` from 0 to 1."""

    measure: str
    aspect: str | None
    chance: float


@dataclass(frozen=True)
class Judged:
    """A verdict in words; ``why``: what makes it so, or what is still to be asked."""

    outcome: str
    short: str
    says: str
    tone: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """One part of the answer, by its name; ``left_open``: what the source does not say, and whom to ask."""

    name: str
    answer: str
    left_open: str


@dataclass(frozen=True)
class Suggestion:
    """What may be read aloud of one measure; ``chance`` in percent.  ``sentences``: the answer of a conversation."""

    measure: Measure
    aspect: str | None
    chance: int
    answer: Message
    sentences: tuple[str, ...]
    parts: tuple[Part, ...]
    judged: Judged | None
    files: bool
    checks: bool


@dataclass(frozen=True)
class Question:
    """What to ask next.  ``permission``: whether such things may be asked has to be asked first."""

    fact: Fact
    permission: bool


@dataclass(frozen=True)
class Shown:
    """All that stands beside an agent's notes.  ``everything``: what was gone through, where all was asked for."""

    notes: Notes
    chips: tuple[Chip, ...]
    suggestions: tuple[Suggestion, ...]
    question: Question | None
    everything: tuple[tuple[Measure, Judged], ...]
    nothing_found: bool


class Assistance:
    """Composes suggestions.  Holds nothing of any one call."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        evaluator = Evaluator(knowledge)
        self._knowledge = knowledge
        self._answers = PolicyAnswers(knowledge)
        self._results = Results(knowledge, evaluator)
        self.listener = Listener(knowledge, evaluator, date.today)

    def shown(self, notes: Notes, understood: Mapping[str, Understood]) -> Shown:
        """``understood``: the lines of the notes as the engine takes them; those that it has not read are silent."""
        asked = self._asked(notes, understood)
        suggestions = tuple(self._suggestion(each, notes) for each in asked)
        fact = None
        if asked or notes.subject or self.listener.known(notes):
            fact = self.listener.next_question(notes, [each.measure for each in asked]) or None
        return Shown(
            notes=notes,
            chips=tuple(self.listener.chips(notes)),
            suggestions=suggestions,
            question=Question(fact, self.listener.is_sensitive(notes, fact)) if fact else None,
            everything=self._everything(notes) if self._wants_all(notes, understood) else (),
            nothing_found=bool(notes.lines) and not suggestions and not self.listener.known(notes),
        )

    def _asked(self, notes: Notes, understood: Mapping[str, Understood]) -> list[Asked]:
        """Of the last line that is surely about something, else of the last that may be."""
        found = [(line, measures_in(understood[line])) for line in notes.lines if line in understood]
        about = [measures for _, measures in found if measures]
        sure = [measures for measures in about if max(each.chance for each in measures) >= SURE]
        unsure = [likely for measures in about if (likely := [each for each in measures if each.chance >= POSSIBLE])]
        last = (sure or unsure)[-1:]
        asked = last[0] if last else []
        if notes.subject in self._knowledge.rules and all(each.measure != notes.subject for each in asked):
            asked = [Asked(str(notes.subject), None, 1), *asked]
        return asked

    def _wants_all(self, notes: Notes, understood: Mapping[str, Understood]) -> bool:
        last = understood.get(notes.lines[-1]) if notes.lines else None
        asks = last is not None and last.intent in _ASKS_FOR_ALL and not any(measures_in(last))
        return notes.subject == ALL or asks

    def _suggestion(self, asked: Asked, notes: Notes) -> Suggestion:
        measure, today = self._knowledge.measure(asked.measure), date.today()
        answer = self._answers.answer(measure.id, asked.aspect, today)
        verdict = self.listener.verdicts(notes, [measure.id]).get(measure.id)
        rule = self._knowledge.rules.get(measure.id)
        return Suggestion(
            measure=measure,
            aspect=asked.aspect,
            chance=round(100 * asked.chance),
            answer=answer,
            sentences=tuple(answer.text.splitlines()),
            parts=self._parts[measure.id],
            judged=self._judged(verdict) if verdict is not None else None,
            files=measure.id in self._knowledge.applications and answer.validity != "expired",
            checks=rule is not None and rule.conditions is not None,
        )

    def _everything(self, notes: Notes) -> tuple[tuple[Measure, Judged], ...]:
        """What may be had first, then what an agency decides, what is open, what not."""
        verdicts = self._results.in_order(self.listener.all_verdicts(notes).values())
        ranked = sorted(verdicts, key=lambda each: list(TONES).index(each.outcome))
        return tuple((self._knowledge.measure(each.measure), self._judged(each)) for each in ranked)

    def _judged(self, verdict: Verdict) -> Judged:
        why = tuple(line.removeprefix("· ") for line in self._results.why(verdict))
        outcome = verdict.outcome
        if verdict.live:
            why = ("还要问：" + "、".join(self._knowledge.facts[fact].title for fact in verdict.live),)
        return Judged(outcome, SHORT[outcome], SAYS[outcome], TONES[outcome], why)

    @cached_property
    def _parts(self) -> Mapping[str, tuple[Part, ...]]:
        return {
            measure.id: tuple(self._part(measure, name) for name in ASPECTS)
            for measure in self._knowledge.measures.values()
        }

    def _part(self, measure: Measure, name: str) -> Part:
        aspect_name: AspectName = name  # type: ignore[assignment]  # ASPECTS are its values
        aspect = measure.aspects.get(aspect_name)
        contact = self._knowledge.contacts[aspect.ask].text if aspect.ask else ""
        left_open = f"{aspect.left_open}{f'请问{contact}。' if contact else ''}" if aspect.left_open else ""
        return Part(self._knowledge.aspects[name].title, aspect.answer, left_open)


def measures_in(understood: Understood) -> list[Asked]:
    """The likeliest measures of every question, each once; none where nothing asked is about the policies."""
    found: dict[str, Asked] = {}
    if understood.intent == "out_of_scope":
        return []
    for ask in understood.asks:
        for ranked in ask.measures[:MOST_SUGGESTED]:
            if ranked.confidence >= LIKELY and ranked.id not in found:
                found[ranked.id] = Asked(ranked.id, ask.aspect, ranked.confidence)
    return list(found.values())


def unread(notes: Notes, understood: Mapping[str, Understood], most: int) -> Sequence[str]:
    """The lines that the engine has to read yet, the last ones."""
    return [line for line in dict.fromkeys(notes.lines) if line not in understood][-most:]
