"""A walk through a guide, one step a message; it may be left and taken up again at any step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from actions.errand import ASIDE, Heard
from actions.filing.state import FilingState
from actions.filing.words import spaced
from actions.hearing import COMMAND_SURE
from actions.said import Said
from casework.desk import Desk
from casework.fields import Value, certain, read
from casework.people.errands import Errand
from policy_kb import KnowledgeBase
from policy_kb.procedures import ApplicationField, Choice, Guide, GuideStep
from policy_kb.reply import Button, Message, payload


def beginning(guide: Guide) -> dict[str, list[str]]:
    return {"trail": [guide.steps[0].id]}


class GuideConversation:
    """The state is the trail of steps taken, the present one last."""

    def __init__(self, knowledge: KnowledgeBase, desk: Desk, today: Callable[[], date]) -> None:
        self._knowledge = knowledge
        self._desk = desk
        self._today = today

    def asked(self, errand: Errand) -> ApplicationField:
        """The branches of the present step, as a field that reads them."""
        step = self._step(errand)
        choices = tuple(Choice(each.to, each.title, each.also) for each in step.branches)
        return ApplicationField(id=step.id, type="choice", label="", prompt="", help="", why="", choices=choices)

    def ask(self, errand: Errand) -> tuple[Message, ...]:
        guide, step = self._knowledge.guides[errand.subject], self._step(errand)
        number = len(errand.state["trail"])
        of = number - 1 + _longest(guide, step)
        citations = (
            *(self._knowledge.cite(self._knowledge.measure(guide.measure), quote) for quote in step.quotes),
            *(self._knowledge.cite_supplement(each) for each in step.supplements),
        )
        return (
            Message(
                text=f"【{guide.title}】第 {number} 步，共 {of} 步\n{step.text}{self._basis(step)}",
                kind="guide_step",
                measures=(guide.measure,),
                citations=citations,
                application=guide.application or guide.measure,
                buttons=_buttons(guide, step, number),
            ),
        )

    def _basis(self, step: GuideStep) -> str:
        facts = [self._knowledge.supplements[each] for each in step.supplements]
        sources = "；".join(dict.fromkeys(each.source for each in facts))
        caution = "各地做法会变，请以当地现行规定为准。" if any(each.needs_caution for each in facts) else ""
        contact = f"\n要问就问{self._knowledge.contacts[step.ask].text}。" if step.ask else ""
        return (f"\n依据：{sources}。{caution}" if sources else "") + contact

    def hear(self, errand: Errand, said: Said) -> Heard:
        guide, step = self._knowledge.guides[errand.subject], self._step(errand)
        if (to := self._branch(errand, step, said)) is not None:
            return Heard(state={"trail": [*errand.state["trail"], to]})
        if not (said.pressed or said.confidence >= COMMAND_SURE):
            return ASIDE
        return self._command(errand, guide, step, said)

    def _branch(self, errand: Errand, step: GuideStep, said: Said) -> str | None:
        """The step that an answer leads to; None where the message is no answer."""
        chosen = said.entities.get("value")
        if any(chosen == each.to for each in step.branches):
            return chosen
        field = self.asked(errand)
        if said.pressed or not step.branches or not certain(field, said.text, self._today(), self._knowledge.places):
            return None
        value = read(field, said.text, self._today(), self._knowledge.places)
        return str(value.value) if isinstance(value, Value) else None

    def _command(self, errand: Errand, guide: Guide, step: GuideStep, said: Said) -> Heard:
        trail = errand.state["trail"]
        if said.intent in ("next_step", "affirm", "skip"):
            return self._next(guide, step, trail)
        if said.intent == "go_back":
            return Heard(state={"trail": trail[:-1] if len(trail) > 1 else trail})
        if said.intent == "start_over":
            return Heard(state=dict(beginning(guide)))
        if said.intent in ("cancel", "goodbye"):
            return Heard((_notice(guide, f"好，《{guide.title}》先到这里。想接着看就说“接着办”。"),), "set_aside")
        if said.intent == "save_draft":
            code = spaced(errand.resume_code)
            text = f"记下了，说“接着办”就从第 {len(trail)} 步继续。换手机接着看，报这个号：{code}"
            return Heard((_notice(guide, text),), "set_aside")
        if said.intent == "answer" and said.entities.get("value") == "question":
            return Heard((_notice(guide, "您问吧，问完接着走。"),), "go_on")
        wanted = said.entities.get("measure", guide.application)
        if said.intent == "apply" and wanted is not None and wanted == guide.application:
            self._desk.errands.begin(said.conversation, errand.person, "filing", wanted, FilingState().as_dict())
            return Heard(ending="switched")
        return ASIDE

    def _next(self, guide: Guide, step: GuideStep, trail: list[str]) -> Heard:
        if step.branches:
            return Heard((_notice(guide, "这一步要先选一个，才知道往哪走。"),))
        to = guide.after(step)
        if to is not None:
            return Heard(state={"trail": [*trail, to]})
        file = (Button("直接申请", payload("apply", measure=guide.application)),) if guide.application else ()
        return Heard((_notice(guide, "到这里就走完了。还有不清楚的，接着问。", file),), "finished")

    def _step(self, errand: Errand) -> GuideStep:
        return self._knowledge.guides[errand.subject].step(errand.state["trail"][-1])


def _notice(guide: Guide, text: str, buttons: tuple[Button, ...] = ()) -> Message:
    return Message(
        text=text,
        kind="notice",
        measures=(guide.measure,),
        application=guide.application or guide.measure,
        buttons=buttons,
    )


def _longest(guide: Guide, step: GuideStep) -> int:
    """The number of steps from here to the end on the longest way, this one counted."""
    onward = [each.to for each in step.branches] or [to for to in (guide.after(step),) if to]
    return 1 + max((_longest(guide, guide.step(each)) for each in onward), default=0)


def _buttons(guide: Guide, step: GuideStep, number: int) -> tuple[Button, ...]:
    return (
        *(Button(each.title, payload("answer", value=each.to)) for each in step.branches),
        *(() if step.branches else (Button("走完了" if step.last else "下一步", payload("next_step")),)),
        *((Button("上一步", payload("go_back")),) if number > 1 else ()),
        Button("我有问题", payload("answer", value="question")),
        *((Button("直接申请", payload("apply", measure=guide.application)),) if guide.application else ()),
    )
