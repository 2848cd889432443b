"""What is kept about a person: shown on request, and deleted on request."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.filing.words import placeholder, spaced
from actions.loop import SLOT, Events, say
from actions.resuming import Resume
from actions.said import read
from casework.desk import Desk
from casework.people.people import ProfileFact
from policy_kb import KnowledgeBase
from policy_kb.reply import Button, Message, payload

_FORGET = Button("删掉我的资料", payload("forget_me"))


class MyData(Action):  # type: ignore[misc]  # rasa_sdk has no types
    """The articles 44 to 45 of the law on personal information: to see what is kept, and get a copy."""

    def __init__(self, desk: Desk, knowledge: KnowledgeBase, resume: Resume) -> None:
        self._desk = desk
        self._knowledge = knowledge
        self._resume = resume
        self._labels = {
            field.fact: field.label
            for application in knowledge.applications.values()
            for field in application.fields
            if field.fact
        } | {fact.id: fact.title for fact in knowledge.facts.values()}

    def name(self) -> str:
        return "action_my_data"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        person = self._desk.people.of(read(tracker).conversation)
        facts = self._desk.people.profile(person).values()
        saved, cases = self._desk.errands.saved(person), self._desk.cases.of_person(person)
        consents = [each for each in self._desk.consents.of(person) if each.withdrawn is None]
        lines = [
            "我这里存着您的这些：",
            "· 聊天记录：加密存着，到期自动删",
            *(f"· {self._labels.get(fact.id, fact.id)}：{_shown(fact)}" for fact in facts),
            *(f"· 没办完的：{self._resume.title(each)}" for each in saved),
            *(f"· 交过的申请：《{self._title(each.application)}》{spaced(each.reference)}" for each in cases),
            *(f"· 同意书：《{self._title(each.application)}》" for each in consents),
            "网页上可以点“导出我的资料”拿一份完整的。",
        ]
        say(dispatcher, Message(text="\n".join(lines), kind="notice", buttons=(_FORGET,)))
        return []

    def _title(self, application: str) -> str:
        return self._knowledge.applications[application].title


def _shown(fact: ProfileFact) -> str:
    return placeholder(str(fact.value)) if fact.personal else "已填"


class ForgetMe(Action):  # type: ignore[misc]
    """Deletes the person's side; the gateway then has the engine forget its own."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def name(self) -> str:
        return "action_forget_me"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        conversation = read(tracker).conversation
        filed = bool(self._desk.cases.of_person(self._desk.people.of(conversation)))
        self._desk.forget(conversation)
        kept = "\n已经交给单位的申请，依法由办理单位保管，不在删除范围；查进度请用受理编号。" if filed else ""
        text = f"删好了。聊天记录、填过的资料、没办完的申请都删了，找不回来。{kept}\n您可以接着问，等于重新开始。"
        say(dispatcher, Message(text=text, kind="notice"))
        return [SlotSet(SLOT, None)]
