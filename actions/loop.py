"""Rasa's form over errands: it hears a message, keeps what came of it, and asks the next thing.

The form has one slot that is never filled: the answers live in casework, sealed, where a restart or another
channel finds them, and the engine's tracker knows only that an errand is under way.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.errand import Conversation
from actions.filing.state import FilingState
from actions.filing.words import receipt
from actions.guiding import beginning
from actions.said import SURE, Said, read
from casework.desk import Desk
from casework.people.errands import Errand
from policy_kb import KnowledgeBase
from policy_kb.reply import ENVELOPE, Button, Message, payload

FORM = "errand_form"
SLOT = "errand_answer"
HEARD = "heard"
"""In an errand's state: the id of the message that was taken in last."""
Events = list[dict[str, Any]]
_ASK_NEXT: Events = [SlotSet(SLOT, None)]
_END: Events = [SlotSet(SLOT, None), SlotSet("requested_slot", None)]


def say(dispatcher: CollectingDispatcher, *messages: Message, understood: bool = True) -> None:
    """Sends messages in the contract's shape, beside the text that Rasa's own channels show."""
    if messages:
        envelope = {"messages": [message.as_dict() for message in messages], "understood": understood}
        dispatcher.utter_message(text="\n\n".join(message.text for message in messages), **{ENVELOPE: envelope})


class Errands:
    """The conversations by kind of errand, and the errand that a conversation is in the middle of."""

    def __init__(self, desk: Desk, conversations: dict[str, Conversation]) -> None:
        self.desk = desk
        self._conversations = conversations

    def current(self, conversation: str) -> Errand | None:
        return self.desk.errands.current(conversation)

    def of(self, errand: Errand) -> Conversation:
        return self._conversations[errand.kind]


class HearErrand(Action):  # type: ignore[misc]  # rasa_sdk has no types
    """The form's validation.  No event means that the message was an aside: Rasa answers it, then asks again."""

    def __init__(self, errands: Errands) -> None:
        self._errands = errands

    def name(self) -> str:
        return f"validate_{FORM}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        errand = self._errands.current(tracker.sender_id)
        if not _has_just_spoken(tracker):
            return [] if errand else _END
        if errand is None:
            return []
        said = read(tracker)
        if errand.state.get(HEARD) == said.message_id:  # its turn was cut off after it had been taken in
            return _ASK_NEXT
        heard = self._errands.of(errand).hear(errand, said)
        if heard.ending == "aside":
            return []
        if heard.state is not None:
            self._errands.desk.errands.save(errand.id, {**heard.state, HEARD: said.message_id})
        say(dispatcher, *heard.messages)
        if heard.ending in ("finished", "dropped"):
            self._errands.desk.errands.drop(errand.id)
        elif heard.ending == "set_aside":
            self._errands.desk.errands.set_aside(tracker.sender_id)
        return _ASK_NEXT if heard.ending in ("go_on", "switched") else _END


def _has_just_spoken(tracker: Tracker) -> bool:
    """Whether a message waits to be heard: Rasa also validates when a form begins, and after an aside."""
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return True
        if event["event"] == "action" and event["name"] != FORM:
            return False
    return False


class AskErrand(Action):  # type: ignore[misc]
    """Asks what the errand waits for."""

    def __init__(self, errands: Errands) -> None:
        self._errands = errands

    def name(self) -> str:
        return f"action_ask_{FORM}_{SLOT}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        errand = self._errands.current(tracker.sender_id)
        if errand is not None:
            say(dispatcher, *self._errands.of(errand).ask(errand))
        return []


class LateAnswer(Action):  # type: ignore[misc]
    """An answer when nothing is asked: “file it” again after a turn that was cut off gets its receipt again."""

    def __init__(self, errands: Errands, knowledge: KnowledgeBase) -> None:
        self._errands = errands
        self._knowledge = knowledge

    def name(self) -> str:
        return "action_late_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        said, desk = read(tracker), self._errands.desk
        filed = desk.cases.of_person(desk.people.of(said.conversation))
        if said.entities.get("value") != "file" or not filed:
            dispatcher.utter_message(response="utter_nothing_under_way")
            return []
        latest = filed[0]
        application = self._knowledge.applications[latest.application]
        say(dispatcher, receipt(self._knowledge, application, latest.reference, already=True))
        return []


class BeginFiling(Action):  # type: ignore[misc]
    """“I want to apply”: begins the filing; what cannot be filed is answered from the notice instead."""

    def __init__(self, errands: Errands, knowledge: KnowledgeBase) -> None:
        self._errands = errands
        self._knowledge = knowledge

    def name(self) -> str:
        return "action_begin_filing"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        said = read(tracker)
        wanted = said.measure
        if wanted is None or wanted not in self._knowledge.applications:
            dispatcher.utter_message(response="utter_policy_answer")
            return []
        desk = self._errands.desk
        person = desk.people.of(said.conversation)
        saved = [each for each in desk.errands.saved(person) if each.kind == "filing" and each.subject == wanted]
        if saved:
            desk.errands.resume(said.conversation, person, saved[0].id)
            say(dispatcher, _going_on(self._knowledge.applications[wanted].title, wanted))
        else:
            desk.errands.begin(said.conversation, person, "filing", wanted, FilingState().as_dict())
        return [FollowupAction(FORM)]


class BeginGuide(Action):  # type: ignore[misc]
    """“Walk me through it”: the guide of the measure that is meant, or a choice of guides."""

    def __init__(self, errands: Errands, knowledge: KnowledgeBase) -> None:
        self._errands = errands
        self._knowledge = knowledge

    def name(self) -> str:
        return "action_begin_guide"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        said = read(tracker)
        fitting = self._fitting(said)
        if len(fitting) != 1:
            say(dispatcher, self._which(fitting), understood=bool(fitting))
            return []
        guide, desk = self._knowledge.guides[fitting[0]], self._errands.desk
        person = desk.people.of(said.conversation)
        desk.errands.begin(said.conversation, person, "guide", guide.id, dict(beginning(guide)))
        return [FollowupAction(FORM)]

    def _fitting(self, said: Said) -> list[str]:
        guides = self._knowledge.guides.values()
        if (chosen := said.entities.get("guide")) in self._knowledge.guides:
            return [str(chosen)]
        if (measure := said.entities.get("measure")) is not None:
            return [guide.id for guide in guides if guide.measure == measure]
        named = [guide.id for guide in guides if any(phrase in said.text for phrase in guide.phrases)]
        if named:
            return named
        likely = [each for each, chance in said.measures[:3] if chance >= SURE] or [said.focus or ""]
        return [guide.id for guide in guides if guide.measure in likely]

    def _which(self, fitting: list[str]) -> Message:
        offered = fitting or list(self._knowledge.guides)
        return Message(
            text="我可以一步一步带您办。您要办哪一件？",
            kind="clarify",
            measures=tuple(dict.fromkeys(self._knowledge.guides[each].measure for each in offered)),
            buttons=tuple(Button(self._knowledge.guides[each].title, payload("guide", guide=each)) for each in offered),
        )


def _going_on(title: str, application: str) -> Message:
    text = f"《{title}》您上次填了一半，接着填；要从头来就说“重新开始”。"
    return Message(text=text, kind="notice", measures=(application,), application=application)
