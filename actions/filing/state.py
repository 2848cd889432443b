"""Where a filing stands: the answers so far, and which field comes next.  Pure; kept in the errand's sealed state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from policy_kb.procedures import Application, ApplicationField, When

Step = Literal["consent", "reuse", "fields", "review"]


@dataclass(frozen=True)
class Answer:
    """``value`` is JSON, a vault or document token where the field is personal; ``shown`` is how it reads."""

    value: Any
    shown: str
    token: bool = False
    told: bool = False
    """Told by another answer (the birth date by the ID number), not by the person."""


@dataclass(frozen=True)
class FilingState:
    """``trail``: the fields in the order in which they were answered or skipped.  ``offered``: tokens of personal
    values that came before they were asked for, by field type.  ``switch``: another application, asked about.
    ``began`` and ``reviewed``: what the rules said (:func:`actions.filing.judging.brief`) when the filing began, and
    of what the review shows."""

    step: Step = "consent"
    on_behalf: str = "self"
    consent: int | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    changing: str | None = None
    wrong: int = 0
    offered: Mapping[str, str] = field(default_factory=dict)
    switch: str | None = None
    began: Mapping[str, Any] | None = None
    reviewed: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def from_dict(plain: Mapping[str, Any]) -> FilingState:
    """Reads what :meth:`FilingState.as_dict` wrote; what others keep beside it is left alone."""
    own = {each.name: plain[each.name] for each in fields(FilingState) if each.name in plain}
    answers = {each: Answer(**answer) for each, answer in own["answers"].items()}
    return FilingState(**{**own, "answers": answers, "skipped": tuple(own["skipped"]), "trail": tuple(own["trail"])})


def applies(field: ApplicationField, state: FilingState) -> bool:
    """Whether the field is asked, given the answers so far."""
    return all(_holds(condition, state) for condition in field.when)


def _holds(condition: When, state: FilingState) -> bool:
    answer = state.answers.get(condition.field)
    if answer is None:
        return False
    values = answer.value if isinstance(answer.value, list) else [answer.value]
    return any(_as_id(value) in condition.one_of for value in values)


def _as_id(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def pending(application: Application, state: FilingState) -> ApplicationField | None:
    """The field that is asked for now; None where nothing is left to ask."""
    if state.changing is not None:
        return application.field(state.changing)
    for each in application.fields:
        if each.id not in state.answers and each.id not in state.skipped and _is_asked(each, state):
            return each
    return None


def _is_asked(field: ApplicationField, state: FilingState) -> bool:
    """What the ID number tells is not asked; a foreigner's card may not tell it, and then it is."""
    known = state.answers.get(field.id)
    return applies(field, state) and not (known is not None and known.told)


def answered(application: Application, state: FilingState) -> Iterator[tuple[ApplicationField, Answer]]:
    """The answers in the order of the form."""
    for each in application.fields:
        if each.id in state.answers:
            yield each, state.answers[each.id]


def progress(application: Application, state: FilingState) -> tuple[int, int]:
    """The number of the question that is asked now, and how many there are, as far as is known."""
    asked = [each for each in application.fields if _is_asked(each, state)]
    done = [each for each in asked if each.id in state.answers or each.id in state.skipped]
    return min(len(done) + 1, len(asked)), len(asked)


def with_answer(application: Application, state: FilingState, answers: Mapping[str, Answer]) -> FilingState:
    """The state with a field answered (and what it tells); answers that no longer apply are dropped."""
    first = next(iter(answers))
    no_longer_told = {each.id for each in application.fields if each.told_by in answers}
    trail = (*(each for each in state.trail if each != first), first)
    new = replace(
        state,
        answers={**{each: kept for each, kept in state.answers.items() if each not in no_longer_told}, **answers},
        skipped=tuple(each for each in state.skipped if each not in answers),
        trail=trail,
        changing=None,
        wrong=0,
    )
    return without_orphans(application, new)


def without_orphans(application: Application, state: FilingState) -> FilingState:
    """Drops what depended on an answer that changed, and what depended on that in turn."""
    while True:
        orphans = {each.id for each, _ in answered(application, state) if not applies(each, state)}
        if not orphans:
            return state
        state = replace(state, answers={each: kept for each, kept in state.answers.items() if each not in orphans})


def skipping(state: FilingState, field_id: str) -> FilingState:
    kept = {each: answer for each, answer in state.answers.items() if each != field_id}
    return replace(
        state,
        answers=kept,
        skipped=(*(each for each in state.skipped if each != field_id), field_id),
        trail=(*(each for each in state.trail if each != field_id), field_id),
        changing=None,
        wrong=0,
    )


def going_back(application: Application, state: FilingState) -> FilingState | None:
    """Asks again for the field answered last before the one that is asked now; None at the beginning."""
    now = pending(application, state)
    trail = list(state.trail)
    if now is not None and now.id in trail:
        trail = trail[: trail.index(now.id)]
    for each in reversed(trail):
        if applies(application.field(each), state):
            return replace(state, step="fields", changing=each, wrong=0)
    return None
