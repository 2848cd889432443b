"""What may go wrong on the way to Telegram: asked again, noted, or said in plainer form."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from telegram import InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError
from telegram.ext import ExtBot

from bot.channels.telegram.rendering import Part

logger = logging.getLogger("yunjiu.telegram")

T = TypeVar("T")

PAUSES: Sequence[float] = (0.5, 1, 2, 4, 8)
"""Seconds between the attempts when the network or Telegram fails; then it is left for later."""
TYPING_AFTER = 0.2
TYPING_EVERY = 4.5
_GONE = ("chat not found", "user is deactivated", "peer_id_invalid", "bot was kicked")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Blocked(Exception):
    """The chat takes nothing more from us."""


async def persistently(call: Callable[[], Awaitable[T]], pauses: Sequence[float] | None = None) -> T:
    """Asks again while the network or the server fails.  A request that was done although its answer got lost is
    done twice: what Telegram offers has no way to tell.
    """
    for pause in PAUSES if pauses is None else pauses:
        try:
            return await call()
        except BadRequest:
            raise
        except NetworkError as error:  # TimedOut is one too
            logger.warning("Telegram failed (%s); again in %s s", type(error).__name__, pause)
            await asyncio.sleep(pause)
    return await call()


class Sender:
    def __init__(self, bot: ExtBot[None]) -> None:
        self._bot = bot

    async def send(
        self, chat: int, part: Part, markup: InlineKeyboardMarkup | None = None, reply_to: int | None = None
    ) -> None:
        """Blocked; NetworkError once it was tried often enough.  A message that Telegram cannot read goes plain."""
        answered = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None

        async def formatted(text: str, mode: str | None) -> None:
            await self._bot.send_message(
                chat,
                text,
                parse_mode=mode,
                reply_markup=markup,
                reply_parameters=answered,
                link_preview_options=_NO_PREVIEW,
            )

        try:
            try:
                await persistently(lambda: formatted(part.html, ParseMode.HTML))
            except BadRequest as error:
                if any(each in str(error).lower() for each in _GONE):
                    raise Blocked from error
                logger.error("Telegram does not take a message: %s", error)
                await persistently(lambda: formatted(part.plain, None))
        except Forbidden as error:
            raise Blocked from error

    async def answer_press(self, query: str, words: str | None = None) -> None:
        """Ends the waiting of a button; one pressed long ago no longer waits."""
        with suppress(TelegramError):
            await self._bot.answer_callback_query(query, words)

    async def mark(self, chat: int, message: int, markup: InlineKeyboardMarkup | None) -> None:
        """Puts another keyboard under a message; not more than a courtesy."""
        try:
            await persistently(
                lambda: self._bot.edit_message_reply_markup(chat, message, reply_markup=markup), PAUSES[:2]
            )
        except TelegramError as error:
            logger.info("a keyboard stays as it is: %s", type(error).__name__)

    @asynccontextmanager
    async def typing(self, chat: int) -> AsyncIterator[None]:
        """Shows that somebody is at it, for as long as it takes."""
        shown = asyncio.create_task(self._show_typing(chat))
        try:
            yield
        finally:
            shown.cancel()

    async def _show_typing(self, chat: int) -> None:
        await asyncio.sleep(TYPING_AFTER)
        while True:
            with suppress(TelegramError):
                await self._bot.send_chat_action(chat, ChatAction.TYPING)
            await asyncio.sleep(TYPING_EVERY)
