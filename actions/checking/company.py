"""The result of a check for a company, in words.  An agency decides all of it; what has ended is said."""

from __future__ import annotations

from datetime import date

from actions.checking.results import SAYS, Results
from policy_kb import KnowledgeBase
from policy_kb.eligibility import Evaluator, Outcome, Verdict
from policy_kb.model import ValidityState
from policy_kb.reply import Button, Message, payload

_HEADINGS: dict[Outcome, str] = {
    "needs_review": "单位可以去问、去提，行不行由办理单位定：",
    "not_in_force": "这些已经到期：",
}
_STAGED = "（阶段性的，先问还有没有）"
_LAST = "最后以办理单位认定为准。这是替单位看的，没有记进您个人的资料。"
_OWN = Button("看我自己能领什么", payload("ask_entitlements", value="self"))


class CompanyResults:
    """Says of each measure that a company may ask about what is looked at."""

    def __init__(self, knowledge: KnowledgeBase, evaluator: Evaluator) -> None:
        self._knowledge = knowledge
        self._evaluator = evaluator
        self._ranked = Results(knowledge, evaluator)

    def of_all(self, day: date) -> tuple[Message, ...]:
        verdicts = self._evaluator.judge({}, day, "employer", self._evaluator.for_employers)
        ordered = self._ranked.in_order(verdicts.values())
        grouped = {outcome: [each for each in ordered if each.outcome == outcome] for outcome in _HEADINGS}
        files = [each for each in grouped["needs_review"] if self._can_file(each.measure)]
        last = Message(
            text=_LAST,
            kind="eligibility_result",
            measures=tuple(each.measure for each in files),
            buttons=(*map(self._apply, files), _OWN),
        )
        return (*(self._group(outcome, found, day) for outcome, found in grouped.items() if found), last)

    def of_one(self, measure: str, day: date) -> tuple[Message, ...]:
        verdict = self._evaluator.judge_one(measure, {}, day, "employer")
        label, staged = self._label(verdict), self._staged(verdict, day)
        lines = [f"【{label}】{self._says(verdict)}{staged}"]
        lines += [f"· 由办理单位看：{each.says}" for each in verdict.looks_at]
        lines += [f"说不准的：{gap}" for gap in verdict.gaps if verdict.outcome == "needs_review"]
        lines += [f"原文（{each.clause}）：“{each.quote}”" for each in verdict.citations if each.notice][:1]
        return (
            Message(
                text="\n".join([*lines, _LAST]),
                kind="eligibility_result",
                measures=(measure,),
                citations=verdict.citations,
                validity=self._validity(measure, day),
                buttons=(
                    *((self._apply(verdict),) if verdict.outcome != "not_in_force" and self._can_file(measure) else ()),
                    Button("怎么办", payload("ask_policy", measure=measure, aspect="steps")),
                    Button("看原文", payload("ask_policy", measure=measure, aspect="source")),
                    Button("看单位能享受什么", payload("ask_entitlements", value="employer")),
                ),
            ),
        )

    def _says(self, verdict: Verdict) -> str:
        if verdict.outcome == "needs_review":
            return "单位可以去提，行不行由办理单位定。"
        if verdict.outcome == "not_in_force":
            return SAYS["not_in_force"]
        stated = self._knowledge.rules[verdict.measure].not_for_persons
        return stated[0].says if stated else "这是给个人的，单位不能申请。"

    def _group(self, outcome: Outcome, verdicts: list[Verdict], day: date) -> Message:
        lines = [f"· {self._label(each)}{self._looked_at(each)}{self._staged(each, day)}" for each in verdicts]
        return Message(
            text="\n".join([_HEADINGS[outcome], *lines]),
            kind="eligibility_result",
            measures=tuple(each.measure for each in verdicts),
            citations=tuple(dict.fromkeys(citation for each in verdicts for citation in each.citations[:1])),
            buttons=tuple(
                Button(self._label(each), payload("check_eligibility", measure=each.measure, value="employer"))
                for each in verdicts
            ),
        )

    def _looked_at(self, verdict: Verdict) -> str:
        return f"：看{verdict.looks_at[0].says}" if verdict.looks_at else ""

    def _staged(self, verdict: Verdict, day: date) -> str:
        return _STAGED if self._validity(verdict.measure, day) == "staged" else ""

    def _validity(self, measure: str, day: date) -> ValidityState:
        return self._knowledge.validity(measure, day)

    def _can_file(self, measure: str) -> bool:
        application = self._knowledge.applications.get(measure)
        return application is not None and application.applicant == "employer"

    def _apply(self, verdict: Verdict) -> Button:
        return Button(f"申请{self._label(verdict)}", payload("apply", measure=verdict.measure))

    def _label(self, verdict: Verdict) -> str:
        return self._knowledge.measure(verdict.measure).label
