"""The line to Telegram: one process holds it, and every chat on it has one thing done at a time, in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from telegram import BotCommand
from telegram.constants import ChatType
from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram import reading
from bot.channels.telegram.groups import Groups
from bot.channels.telegram.private import PrivateChats
from bot.channels.telegram.receiving import AskingBot, Polling, Receiver, Webhook
from bot.channels.telegram.sending import Sender
from bot.channels.telegram.words import COMMANDS
from bot.gateway.gateway import Gateway
from casework.conversations.inbox import Taken, Waiting
from casework.desk import Desk
from casework.store.alone import Alone

logger = logging.getLogger("yunjiu.telegram")

T = TypeVar("T")

LOOK_SECONDS = 1.0
NEWS_SECONDS = 5.0
TIDY_SECONDS = 3600.0
AFTER_FAILURE_SECONDS = 5.0
MOST_ATTEMPTS = 3
MOST_AT_ONCE = 32
"""Chats that are attended to at the same time; the others wait."""


class LineLost(Exception):
    """Another process has it now."""


class TelegramLine:
    """:meth:`run` does everything; updates may be handed to ``receiver`` in any process meanwhile."""

    def __init__(self, desk: Desk, gateway: Gateway, bot: AskingBot, source: Polling | Webhook) -> None:
        self._desk = desk
        self._gateway = gateway
        self._bot = bot
        self._source = source
        self._alone = Alone(desk.engine, "telegram")
        sender = Sender(bot)
        self._private = PrivateChats(desk, gateway, bot, sender)
        self._groups = Groups(gateway, sender)
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self._attended: set[str] = set()
        self._woken: set[str] = set()
        self._flooded: set[str] = set()
        self._resting: dict[str, float] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self.receiver = Receiver(desk, bot, self._taken)

    async def run(self) -> None:
        """Until it is cancelled.  A token that Telegram does not know ends it, with a line in the log."""
        try:
            while True:
                try:
                    await self._run()
                except InvalidToken:
                    logger.error("Telegram does not know the token; there is no Telegram until it is mended")
                    return
                except Exception:
                    logger.exception("the line to Telegram broke; it is taken up again")
                    await asyncio.sleep(AFTER_FAILURE_SECONDS)
        finally:
            self._alone.release()
            await self._bot.shutdown()

    async def _run(self) -> None:
        await _until_done(self._bot.initialize)
        while not await asyncio.to_thread(self._alone.hold):
            await asyncio.sleep(LOOK_SECONDS)
        logger.info("on the line to Telegram as @%s", self._bot.username)
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(_until_done(self._show_menu))
                self._tasks.create_task(self._source.run(self.receiver))
                self._tasks.create_task(_every(LOOK_SECONDS, self._look))
                self._tasks.create_task(_every(NEWS_SECONDS, self._tell_news))
                self._tasks.create_task(_every(TIDY_SECONDS, self._tidy))
        finally:
            self._tasks = None

    async def _show_menu(self) -> None:
        await self._bot.set_my_commands([BotCommand(name, described) for name, (_, described) in COMMANDS.items()])

    async def _look(self) -> None:
        """For what another process has put into the inbox or a log, and for what was left undone."""
        if not await asyncio.to_thread(self._alone.hold):
            raise LineLost
        self._wake(await asyncio.to_thread(self._desk.inbox.chats))
        self._wake(await asyncio.to_thread(self._desk.addresses.behind))

    async def _tell_news(self) -> None:
        for key in await asyncio.to_thread(self._desk.addresses.with_news):
            await self._gateway.tell_news(key)

    async def _tidy(self) -> None:
        await asyncio.to_thread(self._desk.inbox.forget_the_old)

    def _taken(self, taken: Taken) -> None:
        self._flooded |= taken.flooded
        self._wake(taken.chats | taken.flooded)

    def _wake(self, chats: Iterable[str]) -> None:
        """Has somebody see to these chats; who is at one already looks once more before going.  Only who holds the
        line does so: it sees within a second what another process has taken.
        """
        if self._tasks is None:
            return
        for chat in chats:
            self._woken.add(chat)
            if chat not in self._attended and self._resting.get(chat, 0) <= _now():
                self._attended.add(chat)
                self._tasks.create_task(self._attend(chat))

    async def _attend(self, chat: str) -> None:
        try:
            async with self._room:
                while chat in self._woken:
                    self._woken.discard(chat)
                    await self._work_off(chat)
            self._resting.pop(chat, None)
        except Exception as error:
            self._resting[chat] = _now() + AFTER_FAILURE_SECONDS
            logger.warning(
                "a chat is left for %s s", AFTER_FAILURE_SECONDS, exc_info=not isinstance(error, TelegramError)
            )
        finally:
            self._attended.discard(chat)

    async def _work_off(self, chat: str) -> None:
        waiting = await asyncio.to_thread(self._desk.inbox.next, chat)
        while waiting is not None:
            await self._hear(waiting, chat)
            await asyncio.to_thread(self._desk.inbox.done, waiting.update_id)
            waiting = await asyncio.to_thread(self._desk.inbox.next, chat)
            if waiting is not None:
                await self._private.tell(chat)
        await self._private.tell(chat)

    async def _hear(self, waiting: Waiting, chat_hash: str) -> None:
        """What fails for another reason than the network's is given up after some attempts, and the person told."""
        update = reading.understood(waiting.body, self._bot)
        where = reading.chat_of(waiting.body) or {}
        chat, private = where["id"], where.get("type") == ChatType.PRIVATE
        message_id = f"tg-{waiting.update_id}"
        if waiting.attempts > MOST_ATTEMPTS:
            logger.error("update %d is given up", waiting.update_id)
            return
        try:
            if update is None or waiting.attempts >= MOST_ATTEMPTS:
                if private:
                    await self._private.remark(chat, "failed" if update else "other", message_id)
            elif private:
                if chat_hash in self._flooded:
                    self._flooded.discard(chat_hash)
                    await self._private.remark(chat, "flood", f"{message_id}-flood")
                await self._private.hear(update, chat)
            elif update.message is not None:
                await self._groups.hear(update.message, self._bot.bot, waiting.update_id, chat_hash)
        except TelegramError:
            raise
        except Exception:
            await asyncio.to_thread(self._desk.inbox.tried, waiting.update_id)
            raise


async def _every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await work()
        except LineLost:
            raise
        except Exception:
            logger.exception("a round failed; the next one comes in %s s", seconds)
        await asyncio.sleep(seconds)


async def _until_done(call: Callable[[], Awaitable[T]]) -> T:
    """Asks Telegram until it answers; InvalidToken."""
    pause = 1.0
    while True:
        try:
            return await call()
        except InvalidToken:
            raise
        except TelegramError as error:
            logger.warning("Telegram does not answer (%s); again in %s s", type(error).__name__, pause)
            await asyncio.sleep(pause)
            pause = min(60.0, pause * 2)


def _now() -> float:
    return asyncio.get_running_loop().time()
