"""The action behind “delete my record”."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from casework.conversations import ConversationLog


class ForgetMe(Action):  # type: ignore[misc]  # rasa_sdk has no types
    """Deletes the conversation's log; the gateway then has the engine forget its side."""

    def __init__(self, log: ConversationLog) -> None:
        self._log = log

    def name(self) -> str:
        return "action_forget_me"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        self._log.forget(tracker.sender_id)
        dispatcher.utter_message(text=_DONE["text"], yunjiu={"messages": [_DONE]})
        return []


_DONE: dict[str, Any] = {
    "text": "删好了。这次聊天的记录已经删掉，找不回来。您可以接着问，等于重新开始。",
    "kind": "notice",
    "measures": [],
    "citations": [],
    "validity": None,
    "application": None,
    "reference": None,
    "field": None,
    "buttons": [],
}
