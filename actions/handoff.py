"""Asking for a person: into the queue where a bureau has people at set hours, else the telephone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.loop import Events, say
from actions.resuming import Resume
from actions.said import read
from casework.cases.working_days import CHINA
from casework.conversations.opening_hours import WEEKDAYS, Closed, Open
from casework.desk import Desk
from policy_kb.reply import Button, Message, payload

MOST_SAID = 5
"""So many of the person's last messages stand in the summary for who takes over."""
_BACK = Button("不等了，接着问云就", payload("leave_queue"))


class TalkToHuman(Action):  # type: ignore[misc]  # rasa_sdk has no types
    """Who asks again keeps the place.  Where no hours are set nobody is promised."""

    def __init__(self, desk: Desk, resume: Resume, clock: Callable[[], datetime]) -> None:
        self._desk = desk
        self._resume = resume
        self._clock = clock

    def name(self) -> str:
        return "action_talk_to_human"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        sender, hours = read(tracker).conversation, self._desk.opening_hours.now(self._clock())
        if not isinstance(hours, Open | Closed):
            dispatcher.utter_message(response="utter_handoff")
            return []
        county = self._desk.people.profile(self._desk.people.of(sender)).get("county")
        said = _last_words(tracker)
        try:
            place = self._desk.handovers.ask(
                sender,
                reason=said[-1] if said else "",
                county=str(county.value) if county and not county.personal else None,
                summary="\n".join(self._summary(sender, said)),
            )
        except KeyError:  # a client that speaks to the engine without the gateway has no conversation to hand over
            dispatcher.utter_message(response="utter_handoff")
            return []
        say(dispatcher, _queued(place, hours, self._clock()))
        return []

    def _summary(self, sender: str, said: list[str]) -> list[str]:
        lines = [f"说过：{text}" for text in said]
        errand = self._desk.errands.current(sender)
        if errand is not None:
            lines.append(f"正在办：{self._resume.title(errand)}")
        for case in self._desk.cases.of_person(self._desk.people.of(sender)):
            lines.append(f"交过：《{case.title}》{case.reference}")
        return lines


class LeaveQueue(Action):  # type: ignore[misc]
    """Back to the bot, without waiting any longer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def name(self) -> str:
        return "action_leave_queue"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        self._desk.handovers.give_up(read(tracker).conversation)
        again = Button("转人工", payload("talk_to_human"))
        text = "好，不排队了。接着问我就行，想找人随时再说。"
        say(dispatcher, Message(text=text, kind="handoff", buttons=(Button("能问些什么", payload("help")), again)))
        return []


def _last_words(tracker: Tracker) -> list[str]:
    """What was typed, not pressed; personal values were masked before the engine saw it."""
    said = [str(event.get("text") or "") for event in tracker.events if event["event"] == "user"]
    return [text for text in said if text and not text.startswith("/")][-MOST_SAID:]


def _queued(place: int, hours: Open | Closed, now: datetime) -> Message:
    if place == 0:
        return Message(text="工作人员已经接进来了，您直接说就行。", kind="handoff")
    if isinstance(hours, Open):
        before = f"前面还有 {place - 1} 位。" if place > 1 else "您排在最前面。"
        text = f"好，给您转人工。{before}\n等的时候可以先把情况打出来，工作人员接进来就能看到。急事请打 12333。"
    else:
        text = f"现在没有人值班{_opens(hours, now)}。\n您可以先把情况打出来，上班后有人看到会回您。急事请打 12333。"
    return Message(text=text, kind="handoff", buttons=(_BACK,))


def _opens(hours: Closed, now: datetime) -> str:
    if hours.opens_at is None:
        return ""
    opens, today = hours.opens_at.astimezone(CHINA), now.astimezone(CHINA).date()
    days = (opens.date() - today).days
    named = {0: "今天", 1: "明天"}.get(days, f"{opens.month}月{opens.day}日（{WEEKDAYS[opens.weekday()]}）")
    return f"，{named} {opens:%H:%M} 上班"
