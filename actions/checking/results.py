"""The result of a check in words: what may be had, what an agency decides, what not and exactly why.

Nobody is told that they have been found eligible: a machine may not decide that (PIPL article 24).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from policy_kb import KnowledgeBase
from policy_kb.eligibility import Evaluator, Known, Verdict
from policy_kb.model import Citation
from policy_kb.reply import Button, Message, payload

MOST_LISTED = 8
MOST_BUTTONS = 5
_HEADINGS = {
    "yes": "照您说的，这些都对得上：",
    "needs_review": "您可以提出来，由单位认定：",
    "unknown": "还差几样情况才说得准：",
    "remedy": "先办一件事，就有可能：",
    "no": "照您说的，这些条件对不上：",
    "not_in_force": "这些已经到期：",
}
_LAST = "最后以办理单位认定为准。情况变了，比如“其实我是去年3月失业的”，直接告诉我，我重新算。"


class Results:
    """Composes contract messages out of verdicts."""

    def __init__(self, knowledge: KnowledgeBase, evaluator: Evaluator) -> None:
        self._knowledge = knowledge
        self._evaluator = evaluator
        groups = knowledge.menu.values()
        self._rank = {measure: rank for rank, measure in enumerate(m for group in groups for m in group.measures)}

    def of_all(self, facts: Mapping[str, Known], day: date) -> tuple[Message, ...]:
        """One message for each outcome that is there; money to live on first."""
        verdicts = self._evaluator.judge(facts, day, measures=self._evaluator.personal)
        grouped: dict[str, list[Verdict]] = {heading: [] for heading in _HEADINGS}
        for verdict in self.in_order(verdicts.values()):
            grouped["remedy" if verdict.outcome == "no" and verdict.remedies else verdict.outcome].append(verdict)
        messages = [self._group(heading, found) for heading, found in grouped.items() if found]
        return (*messages, self._closing(grouped))

    def in_order(self, verdicts: Iterable[Verdict]) -> list[Verdict]:
        """As the menu has them: money to live on first."""
        return sorted(verdicts, key=lambda each: self._rank.get(each.measure, len(self._rank)))

    def of_one(self, measure: str, facts: Mapping[str, Known], day: date) -> tuple[Message, ...]:
        verdict = self._evaluator.judge_one(measure, facts, day)
        label = self._knowledge.measure(measure).label
        lines = [f"【{label}】{SAYS[verdict.outcome]}", *self.why(verdict)]
        lines += [f"说不准的：{gap}" for gap in verdict.gaps]
        lines += [f"原文（{each.clause}）：“{each.quote}”" for each in verdict.citations if each.notice][:1]
        lines += [_sources(verdict.citations), _LAST]
        return (
            Message(
                text="\n".join(line for line in lines if line),
                kind="eligibility_result",
                measures=(measure,),
                citations=verdict.citations,
                validity=self._knowledge.validity(measure, day),
                buttons=self._next(verdict),
            ),
        )

    def changes(self, before: Mapping[str, Known], after: Mapping[str, Known], day: date) -> Message:
        """What a changed fact changes."""
        was = self._evaluator.judge(before, day, measures=self._evaluator.personal)
        now = self._evaluator.judge(after, day, measures=self._evaluator.personal)
        changed = [each for each in now.values() if each.outcome != was[each.measure].outcome]
        if not changed:
            return Message(text="记下了。重新算了一遍，结果跟刚才一样。", kind="eligibility_result")
        lines = [
            f"· {self._label(each)}：{SHORT[was[each.measure].outcome]} → {SHORT[each.outcome]}" for each in changed
        ]
        return Message(
            text="\n".join(["记下了，重新算了一遍，变了这些：", *lines, "以办理单位认定为准。"]),
            kind="eligibility_result",
            measures=tuple(each.measure for each in changed),
            citations=_distinct(each.citations[:1] for each in changed),
            buttons=tuple(self._look(each) for each in changed[:MOST_BUTTONS]),
        )

    def _group(self, heading: str, verdicts: list[Verdict]) -> Message:
        listed = verdicts[:MOST_LISTED]
        lines = [f"· {self._label(each)}{self.briefly(each)}" for each in listed]
        if len(verdicts) > len(listed):
            rest = "、".join(self._label(each) for each in verdicts[MOST_LISTED:])
            lines.append(f"· 还有：{rest}")
        return Message(
            text="\n".join([_HEADINGS[heading], *lines]),
            kind="eligibility_result",
            measures=tuple(each.measure for each in verdicts),
            citations=_distinct(each.citations[:1] for each in verdicts),
            buttons=tuple(self._look(each) for each in listed[:MOST_BUTTONS])
            if heading in ("yes", "needs_review")
            else (),
        )

    def _closing(self, grouped: Mapping[str, list[Verdict]]) -> Message:
        files = [
            each for each in (*grouped["yes"], *grouped["needs_review"]) if each.measure in self._knowledge.applications
        ]
        buttons = (Button(f"申请{self._label(each)}", payload("apply", measure=each.measure)) for each in files[:3])
        return Message(
            text=_LAST,
            kind="eligibility_result",
            measures=tuple(each.measure for each in files[:3]),
            buttons=(Button("给我排个计划", payload("plan")), *buttons),
        )

    def briefly(self, verdict: Verdict) -> str:
        """After the label: the decisive reason of a no, what a remedy is, what is still open."""
        if verdict.outcome == "no" and verdict.remedies:
            return "：先" + "、".join(f"办“{self._knowledge.measure(each).label}”" for each in verdict.remedies)
        if verdict.outcome == "no":
            reasons = [each.says for each in verdict.decisive if each.says]
            return f"：要“{reasons[0]}”" if reasons else "：不是给个人的"
        if verdict.outcome == "unknown" and verdict.live:
            return "：看" + "、".join(self._knowledge.facts[each].title for each in verdict.live[:3])
        return ""

    def why(self, verdict: Verdict) -> list[str]:
        """One line for each reason, condition that an agency looks at, or fact that is still open."""
        if verdict.outcome == "no":
            meant_for = [f"· {each.says}" for each in self._knowledge.rules[verdict.measure].not_for_persons]
            return meant_for + [f"· 要求：{each.says}，您说的不是这样。" for each in verdict.decisive if each.says]
        if verdict.outcome == "needs_review":
            return [f"· 由单位看：{each.says}" for each in verdict.looks_at]
        if verdict.outcome == "unknown":
            return [f"· 还要看：{self._knowledge.facts[each].title}" for each in verdict.live]
        return []

    def _next(self, verdict: Verdict) -> tuple[Button, ...]:
        file = verdict.measure in self._knowledge.applications and verdict.outcome not in ("no", "not_in_force")
        company = payload("check_eligibility", measure=verdict.measure, value="employer")
        return (
            *((Button("替单位问", company),) if self._knowledge.rules[verdict.measure].employer else ()),
            *((Button("直接申请", payload("apply", measure=verdict.measure)),) if file else ()),
            *(
                Button(f"先办{self._knowledge.measure(each).label}", payload("apply", measure=each))
                for each in verdict.remedies
            ),
            Button("怎么办", payload("ask_policy", measure=verdict.measure, aspect="steps")),
            Button("看原文", payload("ask_policy", measure=verdict.measure, aspect="source")),
            Button("看看别的能领什么", payload("ask_entitlements")),
        )

    def _look(self, verdict: Verdict) -> Button:
        return Button(self._label(verdict), payload("ask_policy", measure=verdict.measure))

    def _label(self, verdict: Verdict) -> str:
        return self._knowledge.measure(verdict.measure).label


SAYS = {
    "yes": "照您说的，条件都对得上，可以去申请。",
    "needs_review": "可以提出来，行不行由单位认定。",
    "unknown": "现在还说不准。",
    "no": "照您说的，现在条件对不上。",
    "not_in_force": "这一条已经到期，不能再按它办。",
}
SHORT = {
    "yes": "条件对得上",
    "needs_review": "由单位认定",
    "unknown": "说不准",
    "no": "对不上",
    "not_in_force": "已到期",
}


def _distinct(groups: Iterable[Iterable[Citation]]) -> tuple[Citation, ...]:
    return tuple(dict.fromkeys(citation for group in groups for citation in group))


def _sources(citations: Iterable[Citation]) -> str:
    named = dict.fromkeys(each.source for each in citations if each.source)
    return f"依据（不是这份通知写的）：{'；'.join(named)}。" if named else ""
