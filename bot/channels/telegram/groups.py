"""A question in a group.  Each stands for itself: it has a conversation of its own, which is forgotten once it is
answered, so nothing personal can be asked for or kept.
"""

from __future__ import annotations

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, User

from bot.channels.telegram import words
from bot.channels.telegram.reading import question
from bot.channels.telegram.rendering import Part, render
from bot.channels.telegram.sending import Blocked, Sender
from bot.gateway.contract import Message as Said
from bot.gateway.gateway import Gateway
from bot.metrics.watch import came_by
from casework.conversations.addresses import conversation_of
from casework.people.privacy import mask

PUBLIC = frozenset({"policy_answer", "out_of_scope", "smalltalk", "clarify", "jobs", "error"})
"""What may be said where others read along."""


class Groups:
    def __init__(self, gateway: Gateway, sender: Sender) -> None:
        self._gateway = gateway
        self._sender = sender

    async def hear(self, message: Message, me: User, update_id: int, chat_hash: str) -> None:
        """May answer twice if it is cut off between sending and being noted as done."""
        asked = question(message, me)
        if asked is None:
            return
        hidden = mask(asked)
        said = await self._answer(hidden.text, f"{conversation_of(chat_hash)}-{update_id}") if asked else []
        parts = [part for each in said if each.kind in PUBLIC for part in render(_without_buttons(each))]
        if not asked:
            parts.append(_plain(words.IN_GROUP))
        elif not parts or any(each.kind not in PUBLIC for each in said):
            parts.append(_plain(words.TO_PRIVATE))
        if hidden.found:
            parts.append(_plain(words.EXPOSED.format(what="、".join(hidden.found))))
        try:
            for part in parts:
                await self._sender.send(message.chat_id, part, _link(me), message.message_id)
        except Blocked:
            return

    async def _answer(self, text: str, conversation: str) -> list[Said]:
        came_by("telegram")
        try:
            return await self._gateway.turn(conversation, text)
        finally:
            await self._gateway.forget(conversation)


def _without_buttons(message: Said) -> Said:
    """What a group may choose from stands in the text; other buttons are for the private chat."""
    choices = "".join(f"\n· {each.title}" for each in message.buttons) if message.kind == "clarify" else ""
    return message.model_copy(update={"text": message.text + choices, "buttons": []})


def _plain(text: str) -> Part:
    return render(Said(text=text, kind="notice"))[0]


def _link(me: User) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(words.OPEN_PRIVATE, url=f"https://t.me/{me.username}")]])
