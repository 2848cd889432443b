"""A turn, from a channel's message to the reply that the channel renders."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from actions.intake import Intake, Taken
from bot.gateway.buttons import pressed
from bot.gateway.contract import MESSAGES, Button, Message
from bot.gateway.engine import EngineClient, EngineError
from bot.gateway.live import Live, OwnerChanged
from bot.gateway.turns import TurnQueues
from bot.metrics.metrics import Metrics, watched
from bot.metrics.watch import admitted, timed
from casework.conversations.log import AGENT, ASSISTANT, PERSON, AgentHasIt, Forgotten, LoggedTurn, Opening
from casework.desk import Desk, News

logger = logging.getLogger("yunjiu.gateway")

T = TypeVar("T")


class Gateway:
    """Owns nothing but the queues of the turns under way; all else is in casework and the engine."""

    def __init__(
        self, desk: Desk, intake: Intake, engine: EngineClient, queues: TurnQueues, live: Live, metrics: Metrics
    ) -> None:
        self._desk = desk
        self._log = desk.log
        self._intake = intake
        self._engine = engine
        self._queues = queues
        self._live = live
        self.metrics = metrics

    @watched
    async def turn(self, conversation_id: str, text: str, message_id: str | None = None) -> list[Message]:
        """Everything the assistant says to ``text``: nothing while an agent has the conversation.

        Never raises for what the engine does.  Raises :class:`~bot.gateway.turns.TooManyTurns`.
        """
        key = self._log.key(conversation_id)
        async with self._queues.turn(key):
            admitted()
            opening = await _in_thread(lambda: self._log.opening(key, message_id))
            if opening.answered is not None:
                return self._again(opening.answered)
            return await self._reply(key, opening, await self._take(opening, clean(text)), message_id)

    def _again(self, answered: Sequence[Any]) -> list[Message]:
        """What was answered to that message before."""
        return self._shown(MESSAGES.validate_python(list(answered)), whole=True)

    async def _reply(self, key: str, opening: Opening, taken: Taken, message_id: str | None) -> list[Message]:
        started = time.perf_counter()
        await self._append(key, PERSON, taken.for_log, [], message_id)
        messages = await self._say(opening, taken, message_id)
        if taken.masked:
            messages.append(_hidden(taken.masked))
        try:
            messages += await self._tell(key, opening.sender, messages, message_id)
        except AgentHasIt:
            return []
        except Forgotten:
            await self._forget_in_engine(opening.sender)
        logger.info("turn kinds=%s ms=%.0f", [each.kind for each in messages], 1000 * (time.perf_counter() - started))
        return self._shown(messages, whole=True)

    async def _say(self, opening: Opening, taken: Taken, message_id: str | None) -> list[Message]:
        """The bot's answer, unless a person was asked for: buttons and distress do not wait for one."""
        sender = opening.sender
        if opening.owner == "queue" and not taken.for_engine.startswith("/"):
            intent, _ = await self._parsed(taken.for_engine)
            if intent == "cancel":
                return await self._ask_engine(sender, "/leave_queue", message_id)
            if intent != "distress":
                waiting = await _in_thread(lambda: self._desk.handovers.get(sender))
                return [_waits(waiting.place if waiting else 0)]
        if opening.owner == AGENT:
            return []
        return await self._ask_engine(sender, taken.for_engine, message_id)

    @timed("intake")
    async def _take(self, opening: Opening, text: str) -> Taken:
        """A button's title or number means its payload, unless the words surely answer what was asked."""
        errand = await _in_thread(lambda: self._intake.errand(opening.sender))
        if not self._intake.surely_answers(errand, text):
            buttons = [Button(**button) for message in opening.last for button in message["buttons"]]
            meant = pressed(text, buttons)
            if meant != text:
                return Taken(meant, text)
        return await self._intake.take(errand, text, self._parsed)

    async def _parsed(self, text: str) -> tuple[str, float]:
        """Without an engine to ask, what is said where a personal answer is expected is taken for one."""
        try:
            return await self._engine.parse(text)
        except EngineError:
            return "", 0.0

    async def deliver_news(self, conversation_id: str) -> list[Message]:
        """What happened to the person's cases, put into the log of a conversation that is open but silent."""
        return await self.tell_news(self._log.key(conversation_id))

    async def tell_news(self, key: str) -> list[Message]:
        """As :meth:`deliver_news`, by the log's key.  An agent's conversation is told when it is given back."""
        async with self._queues.between_turns(key):
            sender = await _in_thread(lambda: self._log.sender(key))
            try:
                return await self._tell(key, sender, [], None)
            except (AgentHasIt, Forgotten):
                return []

    @watched
    async def document(
        self, conversation_id: str, name: str, content: bytes, message_id: str | None = None
    ) -> list[Message]:
        """A file as a turn; raises :class:`~casework.people.documents.WrongFile` and ``TooManyTurns``."""
        key = self._log.key(conversation_id)
        async with self._queues.turn(key):
            admitted()
            opening = await _in_thread(lambda: self._log.opening(key, message_id))
            if opening.answered is not None:
                return self._again(opening.answered)
            payload = await _in_thread(lambda: self._intake.take_document(opening.sender, name, content))
            return await self._reply(key, opening, Taken(payload, "〔文件〕"), message_id)

    async def place(self, conversation_id: str, county: str) -> None:
        """The conversation comes from a page of that county (its code)."""
        sender = await _in_thread(lambda: self._log.sender(self._log.key(conversation_id)))
        person = await _in_thread(lambda: self._desk.people.of(sender))
        await _in_thread(lambda: self._desk.learn(person, {"county": county}, "imported"))

    async def expects(self, conversation_id: str) -> str | None:
        """The type of the field that a filing with consent asks the person for now, if one is under way."""
        sender = await _in_thread(lambda: self._log.sender(self._log.key(conversation_id)))
        return await _in_thread(lambda: self._intake.expects(sender))

    async def forget(self, conversation_id: str) -> None:
        """Deletes the conversation and the person behind it, here and in the engine."""
        sender = await _in_thread(lambda: self._log.sender(self._log.key(conversation_id)))
        await _in_thread(lambda: self._desk.forget(sender))
        await self._forget_in_engine(sender)

    async def export(self, conversation_id: str) -> dict[str, Any]:
        """All that is kept about the person behind the conversation, and what was said."""
        key = self._log.key(conversation_id)
        sender = await _in_thread(lambda: self._log.sender(key))
        turns = [
            {"from": turn.author, "text": turn.text, "messages": [each["text"] for each in turn.messages]}
            for turn in await self.history(conversation_id)
        ]
        return {**await _in_thread(lambda: self._desk.export(sender)), "conversation": turns}

    def _shown(self, messages: list[Message], whole: bool) -> list[Message]:
        """With personal values in the place of their tokens, for the person whose they are."""
        return [message.model_copy(update={"text": self._intake.shown(message.text, whole)}) for message in messages]

    @timed("log")
    async def _append(
        self, key: str, author: str, text: str, messages: list[dict[str, Any]], message_id: str | None
    ) -> None:
        await _in_thread(lambda: self._log.append(key, author, text, messages, message_id))
        self._live.changed(key)

    @timed("log")
    async def _tell(self, key: str, sender: str, messages: list[Message], message_id: str | None) -> list[Message]:
        """Keeps the reply, and with it the news that it brings; gives these.  AgentHasIt and Forgotten as the log.

        A failed turn keeps no reply to its message id: the same message may be sent again.
        """
        failed = any(message.kind == "error" for message in messages)

        def keep() -> list[Message]:
            news = self._desk.news(sender)
            told = [_told(each) for each in news]
            if messages or told:
                plain = [message.model_dump() for message in (*messages, *told)]
                answers = None if failed else message_id
                note = partial(self._desk.told, news=news)
                self._log.append(key, ASSISTANT, "", plain, answers, sender, note)
            return told

        told = await _in_thread(keep)
        if messages or told:
            self._live.changed(key)
        return told

    @timed("engine")
    async def _ask_engine(self, sender: str, text: str, message_id: str | None) -> list[Message]:
        try:
            return await self._engine.turn(sender, text, message_id)
        except EngineError as error:
            reference = secrets.token_hex(3).upper()
            logger.error("turn failed reference=%s why=%s", reference, error)
            return [_failed(reference, text)]

    async def _forget_in_engine(self, sender: str) -> None:
        try:
            await self._engine.forget(sender)
        except EngineError as error:
            logger.error("the engine kept a forgotten conversation until its own retention: %s", error)

    async def history(self, conversation_id: str) -> list[LoggedTurn]:
        """What was said so far, with personal values masked."""
        key = self._log.key(conversation_id)
        turns = await _in_thread(lambda: self._log.history(key))
        return [replace(turn, messages=self.masked(turn)) for turn in turns]

    async def follow(self, conversation_id: str, after: int) -> AsyncIterator[LoggedTurn | OwnerChanged]:
        """The history after a turn's number, then what comes, as it comes; and whose the conversation is."""
        async for each in self._live.follow(self._log.key(conversation_id), after):
            yield replace(each, messages=self.masked(each)) if isinstance(each, LoggedTurn) else each

    async def told(self, turn: LoggedTurn) -> list[Message]:
        """The turn's messages as their person is told them: with the values that a reply shows whole."""
        messages = MESSAGES.validate_python(list(turn.messages))
        return await _in_thread(lambda: self._shown(messages, whole=True))

    def masked(self, turn: LoggedTurn) -> tuple[dict[str, Any], ...]:
        """The turn's messages with personal values masked: for the history, and for the staff."""
        return tuple({**each, "text": self._intake.shown(each["text"], whole=False)} for each in turn.messages)


def clean(text: str) -> str:
    """Without control characters, which mean nothing to anybody."""
    return "".join(each for each in text if unicodedata.category(each) != "Cc" or each in "\n\t").strip()


def _failed(reference: str, text: str) -> Message:
    again = [Button(title="再试一次", payload=text)] if len(text) <= 100 else []
    return Message(
        text=(
            "刚才没处理成，您说的都还在，什么都没丢。请过一会儿再发一次。\n"
            f"（编号 {reference}，要反映问题时报这个号。急事请打 12333。）"
        ),
        kind="error",
        buttons=[*again, Button(title="转人工", payload="/talk_to_human")],
    )


def _waits(place: int) -> Message:
    before = f"前面还有 {place - 1} 位" if place > 1 else "您排在最前面"
    return Message(
        text=f"记下了，工作人员接进来就能看到。还在排队，{before}。",
        kind="handoff",
        buttons=[Button(title="不等了，接着问云就", payload="/leave_queue")],
    )


def _told(news: News) -> Message:
    return Message(
        text=news.text,
        kind="notice",
        application=news.application,
        reference=news.reference,
        buttons=[Button(title="查进度", payload=f'/status{{"reference": "{news.reference}"}}')],
    )


def _hidden(found: tuple[str, ...]) -> Message:
    what = "、".join(found)
    return Message(text=f"您发的{what}已经遮住，没有保存。问政策用不着这些，请不要发。", kind="notice")


async def _in_thread(work: Callable[[], T]) -> T:
    """The database is synchronous; the event loop is not kept waiting for it."""
    return await asyncio.to_thread(work)
