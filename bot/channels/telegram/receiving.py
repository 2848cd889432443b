"""From Telegram into the inbox: nothing is acknowledged before it is kept there.

Long polling asks for the next updates only once the last ones are kept, which is what acknowledges them; the library's
own updater asks again while they are still in memory.  The webhook answers 200 once they are kept.  Updates are kept
as Telegram wrote them: one that the library cannot read does not stop the others.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from telegram.constants import ChatType
from telegram.error import Conflict, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.channels.telegram.pace import seconds
from bot.channels.telegram.reading import KINDS, chat_of, is_group, question, understood
from casework.conversations.inbox import Incoming, Taken
from casework.desk import Desk

logger = logging.getLogger("yunjiu.telegram")

PATH = "/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LARGEST_UPDATE = 1024 * 1024
POLL_SECONDS = 25
LONGEST_PAUSE = 30.0

router = APIRouter(include_in_schema=False)


class AskingBot(ExtBot[None]):
    """Gives updates unread."""

    async def raw_updates(self, next_id: int | None) -> list[dict[str, Any]]:
        """Those from ``next_id`` on, which says that all before it are kept; waits for the first."""
        wanted = {"offset": next_id, "timeout": POLL_SECONDS, "allowed_updates": KINDS}
        patience = (self._request[0].read_timeout or 0) + POLL_SECONDS
        updates: list[dict[str, Any]] = await self._post("getUpdates", wanted, read_timeout=patience)
        return updates


class Receiver:
    """Keeps what is for us.  What is said in a group, but not to the bot, is never written down."""

    def __init__(self, desk: Desk, bot: AskingBot, taken: Callable[[Taken], None]) -> None:
        self.bot = bot
        self._desk = desk
        self._taken = taken

    async def take(self, updates: Sequence[dict[str, Any]]) -> None:
        """Once it is back, they may be acknowledged."""
        ours = [
            Incoming(each["update_id"], self._desk.addresses.hash(chat["id"]), each)
            for each in updates
            if (chat := chat_of(each)) is not None and self._is_for_us(each, chat)
        ]
        if ours:
            self._taken(await asyncio.to_thread(self._desk.inbox.put, ours))

    def _is_for_us(self, body: dict[str, Any], chat: Mapping[str, Any]) -> bool:
        if chat.get("type") == ChatType.PRIVATE:
            return True
        update = understood(body, self.bot)
        return (
            update is not None
            and is_group(update)
            and update.message is not None
            and question(update.message, self.bot.bot) is not None
        )


class Polling:
    """Asks for updates, for as long as there is a line."""

    async def run(self, receiver: Receiver) -> None:
        next_id: int | None = None
        pause = 0.0
        hooked = True
        while True:
            try:
                if hooked:  # Telegram gives nothing to who asks while there is a webhook
                    await receiver.bot.delete_webhook(drop_pending_updates=False)
                    hooked = False
                updates = await receiver.bot.raw_updates(next_id)
                await receiver.take(updates)
                next_id = max((each["update_id"] + 1 for each in updates), default=next_id)
                pause = 0.0
            except TelegramError as error:
                pause = seconds(error) if isinstance(error, RetryAfter) else min(LONGEST_PAUSE, pause * 2 or 0.5)
                logger.warning("no updates from Telegram (%s); again in %s s", type(error).__name__, pause)
                hooked = hooked or isinstance(error, Conflict)
                await asyncio.sleep(pause)


class Webhook:
    """Tells Telegram where to send updates to; the address is ``url``, and ``secret`` comes with each of them."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret

    def admits(self, secret: str) -> bool:
        return hmac.compare_digest(secret.encode(), self._secret.encode())

    async def run(self, receiver: Receiver) -> None:
        pause = 1.0
        while True:
            try:
                await receiver.bot.set_webhook(self._url, secret_token=self._secret, allowed_updates=KINDS)
                return
            except TelegramError as error:
                logger.warning("Telegram takes no webhook (%s); again in %s s", type(error).__name__, pause)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)


@router.post(PATH)
async def webhook(request: Request) -> JSONResponse:
    """An update from Telegram.  Whatever is not 200 is sent again by it."""
    hook: Webhook = request.app.state.telegram_webhook
    receiver: Receiver = request.app.state.telegram.receiver
    if not hook.admits(request.headers.get(SECRET_HEADER, "")):
        return JSONResponse({"error": "secret"}, status_code=403)
    if int(request.headers.get("Content-Length") or 0) > LARGEST_UPDATE:
        return JSONResponse({"error": "too large"}, status_code=413)
    try:
        update = await request.json()
    except ValueError:
        update = None
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        return JSONResponse({"error": "no update"}, status_code=400)
    await receiver.take([update])
    return JSONResponse({"ok": True})


def install(app: FastAPI) -> None:
    app.include_router(router)
