"""What may happen to a case, as one table, and the plain words for where it stands.

Pure: no database, no clock.  The table is the same for every kind of application: none of them has a reason
of its own to forbid a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

from casework.cases.references import shown
from casework.cases.view import CaseView

Status = Literal["filed", "accepted", "returned", "completed", "granted", "refused", "withdrawn", "appealed", "closed"]
Role = Literal["applicant", "agent", "supervisor", "bureau", "system"]
Action = Literal[
    "accept", "return", "complete", "grant", "refuse", "withdraw", "appeal", "close", "add_document", "remind"
]
Steps = Mapping[Action, Status]

_WORK_ON: Steps = {"return": "returned", "grant": "granted", "refuse": "refused"}
_CLOSE: Steps = {"close": "closed"}


def _staff(status: Status, agent: Steps, supervisor: Steps, bureau: Steps) -> dict[Role, Steps]:
    """Staff may add a document (sent by post, say) wherever they may do anything else."""
    add: Steps = {"add_document": status}
    return {"agent": {**agent, **add}, "supervisor": {**supervisor, **add}, "bureau": {**bureau, **add}}


def _applicant(status: Status, **more: Status) -> dict[Role, Steps]:
    own: dict[Any, Status] = {"withdraw": "withdrawn", "add_document": status, "remind": status, **more}
    return {"applicant": own}


_ACCEPT: Steps = {"accept": "accepted", "return": "returned"}
_DECIDE: Steps = {"grant": "granted", "refuse": "refused"}

TABLE: Mapping[Status, Mapping[Role, Steps]] = MappingProxyType(
    {
        # A bureau's own system may have accepted long before it reports; people here accept first.
        "filed": {**_applicant("filed"), **_staff("filed", _ACCEPT, _ACCEPT, {**_ACCEPT, **_DECIDE})},
        "accepted": {**_applicant("accepted"), **_staff("accepted", _WORK_ON, _WORK_ON, _WORK_ON)},
        # The case waits for the applicant; staff take what was brought to the counter.
        "returned": {
            **_applicant("returned", complete="completed"),
            **_staff("returned", {"complete": "completed"}, {"complete": "completed"}, {"complete": "completed"}),
        },
        "completed": {
            **_applicant("completed"),
            **_staff("completed", {**_ACCEPT, **_WORK_ON}, {**_ACCEPT, **_WORK_ON}, {**_ACCEPT, **_WORK_ON}),
        },
        "granted": {
            "applicant": {"appeal": "appealed"},
            "agent": _CLOSE,
            "supervisor": _CLOSE,
            "bureau": _CLOSE,
            "system": _CLOSE,
        },
        "refused": {
            "applicant": {"appeal": "appealed"},
            "agent": _CLOSE,
            "supervisor": _CLOSE,
            "bureau": _CLOSE,
            "system": _CLOSE,
        },
        "withdrawn": {"agent": _CLOSE, "supervisor": _CLOSE, "bureau": _CLOSE, "system": _CLOSE},
        # Not by an agent: somebody else than who decided the first time has to look again.
        "appealed": {**_applicant("appealed"), **_staff("appealed", {}, _DECIDE, _DECIDE)},
        "closed": {},
    }
)
"""Status × role → actions → the status after.  What is not here is not allowed."""

EVENTS: Mapping[Action, str] = MappingProxyType(
    {
        "accept": "accepted",
        "return": "returned",
        "complete": "completed",
        "grant": "granted",
        "refuse": "refused",
        "withdraw": "withdrawn",
        "appeal": "appealed",
        "close": "closed",
        "add_document": "document_added",
        "remind": "reminded",
    }
)
"""The event that an action leaves.  The first event of every case is “filed”."""

NEEDS: Mapping[Action, str] = MappingProxyType({"return": "missing", "refuse": "reason", "add_document": "documents"})
"""The detail without which an action is not allowed."""

OPEN: frozenset[Status] = frozenset({"filed", "accepted", "returned", "completed", "appealed"})
"""Somebody still has to do something; the same person cannot file the same kind again meanwhile."""

RUNNING: frozenset[Status] = frozenset({"filed", "accepted", "completed"})
"""Where the time limit runs: from filing, not while the applicant is awaited.  No source limits an appeal."""

DETAIL_NAMES: Mapping[str, str] = MappingProxyType(
    {"missing": "还缺什么材料", "reason": "不通过的原因", "documents": "要补的材料"}
)
STATUS_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "filed": "已递交，等受理",
        "accepted": "已受理，正在办",
        "returned": "要补材料",
        "completed": "材料补好了，正在办",
        "granted": "办好了",
        "refused": "没有通过",
        "withdrawn": "已撤回",
        "appealed": "正在复核",
        "closed": "已结案",
    }
)
ACTION_WORDS: Mapping[Action, str] = MappingProxyType(
    {
        "accept": "受理",
        "return": "退回补材料",
        "complete": "补齐",
        "grant": "通过",
        "refuse": "不通过",
        "withdraw": "撤回",
        "appeal": "申请复核",
        "close": "结案",
        "add_document": "加材料",
        "remind": "催办",
    }
)
EVENT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "filed": "递交",
        "accepted": "受理",
        "returned": "退回补材料",
        "completed": "补齐材料",
        "granted": "通过",
        "refused": "没有通过",
        "withdrawn": "撤回",
        "appealed": "申请复核",
        "closed": "结案",
        "document_added": "加了材料",
        "reminded": "催办",
    }
)


class NotAllowed(Exception):
    """The step is not in the table; the message says in Chinese why not."""


def allowed(status: Status, role: str) -> tuple[Action, ...]:
    """What ``role`` may do next, in the table's order."""
    steps: Steps = TABLE[status].get(role, {})  # type: ignore[call-overload]
    return tuple(steps)


def step(status: Status, role: str, action: str, details: Mapping[str, Any]) -> tuple[str, Status]:
    """The event that ``action`` leaves and the status after it; :class:`NotAllowed` if it may not be done."""
    known = next((each for each in allowed(status, role) if each == action), None)
    if known is None:
        raise NotAllowed(_why_not(status, action))
    needed = NEEDS.get(known)
    if needed is not None and not details.get(needed):
        raise NotAllowed(f"请写明{DETAIL_NAMES[needed]}。")
    return EVENTS[known], after(status, EVENTS[known])


def after(status: Status, event: str) -> Status:
    """The status after an event, whoever caused it; ValueError for one that the table does not allow."""
    for steps in TABLE[status].values():
        for action, after in steps.items():
            if EVENTS[action] == event:
                return after
    raise ValueError(f"{event} cannot follow {status}")


def _why_not(status: Status, action: str) -> str:
    word = next((word for known, word in ACTION_WORDS.items() if known == action), None)
    if word is None:
        return "没有这种操作。"
    if any(action in steps for steps in TABLE[status].values()):
        return f"这件申请现在可以{word}，但不由您来做。"
    return f"这件申请{STATUS_WORDS[status]}，现在不能{word}。"


def statement(view: CaseView) -> str:
    """Where a case stands, for its owner; the caller says the application's title."""
    lines = [_now_words(view)]
    if view.status in _NEXT:
        lines.append(_NEXT[view.status])
    lines += [_due_words(view), f"编号 {shown(view.reference)}，{_day(view.filed_on)}递交。"]
    return "\n".join(line for line in lines if line)


def public_statement(view: CaseView) -> str:
    """For somebody who has only the reference: status and dates.  Not the kind, which may itself be sensitive."""
    last = view.history[-1].day
    return (
        f"编号 {shown(view.reference)}：{_PUBLIC[view.status]}。\n"
        f"{_day(view.filed_on)}递交，{_day(last)}有最近一次进展。\n"
        "详细情况只告诉申请人：请在递交时用的那个聊天里问，或问受理的窗口。"
    )


def notice(kind: str, view: CaseView) -> str:
    """What the applicant is told of an event that somebody else caused."""
    lines = [f"您的《{view.title}》申请有新进展：{_NOTICES.get(kind) or _now_words(view)}"]
    if view.status in _NEXT:
        lines.append(_NEXT[view.status])
    lines += [_due_words(view), f"编号 {shown(view.reference)}。"]
    return "\n".join(line for line in lines if line)


def _now_words(view: CaseView) -> str:
    closed = STATUS_WORDS["closed"] + "。" if view.status == "closed" else ""
    head = closed + _sentence(view.outcome) if view.outcome else STATUS_WORDS[view.status] + "。"
    if view.missing:
        return f"{head}还缺：{_sentence(view.missing)}"
    if view.outcome and view.reason:
        return f"{head}原因：{_sentence(view.reason)}"
    return head


def _due_words(view: CaseView) -> str:
    if view.due_on is None:
        return ""
    if view.overdue:
        return f"最晚{_day(view.due_on)}该办完，现在超过了。您可以催办。"
    doubt = "（有放假安排还没公布，可能会变）" if view.due_provisional else ""
    return f"最晚{_day(view.due_on)}办完{doubt}。"


def _sentence(text: str) -> str:
    return text.rstrip("。.；; \n") + "。"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


_NEXT: Mapping[str, str] = {
    "filed": "您现在不用做什么，有进展会告诉您。",
    "accepted": "您现在不用做什么，有结果会告诉您。",
    "returned": "补齐了接着办；等您补的时间不算进办理期限。",
    "completed": "您现在不用做什么，有结果会告诉您。",
    "granted": "对结果有不同意见，可以申请复核。",
    "refused": "对结果有不同意见，可以申请复核。",
    "appealed": "您现在不用做什么，复核有结果会告诉您。",
}
_PUBLIC: Mapping[str, str] = {
    "filed": "已递交，等受理",
    "accepted": "已受理，正在办",
    "returned": "在等申请人补材料",
    "completed": "材料补好了，正在办",
    "granted": "已有结果",
    "refused": "已有结果",
    "withdrawn": "已撤回",
    "appealed": "正在复核",
    "closed": "已结案",
}
_NOTICES: Mapping[str, str] = {
    "filed": "工作人员替您递交了。",
    "completed": "材料补齐了，接着办。",
    "document_added": "工作人员加了一份材料。",
}
