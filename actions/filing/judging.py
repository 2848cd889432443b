"""What the rules say of an application: told before it is sent, and kept with the case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from actions.checking.profile import Told
from actions.filing.state import FilingState, answered
from casework.cases.judgements import Judgement, Reasoned
from casework.desk import Desk
from casework.people.errands import Errand
from policy_kb import Citation, KnowledgeBase
from policy_kb.eligibility import Applicant, Evaluator, Known, Outcome, Trace, Verdict
from policy_kb.procedures import Application


@dataclass(frozen=True)
class Finding:
    """What the person has to hear before it is sent.

    ``before``: the outcome when the filing began, where it was another; ``by``: what has changed since.
    """

    verdict: Verdict
    before: Outcome | None = None
    by: Literal["rules", "facts"] | None = None


class Judging:
    """Judges a filing by the rule of its measure on the day of asking.  It never keeps anybody from filing."""

    def __init__(self, knowledge: KnowledgeBase, desk: Desk, today: Callable[[], date]) -> None:
        self._knowledge = knowledge
        self._evaluator = Evaluator(knowledge)
        self._told = Told(knowledge, desk, today)
        self._today = today

    def verdict(self, errand: Errand, application: Application, state: FilingState) -> Verdict | None:
        """By what is known of the applicant now; None where no rule judges this kind."""
        return self._on(self._today(), application, self._facts(errand, application, state))

    def finding(self, errand: Errand, application: Application, state: FilingState) -> Finding | None:
        """None where there is nothing to hear: that an unknown has been settled well is no news."""
        facts = self._facts(errand, application, state)
        now, began = self._on(self._today(), application, facts), state.began
        if now is None:
            return None
        settled = began is not None and began["outcome"] == "unknown" and not began.get("seen")
        if began is None or settled or began["outcome"] == now.outcome:
            return Finding(now) if now.outcome in ("no", "not_in_force") else None
        then = self._on(date.fromisoformat(began["day"]), application, facts)
        same_rules = began["version"] == now.version and then is not None and then.outcome == now.outcome
        return Finding(now, began["outcome"], "facts" if same_rules else "rules")

    def _on(self, day: date, application: Application, facts: Mapping[str, Known]) -> Verdict | None:
        if application.id not in self._knowledge.rules:
            return None
        return self._evaluator.judge_one(application.id, facts, day, _applicant(application))

    def _facts(self, errand: Errand, application: Application, state: FilingState) -> dict[str, Known]:
        """The form's answers go before the profile, which is of nobody else than the person who files."""
        own = state.on_behalf == "self" and _applicant(application) == "person"
        answers = {
            field.fact: (answer.value, answer.token)
            for field, answer in answered(application, state)
            if field.fact is not None
        }
        return {**(self._told.of(errand.person) if own else {}), **self._told.read(answers)}

    def record(self, verdict: Verdict) -> Judgement:
        """The verdict as it is kept: sources by their ids, and no answer of the person."""
        return Judgement(
            measure=verdict.measure,
            applicant=verdict.basis.applicant,
            outcome=verdict.outcome,
            day=verdict.day,
            version=verdict.version,
            decisive=tuple(each.says for each in verdict.decisive if each.says),
            live=verdict.live,
            sources=self._sources(verdict.citations),
            trace=self._reasoned(verdict.trace) if verdict.trace is not None else None,
        )

    def _reasoned(self, node: Trace) -> Reasoned:
        children = tuple(map(self._reasoned, node.children))
        return Reasoned(node.kind, node.truth, node.fact, node.says, self._sources(node.citations), children)

    def _sources(self, citations: Iterable[Citation]) -> tuple[str, ...]:
        notices = {each.number: each.id for each in self._knowledge.sources.values()}
        supplements = {(each.source, each.text): each.id for each in self._knowledge.supplements.values()}
        named = (
            f"{notices[each.notice]}#{each.clause}" if each.notice else supplements[each.source or "", each.quote]
            for each in citations
        )
        return tuple(dict.fromkeys(named))


def brief(verdict: Verdict | None) -> dict[str, Any] | None:
    """What a filing's state remembers of a verdict."""
    if verdict is None:
        return None
    why = [each.says for each in verdict.decisive]
    return {"outcome": verdict.outcome, "why": why, "version": verdict.version, "day": verdict.day.isoformat()}


def same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    return one == other or (
        one is not None and other is not None and (one["outcome"], one["why"]) == (other["outcome"], other["why"])
    )


def _applicant(application: Application) -> Applicant:
    return "employer" if application.applicant == "employer" else "person"
