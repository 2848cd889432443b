"""Where a filed case stands, and what its applicant may do about it."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.filing.words import spaced
from actions.loop import Events, say
from actions.resuming import Resume
from actions.said import Said, read
from casework.cases.cases import CaseView, NotAllowed
from casework.cases.lifecycle import public_statement, statement
from casework.desk import Desk
from policy_kb import KnowledgeBase
from policy_kb.reply import Button, Message, payload

_REFERENCE = re.compile(r"(?<!\d)(?:\d[ \-]?){11}\d(?!\d)")

# What an applicant may ask of a case: the action, the question before it is done, and what is said after.
REQUESTS: dict[str, tuple[str, str | None, str]] = {
    "withdraw_case": ("withdraw", "撤回以后这份申请就不办了，要办得重新填。确定撤回吗？", "撤回了，不会再办。"),
    "appeal_case": ("appeal", "会把您不同意的意思转给办理单位，请他们复核。确定吗？", "已经转过去了，等他们复核。"),
    "complete_case": ("complete", None, "交回去了，他们接着办。"),
    "remind_me": ("remind", None, "记下了，已经提醒办理单位。有结果我会告诉您。"),
}


def named_reference(said: Said) -> str | None:
    """The twelve digits of a reference, from a button or from the text."""
    if "reference" in said.entities:
        return re.sub(r"\D", "", said.entities["reference"])
    match = _REFERENCE.search(said.text)
    return re.sub(r"\D", "", match.group()) if match else None


class _CaseAction(Action):  # type: ignore[misc]  # rasa_sdk has no types
    """What all of them need: the case that is meant."""

    def __init__(self, desk: Desk, knowledge: KnowledgeBase, resume: Resume) -> None:
        self._desk = desk
        self._knowledge = knowledge
        self._resume = resume

    def _own(self, said: Said) -> list[CaseView]:
        return self._desk.cases.of_person(self._desk.people.of(said.conversation))

    def _title(self, case: CaseView) -> str:
        return self._knowledge.applications[case.application].title

    def _standing(self, case: CaseView) -> Message:
        return Message(
            text=f"《{self._title(case)}》\n{statement(case)}",
            kind="status",
            measures=(case.application,),
            application=case.application,
            reference=case.reference,
            buttons=_next(case),
        )


class Status(_CaseAction):
    """By reference, or all that this person has filed and set aside."""

    def name(self) -> str:
        return "action_status"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        said = read(tracker)
        reference = named_reference(said)
        own = self._own(said)
        if reference is not None:
            say(dispatcher, self._by_reference(reference, own))
            return []
        saved = self._desk.errands.saved(self._desk.people.of(said.conversation))
        drafts = tuple(
            Message(
                text=f"还没办完：{self._resume.title(each)}。",
                kind="status",
                application=each.subject if each.kind == "filing" else None,
                buttons=(Button("接着办", payload("resume", errand=each.id)),),
            )
            for each in saved[:3]
        )
        say(dispatcher, *(tuple(self._standing(each) for each in own[:5]) + drafts or (_NOTHING,)))
        return []

    def _by_reference(self, reference: str, own: list[CaseView]) -> Message:
        mine = next((each for each in own if each.reference == reference), None)
        if mine is not None:
            return self._standing(mine)
        case = self._desk.cases.by_reference(reference)
        if case is None:
            text = "没有这个编号。编号是 12 位数字，请对一对有没有打错。"
            return Message(text=text, kind="status", buttons=(Button("转人工", payload("talk_to_human")),))
        return Message(text=public_statement(case), kind="status", reference=case.reference)


class RequestOnCase(_CaseAction):
    """Withdraw, appeal, remind: on the case that is named, or the only one that allows it."""

    def __init__(self, desk: Desk, knowledge: KnowledgeBase, resume: Resume, intent: str) -> None:
        super().__init__(desk, knowledge, resume)
        self._intent = intent
        self._action, self._question, self._done = REQUESTS[intent]

    def name(self) -> str:
        return f"action_{self._intent}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        said = read(tracker)
        reference, own = named_reference(said), self._own(said)
        fitting = [each for each in own if self._action in each.may]
        chosen = [each for each in own if each.reference == reference] if reference else fitting
        if not chosen:
            text = "没有能这样办的申请。" if own else "您在这里还没有交过申请。"
            say(dispatcher, Message(text=f"{text}要查别处交的，请问当时受理的窗口。", kind="status"))
        elif len(chosen) > 1:
            say(dispatcher, self._which(chosen))
        elif self._question is not None and said.entities.get("sure") != "yes":
            say(dispatcher, self._are_you_sure(chosen[0], self._question))
        else:
            say(dispatcher, self._act(chosen[0]))
        return []

    def _act(self, case: CaseView) -> Message:
        try:
            now = self._desk.cases.act(case.reference, self._action, "applicant", case.person or "", {})
        except NotAllowed as error:
            return self._about(case, f"现在办不了：{error}")
        return self._about(now, f"《{self._title(now)}》{self._done}")

    def _about(self, case: CaseView, text: str, buttons: tuple[Button, ...] = ()) -> Message:
        return Message(
            text=text, kind="status", application=case.application, reference=case.reference, buttons=buttons
        )

    def _are_you_sure(self, case: CaseView, question: str) -> Message:
        text = f"《{self._title(case)}》{spaced(case.reference)}\n{question}"
        yes = Button("确定", payload(self._intent, reference=case.reference, sure="yes"))
        return self._about(case, text, (yes, Button("不，留着", payload("deny"))))

    def _which(self, cases: list[CaseView]) -> Message:
        buttons = tuple(
            Button(f"{self._title(each)}（{each.reference[-4:]}）", payload(self._intent, reference=each.reference))
            for each in cases
        )
        return Message(text="是哪一件？", kind="clarify", buttons=buttons)


class AddDocument(_CaseAction):
    """A file for a case: how to send it, and taking in the one that was sent."""

    def name(self) -> str:
        return "action_add_document"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        said = read(tracker)
        reference, own = named_reference(said), self._own(said)
        fitting = [each for each in own if "add_document" in each.may]
        chosen = [each for each in fitting if each.reference == reference] if reference else fitting[:1]
        token = said.entities.get("token")
        if not chosen:
            text = "您现在没有可以补材料的申请。交了申请以后，再发照片或 PDF 给我。"
            say(dispatcher, Message(text=text, kind="status"))
        elif token is None:
            text = "请拍张照片发过来，或者发 PDF，一份不超过 10 MB。点输入框旁边的“＋”就能选。"
            say(
                dispatcher,
                Message(text=text, kind="status", application=chosen[0].application, reference=chosen[0].reference),
            )
        else:
            say(dispatcher, self._take(chosen[0], token))
        return []

    def _take(self, case: CaseView, token: str) -> Message:
        try:
            now = self._desk.cases.act(
                case.reference, "add_document", "applicant", case.person or "", {"documents": [token]}
            )
        except NotAllowed as error:
            text = f"现在不能补：{error}"
        else:
            case, text = now, f"收到了，加进《{self._title(now)}》里了。"
        return Message(text=text, kind="status", application=case.application, reference=case.reference)


_NOTHING = Message(
    text=(
        "您在这里还没有交过申请，也没有存着没填完的。\n"
        "有受理编号的话，把 12 位数字打给我就能查。在窗口交的，请问那里的经办人，或打 12333。"
    ),
    kind="status",
    buttons=(Button("能办些什么", payload("help")), Button("转人工", payload("talk_to_human"))),
)
_BUTTONS = {
    "add_document": ("补材料", "add_document"),
    "complete": ("补齐了，交回去", "complete_case"),
    "withdraw": ("撤回申请", "withdraw_case"),
    "appeal": ("不服，要申诉", "appeal_case"),
    "remind": ("催一下", "remind_me"),
}


def _next(case: CaseView) -> tuple[Button, ...]:
    wanted = [(_BUTTONS[each], case.reference) for each in case.may if each in _BUTTONS]
    return tuple(Button(title, payload(intent, reference=reference)) for (title, intent), reference in wanted)
