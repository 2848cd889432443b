"""A turn, from a channel's message to the reply that the channel renders."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import unicodedata
from collections.abc import Callable
from typing import Any, TypeVar

from bot.gateway.buttons import pressed
from bot.gateway.contract import MESSAGES, Button, Message
from bot.gateway.engine import EngineClient, EngineError
from bot.gateway.turns import TurnQueues
from casework.conversations import ASSISTANT, PERSON, ConversationLog, LoggedTurn
from casework.privacy import Masked, mask

logger = logging.getLogger("yunjiu.gateway")

T = TypeVar("T")


class Gateway:
    """Owns nothing but the queues of the turns under way; all else is in the log and the engine."""

    def __init__(self, log: ConversationLog, engine: EngineClient, queues: TurnQueues) -> None:
        self._log = log
        self._engine = engine
        self._queues = queues

    async def turn(self, conversation_id: str, text: str, message_id: str | None = None) -> list[Message]:
        """Everything the assistant says to ``text``.  Never raises for what the engine does.

        Raises :class:`~bot.gateway.turns.TooManyTurns`.
        """
        key = self._log.key(conversation_id)
        async with self._queues.turn(key):
            if message_id is not None:
                answered = await _in_thread(lambda: self._log.reply_to(key, message_id))
                if answered is not None:
                    return MESSAGES.validate_python(answered)
            return await self._answer(key, mask(clean(text)), message_id)

    async def _answer(self, key: str, masked: Masked, message_id: str | None) -> list[Message]:
        started = time.perf_counter()
        sender = await _in_thread(lambda: self._log.sender(key))
        meant = pressed(masked.text, await self._last_buttons(key))
        await _in_thread(lambda: self._log.append(key, PERSON, masked.text, [], message_id))
        messages = await self._ask_engine(sender, meant)
        if masked.found:
            messages.append(_hidden(masked.found))
        if await _in_thread(lambda: self._log.sender(key)) == sender:
            await self._keep(key, messages, message_id)
        else:
            await self._forget_in_engine(sender)
        logger.info("turn kinds=%s ms=%.0f", [each.kind for each in messages], 1000 * (time.perf_counter() - started))
        return messages

    async def _keep(self, key: str, messages: list[Message], message_id: str | None) -> None:
        """A failed turn keeps no reply to its message id: the same message may be sent again."""
        failed = any(message.kind == "error" for message in messages)
        plain: list[dict[str, Any]] = [message.model_dump() for message in messages]
        await _in_thread(lambda: self._log.append(key, ASSISTANT, "", plain, None if failed else message_id))

    async def _last_buttons(self, key: str) -> list[Button]:
        turns = await _in_thread(lambda: self._log.history(key, most=2))
        last = next((turn for turn in reversed(turns) if turn.author == ASSISTANT), None)
        return [Button(**button) for message in last.messages for button in message["buttons"]] if last else []

    async def _ask_engine(self, sender: str, text: str) -> list[Message]:
        try:
            return await self._engine.turn(sender, text)
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
        key = self._log.key(conversation_id)
        return await _in_thread(lambda: self._log.history(key))


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


def _hidden(found: tuple[str, ...]) -> Message:
    what = "、".join(found)
    return Message(text=f"您发的{what}已经遮住，没有保存。问政策用不着这些，请不要发。", kind="notice")


async def _in_thread(work: Callable[[], T]) -> T:
    """The database is synchronous; the event loop is not kept waiting for it."""
    return await asyncio.to_thread(work)
