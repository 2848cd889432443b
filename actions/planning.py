"""One person's plan: what to do first and what after, out of what was told so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.checking.known import shown
from actions.checking.profile import Told
from actions.checking.results import Results
from actions.loop import Events, say
from actions.said import read
from casework.cases.lifecycle import STATUS_WORDS
from casework.desk import Desk
from casework.people.plans import Plan, Step, Unclear
from policy_kb import KnowledgeBase
from policy_kb.eligibility import DontKnow, Evaluator, Fact, Known
from policy_kb.ending import ending
from policy_kb.model import Citation
from policy_kb.reply import Button, Message, payload

MOST_SHOWN = 5
_LAST = (
    "这份计划存进了您的档案，窗口和热线的工作人员也看得到；网页上能打印。"
    "它是按您说过的情况排的，以办理单位认定为准。情况变了直接告诉我，再说“给我排个计划”就重新排。"
)


class Planner:
    """Puts what the person can act on in the order in which to act."""

    def __init__(self, knowledge: KnowledgeBase, evaluator: Evaluator) -> None:
        self._knowledge = knowledge
        self._evaluator = evaluator
        self._order = Results(knowledge, evaluator).in_order

    def plan(self, facts: Mapping[str, Known], day: date) -> Plan:
        """First what others wait for, then what the person may ask for, money to live on first."""
        verdicts = self._order(self._evaluator.judge(facts, day, measures=self._evaluator.personal).values())
        filed = [each for each in verdicts if each.measure in self._knowledge.applications]
        remedies = dict.fromkeys(first for each in filed if each.outcome == "no" for first in each.remedies)
        open_to = (each.measure for each in filed if each.outcome in ("yes", "needs_review"))
        first = tuple(dict.fromkeys((*remedies, *open_to)))
        return Plan(
            day=day,
            told=tuple(self._told(facts)),
            steps=tuple(self._step(each, each in remedies, day) for each in first),
            unclear=tuple(
                Unclear(self._knowledge.measure(each.measure).label, self._titles(each.live))
                for each in verdicts
                if each.outcome == "unknown" and each.live and each.measure not in first
            ),
        )

    def _step(self, measure_id: str, first: bool, day: date) -> Step:
        measure = self._knowledge.measure(measure_id)
        aspects = measure.aspects
        told = (aspects.steps, aspects.materials, aspects.time_limit, aspects.place)
        return Step(
            measure=measure_id,
            label=measure.label,
            first=first,
            how=aspects.steps.answer,
            papers=aspects.materials.answer,
            takes=aspects.time_limit.answer,
            where=aspects.place.answer,
            validity=measure.validity.on(day),
            ends=ending(measure.validity, day),
            ask="；".join(dict.fromkeys(self._knowledge.contacts[each.ask].text for each in told if each.ask)),
            citations=_without_parts(cited for each in told for cited in self._knowledge.citations(measure, each)),
        )

    def _told(self, facts: Mapping[str, Known]) -> list[tuple[str, str]]:
        """In the order of the facts' own list."""
        known = [(fact, facts[fact.id]) for fact in self._knowledge.facts.values() if fact.id in facts]
        return [(fact.title, self._shown(fact, value)) for fact, value in known if not isinstance(value, DontKnow)]

    def _shown(self, fact: Fact, value: Known) -> str:
        """As in a form: a yes without the question that it answers."""
        return ("是" if value else "否") if isinstance(value, bool) else shown(fact, value, self._knowledge.places)

    def _titles(self, facts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._knowledge.facts[each].title for each in facts)


def _without_parts(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """The notice's first; none that stands whole in another of the same source."""
    found = sorted(dict.fromkeys(citations), key=lambda each: each.notice is None)
    return tuple(
        each
        for each in found
        if not any(other != each and other.notice == each.notice and each.quote in other.quote for other in found)
    )


def told_step(number: int, step: Step, standing: str | None) -> Message:
    """One step as a message: what is said of doing it, what to bring, and whether it is filed already."""
    quoted = next((f"原文（{each.clause}）：“{each.quote}”" for each in step.citations if each.notice), "")
    lines = (
        f"第 {number} 件：{step.label}" + (f"（{standing}）" if standing else ""),
        step.ends,
        f"怎么办：{step.how}",
        f"要准备：{step.papers}",
        quoted,
    )
    return Message(
        text="\n".join(line for line in lines if line),
        kind="eligibility_result",
        measures=(step.measure,),
        citations=step.citations,
        validity=step.validity,
        buttons=() if standing else (Button("填申请", payload("apply", measure=step.measure)),),
    )


class MakePlan(Action):  # type: ignore[misc]  # rasa_sdk has no types
    """“What do I do first?”: the plan, kept in the person's file; or the check that it needs."""

    def __init__(self, desk: Desk, knowledge: KnowledgeBase, evaluator: Evaluator, today: Callable[[], date]) -> None:
        self._desk = desk
        self._planner = Planner(knowledge, evaluator)
        self._told = Told(knowledge, desk, today)
        self._today = today

    def name(self) -> str:
        return "action_plan"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        person, day = self._desk.people.of(read(tracker).conversation), self._today()
        facts = self._told.of(person)
        if not facts:
            say(dispatcher, Message(text="先问您几样情况，问完就给您排先后。", kind="notice"))
            return [FollowupAction("action_what_can_i_get")]
        plan = self._planner.plan(facts, day)
        self._desk.plans.keep(person, plan)
        filed = {case.application: STATUS_WORDS[case.status] for case in reversed(self._desk.cases.of_person(person))}
        for number, step in enumerate(plan.steps[:MOST_SHOWN], start=1):
            say(dispatcher, told_step(number, step, filed.get(step.measure)))
        say(dispatcher, _closing(plan))
        return []


def _closing(plan: Plan) -> Message:
    later = [each.label for each in plan.steps[MOST_SHOWN:]]
    unclear = [each.label for each in plan.unclear]
    lines = (
        "照您说过的情况，现在还排不出能办的事。" if not plan.steps else "",
        f"后面还有：{'、'.join(later)}。" if later else "",
        f"还要先弄清楚情况的：{'、'.join(unclear)}。" if unclear else "",
        _LAST,
    )
    more = Button("接着问我情况" if unclear else "重新对一遍", payload("ask_entitlements"))
    return Message(text="\n".join(line for line in lines if line), kind="eligibility_result", buttons=(more,))
