"""One person's plan: what to do first and what after, out of what was told so far."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.checking.profile import Told
from actions.checking.results import Results
from actions.loop import Events, say
from actions.said import read
from casework.desk import Desk
from casework.lifecycle import STATUS_WORDS
from policy_kb import KnowledgeBase
from policy_kb.eligibility import Evaluator, Known, Verdict
from policy_kb.reply import Button, Message, payload

MOST_STEPS = 5
_LAST = "这是按您说过的情况排的，以办理单位认定为准。情况变了直接告诉我，再说“给我排个计划”就重新排。"


class Planner:
    """Puts verdicts in the order in which they are to be acted on."""

    def __init__(self, knowledge: KnowledgeBase, evaluator: Evaluator) -> None:
        self._knowledge = knowledge
        self._evaluator = evaluator
        self._order = Results(knowledge, evaluator).in_order

    def steps(self, facts: dict[str, Known], day: date) -> list[str]:
        """Measures: first what others wait for, then what the person may ask for, money to live on first."""
        verdicts = self._evaluator.judge(facts, day, measures=self._evaluator.personal)
        ordered = [each for each in self._order(verdicts.values()) if each.measure in self._knowledge.applications]
        remedies = [first for each in ordered if each.outcome == "no" for first in each.remedies]
        open_to = [each.measure for each in ordered if each.outcome in ("yes", "needs_review")]
        return list(dict.fromkeys((*remedies, *open_to)))

    def unclear(self, facts: dict[str, Known], day: date) -> list[Verdict]:
        """What cannot be said yet, in the same order."""
        verdicts = self._evaluator.judge(facts, day, measures=self._evaluator.personal)
        return [each for each in self._order(verdicts.values()) if each.outcome == "unknown" and each.live]

    def step(self, number: int, measure_id: str, standing: str | None, day: date) -> Message:
        """One step: what is said of doing it, what to bring, and whether it is filed already."""
        measure = self._knowledge.measure(measure_id)
        how, papers = measure.aspects.get("steps"), measure.aspects.get("materials")
        lines = [
            f"第 {number} 件：{measure.label}" + (f"（{standing}）" if standing else ""),
            f"怎么办：{how.answer if how else measure.summary}",
            f"要准备：{papers.answer}" if papers else "",
        ]
        parts = [part for part in (how, papers) if part is not None]
        cited = [each for part in parts for each in self._knowledge.citations(measure, part)]
        cited = cited or list(self._knowledge.citations(measure, None))
        quoted = next((f"原文（{each.clause}）：“{each.quote}”" for each in cited if each.notice), "")
        file = Button("填申请", payload("apply", measure=measure_id))
        return Message(
            text="\n".join(line for line in (*lines, quoted) if line),
            kind="eligibility_result",
            measures=(measure_id,),
            citations=tuple(dict.fromkeys(cited)),
            validity=self._knowledge.validity(measure_id, day),
            buttons=() if standing else (file,),
        )


class Plan(Action):  # type: ignore[misc]  # rasa_sdk has no types
    """“What do I do first?”: the plan, or the check that it needs."""

    def __init__(self, desk: Desk, knowledge: KnowledgeBase, evaluator: Evaluator, today: Callable[[], date]) -> None:
        self._desk = desk
        self._knowledge = knowledge
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
        steps = self._planner.steps(facts, day)
        filed = {case.application: STATUS_WORDS[case.status] for case in reversed(self._desk.cases.of_person(person))}
        for number, measure in enumerate(steps[:MOST_STEPS], start=1):
            say(dispatcher, self._planner.step(number, measure, filed.get(measure), day))
        say(dispatcher, self._closing(steps, facts, day))
        return []

    def _closing(self, steps: list[str], facts: dict[str, Known], day: date) -> Message:
        labels = [self._knowledge.measure(each).label for each in steps[MOST_STEPS:]]
        unclear = [self._knowledge.measure(each.measure).label for each in self._planner.unclear(facts, day)]
        lines = [
            "照您说过的情况，现在还排不出能办的事。" if not steps else "",
            f"后面还有：{'、'.join(labels)}。" if labels else "",
            f"还要先弄清楚情况的：{'、'.join(unclear)}。" if unclear else "",
            _LAST,
        ]
        more = Button("接着问我情况" if unclear else "重新对一遍", payload("ask_entitlements"))
        return Message(text="\n".join(line for line in lines if line), kind="eligibility_result", buttons=(more,))
