"""A person of the staff on the line: takes a conversation over, speaks in it, and gives it back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.gateway.contract import Button, Citation, Message
from bot.gateway.live import Live
from bot.metrics.metrics import Metrics
from casework.conversations.handovers import NotYours
from casework.conversations.log import AGENT, ASSISTANT
from casework.desk import Desk

T = TypeVar("T")

_JOINED = "工作人员接进来了，您直接说就行。"
_PASSED_ON = "给您转到另一位工作人员，请稍等。"
_LEFT = "工作人员这边先到这里，接下来还是云就回答您。"


class AgentLine:
    """What is said here is in the log, from which every channel delivers it.  ``agent`` is a login."""

    def __init__(self, desk: Desk, live: Live, metrics: Metrics) -> None:
        self.desk = desk
        self._live = live
        self._metrics = metrics

    async def take(self, sender: str, agent: str, role: str) -> None:
        """Raises :class:`~casework.conversations.handovers.AlreadyTaken` and KeyError."""
        mine = (await _in_thread(lambda: self.desk.handovers.owner(sender))).agent == agent
        await _in_thread(lambda: self.desk.handovers.take(sender, agent, role))
        if not mine:
            await self._log(sender, AGENT, Message(text=_JOINED, kind="handoff"))
            self._metrics.handoff("taken")
        self._live.queue_changed()

    async def say(
        self,
        sender: str,
        agent: str,
        text: str,
        message_id: str | None = None,
        measures: Sequence[str] = (),
        citations: Sequence[Citation] = (),
    ) -> int:
        """Gives the turn's number; the same ``message_id`` again says nothing twice.  NotYours, KeyError."""
        owner = await _in_thread(lambda: self.desk.handovers.owner(sender))
        if owner.agent != agent:
            raise NotYours
        message = Message(text=text, kind="handoff", measures=list(measures), citations=list(citations))
        return await self._log(sender, AGENT, message, message_id)

    async def hand_back(self, sender: str, agent: str, role: str) -> None:
        """To the bot; NotYours, KeyError."""
        await _in_thread(lambda: self.desk.handovers.hand_back(sender, agent, role))
        menu = [Button(title="能问些什么", payload="/help"), Button(title="转人工", payload="/talk_to_human")]
        await self._log(sender, ASSISTANT, Message(text=_LEFT, kind="handoff", buttons=menu))
        self._metrics.handoff("handed_back")
        self._live.queue_changed()

    async def pass_on(self, sender: str, agent: str, to: str | None, role: str) -> None:
        """To another agent, or with None to the queue; NotYours, KeyError."""
        await _in_thread(lambda: self.desk.handovers.pass_on(sender, agent, to, role))
        await self._log(sender, AGENT, Message(text=_PASSED_ON, kind="handoff"))
        self._metrics.handoff("passed_on")
        self._live.queue_changed()

    async def _log(self, sender: str, author: str, message: Message, message_id: str | None = None) -> int:
        key = await _in_thread(lambda: self.desk.log.key_of(sender))
        sequence = await _in_thread(lambda: self.desk.log.append(key, author, "", [message.model_dump()], message_id))
        self._live.changed(key)
        return sequence


async def _in_thread(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)
