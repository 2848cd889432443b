"""What people tell the form itself: skip, go back, change one answer, keep it for later, give it up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from actions.errand import ASIDE, Heard
from actions.filing import prompts, words
from actions.filing.answers import OFFERS, Answers
from actions.filing.state import FilingState, Step, answered, going_back, pending, skipping, with_answer
from actions.said import Said
from casework.desk import Desk
from casework.fields import Wrong
from casework.people.errands import Errand
from policy_kb import KnowledgeBase
from policy_kb.procedures import Application, ApplicationField
from policy_kb.reply import Button, payload

_NEW_VALUE = re.compile(r"(?:改成|改为|换成|应该是|应当是|是)(?P<value>[^是]{1,60})$")

Obey = Callable[[Errand, Application, FilingState, ApplicationField, Said], Heard]


class Commands:
    """One method per command; each leaves the answers that it does not concern as they were."""

    def __init__(self, knowledge: KnowledgeBase, desk: Desk, answers: Answers) -> None:
        self._knowledge = knowledge
        self._desk = desk
        self._answers = answers
        self._by_intent: dict[str, Obey] = {
            "cancel": self._cancel,
            "withdraw_case": self._cancel,
            "start_over": self._start_over,
            "skip": self._skip,
            "go_back": self._go_back,
            "next_step": self._skip,
            "ask_why": self._why,
            "save_draft": self._save,
            "correct": self._correct,
            "apply": self._another,
        }

    def obey(
        self, errand: Errand, application: Application, state: FilingState, asked: ApplicationField, said: Said
    ) -> Heard:
        obey = self._by_intent.get(said.intent)
        return obey(errand, application, state, asked, said) if obey else ASIDE

    def _cancel(self, errand: Errand, application: Application, *_rest: object) -> Heard:
        text = f"好，《{application.title}》不办了。填的都删掉了，什么都没有交。想办的时候再说。"
        return Heard((words.notice(application, text, (Button("能问些什么", payload("help")),)),), "dropped")

    def _start_over(self, errand: Errand, application: Application, state: FilingState, *_rest: object) -> Heard:
        step: Step = "fields" if state.consent else "consent"
        new = FilingState(step, state.on_behalf, state.consent)
        self._desk.forget_values(errand.id)
        return Heard((words.notice(application, "好，从第一项重新填。"),), state=new.as_dict())

    def _skip(
        self, errand: Errand, application: Application, state: FilingState, asked: ApplicationField, _said: Said
    ) -> Heard:
        field = pending(application, state)
        if asked is not field or field is None:
            return Heard()
        if not field.optional:
            text = f"“{field.label}”跳不过去：{field.why}\n手边没有的话，可以先存着，找到了再接着填。"
            ways = (Button("先存着", payload("save_draft")), Button("转人工", payload("talk_to_human")))
            return Heard((words.notice(application, text, ways),))
        new = skipping(state, field.id)
        done = pending(application, new) is None
        return Heard(state=(replace(new, step="review") if done else new).as_dict())

    def _go_back(self, errand: Errand, application: Application, state: FilingState, *_rest: object) -> Heard:
        back = going_back(application, state)
        if back is None:
            return Heard((words.notice(application, "这已经是第一项了。"),))
        return Heard(state=back.as_dict())

    def _why(
        self, errand: Errand, application: Application, state: FilingState, asked: ApplicationField, _said: Said
    ) -> Heard:
        if not asked.why:
            text = "法律规定，收您的信息之前要先说清楚、要您同意；交之前也要您自己看一遍。"
            return Heard((words.notice(application, text),))
        return Heard((words.why(application, asked),))

    def _save(self, errand: Errand, application: Application, *_rest: object) -> Heard:
        text = (
            f"存好了，30 天内都在。说“接着办”就从这里继续。\n"
            f"换手机或换地方接着办，报这个号：{words.spaced(errand.resume_code)}（别给别人）。"
        )
        return Heard((words.notice(application, text),), "set_aside")

    def _correct(
        self, errand: Errand, application: Application, state: FilingState, asked: ApplicationField, said: Said
    ) -> Heard:
        field = self._named(application, state, said)
        if field is None:
            listed = [each for each, answer in answered(application, state) if not answer.told]
            if not listed:
                return Heard((words.notice(application, "还没有填过，没有可以改的。"),))
            buttons = tuple(Button(each.label, payload("correct", field=each.id)) for each in listed)
            return Heard((words.notice(application, "要改哪一项？点一个，或者说“改电话”。", buttons),))
        changing = replace(state, step="fields", changing=field.id, wrong=0)
        if (new := self._said_at_once(errand, application, changing, field, said)) is not None:
            return Heard((words.notice(application, f"“{field.label}”改好了。"),), state=new.as_dict())
        return Heard(state=changing.as_dict())

    def _named(self, application: Application, state: FilingState, said: Said) -> ApplicationField | None:
        """The answered field that the person means, by its label's longest piece in the text."""
        wanted = said.entities.get("field")
        listed = [each for each, answer in answered(application, state) if not answer.told]
        if wanted:
            return next((each for each in listed if each.id == wanted), None)
        scored = [(max(_overlap(name, said.text) for name in _names(each)), each) for each in listed]
        best = max((score for score, _ in scored), default=0)
        found = [each for score, each in scored if score == best]
        return found[0] if best >= 2 and len(found) == 1 else None

    def _said_at_once(
        self, errand: Errand, application: Application, state: FilingState, field: ApplicationField, said: Said
    ) -> FilingState | None:
        """“学历改成高中”, “电话改成…”: the new value is in the same message, or was sealed as it came in."""
        match = _NEW_VALUE.search(said.text)
        kinds = OFFERS.get(field.type, (field.type,))
        offered = next((state.offered[kind] for kind in kinds if kind in state.offered), None)
        if offered is not None:
            new_value = replace(said, entities={"token": offered})
        elif match is not None and not field.personal:
            new_value = replace(said, text=match["value"])
        else:
            return None
        answers = self._answers.taken(errand, application, field, new_value)
        if isinstance(answers, Wrong):
            return None
        left = {kind: token for kind, token in state.offered.items() if token != offered}
        new = with_answer(application, replace(state, offered=left), answers)
        return new if pending(application, new) is not None else replace(new, step="review")

    def _another(
        self, errand: Errand, application: Application, state: FilingState, asked: ApplicationField, said: Said
    ) -> Heard:
        """Another application in the middle of this one: asked about, nothing is lost."""
        other = said.entities.get("measure") or (said.measures[0][0] if said.measures else None)
        if other == application.id or other not in self._knowledge.applications:
            return Heard() if other == application.id else ASIDE
        return Heard(state=replace(state, switch=other).as_dict())

    def switch(self, errand: Errand, application: Application, state: FilingState, said: Said) -> Heard:
        chosen = self._answers.choice(prompts.SWITCH, said)
        if state.switch is None or chosen is None:
            return Heard()
        settled = replace(state, switch=None)
        if chosen == "stay":
            return Heard(state=settled.as_dict())
        self._desk.errands.save(errand.id, settled.as_dict())
        if chosen == "drop":
            self._desk.errands.drop(errand.id)
        self._desk.errands.begin(said.conversation, errand.person, "filing", state.switch, FilingState().as_dict())
        if chosen == "drop":
            return Heard((words.notice(application, f"《{application.title}》删掉了。"),), "switched")
        text = f"《{application.title}》存好了，说“接着办”就能接上。"
        return Heard((words.notice(application, text),), "switched")


_NAMES = {
    "name": ("名字", "姓名"),
    "identity": ("身份证", "证件"),
    "mobile": ("电话", "手机"),
    "phone": ("电话", "手机"),
    "place": ("地方", "哪个县", "县市", "所在"),
    "address": ("住址", "地址"),
    "bank_card": ("银行卡", "卡号"),
    "date": ("时间", "日期", "日子"),
    "amount": ("金额", "多少钱", "数目"),
}
"""What people call a field by its type, whatever its label."""


def _names(field: ApplicationField) -> tuple[str, ...]:
    return (field.label, *_NAMES.get(field.type, ()))


def _overlap(label: str, text: str) -> int:
    """The length of the longest piece of ``label`` (two characters at least) that stands in ``text``."""
    pieces = (label[start:end] for start in range(len(label)) for end in range(start + 2, len(label) + 1))
    return max((len(piece) for piece in pieces if piece in text), default=0)
