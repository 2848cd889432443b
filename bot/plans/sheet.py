"""What stands on a plan's page, on paper and on the screen alike: words only, so that all three say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from casework.cases.lifecycle import STATUS_WORDS
from casework.cases.references import shown
from casework.cases.view import CaseView
from casework.people.plans import Plan, Step
from policy_kb.model import Citation

TITLE = "我的办事计划"
_LAST = "以上按本人说过的情况排列，不是认定结果，以办理单位认定为准。情况变了，请在对话里说“给我排个计划”重新排。"
_NONE = "还没有排过计划。请回到对话里，说“给我排个计划”。"
_FOOTER = "依据{}等，每件事后面写着出处。"


@dataclass(frozen=True)
class Quoted:
    """``source``: number and clause of a notice, or the name of another source."""

    source: str
    text: str


@dataclass(frozen=True)
class SheetStep:
    """``standing``: where the person's own case of this kind stands, None where nothing was filed."""

    number: int
    label: str
    standing: str | None
    first: bool
    ends: str
    lines: tuple[tuple[str, str], ...]
    quotes: tuple[Quoted, ...]


@dataclass(frozen=True)
class Sheet:
    title: str
    made: str
    told: tuple[tuple[str, str], ...]
    steps: tuple[SheetStep, ...]
    unclear: tuple[str, ...]
    last: str
    footer: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def sheet(plan: Plan | None, cases: Iterable[CaseView], notices: Iterable[str]) -> Sheet:
    """``cases``: the person's own, the newest first.  ``notices``: their numbers."""
    footer = _FOOTER.format("、".join(notices))
    if plan is None:
        return Sheet(TITLE, "", (), (), (), _NONE, footer)
    standing = {case.application: _standing(case) for case in reversed(list(cases))}
    day = plan.day
    return Sheet(
        title=TITLE,
        made=f"{day.year}年{day.month}月{day.day}日排的。",
        told=plan.told,
        steps=tuple(_step(number, each, standing) for number, each in enumerate(plan.steps, start=1)),
        unclear=tuple(f"{each.label}：看{'、'.join(each.facts)}" for each in plan.unclear),
        last=_LAST,
        footer=footer,
    )


def _step(number: int, step: Step, standing: Mapping[str, str]) -> SheetStep:
    lines = (
        ("怎么办", step.how),
        ("要准备", step.papers),
        ("去哪里", step.where),
        ("多久办好", step.takes),
        ("没写的问谁", step.ask),
    )
    return SheetStep(
        number=number,
        label=step.label,
        standing=standing.get(step.measure),
        first=step.first,
        ends=step.ends,
        lines=tuple((name, words) for name, words in lines if words),
        quotes=tuple(_quoted(each) for each in step.citations),
    )


def _standing(case: CaseView) -> str:
    due = f"，{case.due_on.isoformat()} 前答复" if case.due_on else ""
    return f"{STATUS_WORDS[case.status]}{due}，编号 {shown(case.reference)}"


def _quoted(citation: Citation) -> Quoted:
    where = f"{citation.notice} {citation.clause}" if citation.notice else citation.source
    return Quoted(where or "", citation.quote)
