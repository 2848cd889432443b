"""Taking up again what was set aside, here or on another channel."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.filing.conversation import where
from actions.loop import FORM, Errands, Events, say
from actions.said import read
from casework.people.errands import Errand
from policy_kb import KnowledgeBase
from policy_kb.reply import Button, Message, payload

_CODE = re.compile(r"(?<!\d)\d{4}[ -]?\d{4}(?!\d)")


class Resume(Action):  # type: ignore[misc]  # rasa_sdk has no types
    """“Go on with it”: by the code that was given, by a button, or what this person set aside last."""

    def __init__(self, errands: Errands, knowledge: KnowledgeBase) -> None:
        self._errands = errands
        self._knowledge = knowledge

    def name(self) -> str:
        return "action_resume"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        said, desk = read(tracker), self._errands.desk
        if desk.errands.current(said.conversation) is not None:
            return [FollowupAction(FORM)]
        person = desk.people.of(said.conversation)
        code = said.entities.get("code") or (match.group() if (match := _CODE.search(said.text)) else None)
        if code is not None:
            found = desk.errands.resume_by_code(said.conversation, person, re.sub(r"\D", "", code))
            if found is None:
                say(dispatcher, _notice("没有找到这个号。请对一下是不是 8 位数字；存了超过 30 天的已经删掉了。"))
                return []
            return [FollowupAction(FORM)]
        saved = desk.errands.saved(person)
        chosen = [each for each in saved if each.id == said.entities.get("errand")] or saved
        if not chosen:
            say(dispatcher, _notice("您这里没有存着没办完的。换了手机的话，请把当时给您的 8 位号打给我。"))
            return []
        if len(chosen) > 1:
            say(dispatcher, self._which(chosen))
            return []
        desk.errands.resume(said.conversation, person, chosen[0].id)
        return [FollowupAction(FORM)]

    def _which(self, saved: list[Errand]) -> Message:
        buttons = tuple(Button(self.title(each), payload("resume", errand=each.id)) for each in saved)
        return Message(text="您存着这几件，接着办哪一件？", kind="status", buttons=buttons)

    def title(self, errand: Errand) -> str:
        if errand.kind == "guide":
            return f"《{self._knowledge.guides[errand.subject].title}》第 {len(errand.state['trail'])} 步"
        if errand.kind == "check":
            measure = self._knowledge.measures.get(errand.subject)
            return f"“{measure.label if measure else '能享受什么'}”问到一半"
        return where(self._knowledge, errand)


def _notice(text: str) -> Message:
    return Message(text=text, kind="notice", buttons=(Button("能问些什么", payload("help")),))
