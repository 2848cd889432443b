"""What an update is, whatever Telegram calls it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram import Bot, CallbackQuery, ChatMember, Message, MessageEntity, Update, User
from telegram.constants import ChatType

from bot.channels.telegram.words import COMMANDS
from bot.gateway.contract import MOST_CHARACTERS
from casework.people.documents import MOST_BYTES

KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""The updates that are asked for."""
GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
_COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,32})(?:@(?P<bot>\w+))?(?:\s|$)")
_VIDEOS = ("video", "video_note", "animation")
_VOICES = ("voice", "audio")
_STICKERS = ("sticker", "dice")
_SERVICE = (
    *("pinned_message", "message_auto_delete_timer_changed", "write_access_allowed", "connected_website"),
    *("chat_background_set", "users_shared", "chat_shared", "boost_added", "proximity_alert_triggered"),
)


@dataclass(frozen=True)
class Words:
    """``text`` as the gateway takes it: what was typed, or what a command stands for."""

    text: str


@dataclass(frozen=True)
class Press:
    query: CallbackQuery


@dataclass(frozen=True)
class File:
    """``caption`` is what was written under it."""

    id: str
    name: str
    caption: str


@dataclass(frozen=True)
class Phone:
    number: str


@dataclass(frozen=True)
class Remark:
    """Nothing that a turn could be made of; ``kind`` is a key of what the channel says to it."""

    kind: str


@dataclass(frozen=True)
class Left:
    """The person has blocked the bot."""


@dataclass(frozen=True)
class Nothing:
    """Not for us."""


Heard = Words | Press | File | Phone | Remark | Left | Nothing


def chat_of(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The chat that an update is of, both as Telegram wrote them; None for what nobody asked for."""
    for kind in KINDS:
        if (found := body.get(kind)) is not None:
            chat = (found.get("message") or {} if kind == "callback_query" else found).get("chat")
            return chat if isinstance(chat, Mapping) and isinstance(chat.get("id"), int) else None
    return None


def understood(body: dict[str, Any], bot: Bot) -> Update | None:
    """None where the library finds something missing: Telegram is newer than it, or something is broken."""
    try:
        return Update.de_json(body, bot)
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


def is_group(update: Update) -> bool:
    return update.effective_chat is not None and update.effective_chat.type in GROUPS


def read(update: Update) -> Heard:
    """Of a private chat."""
    if update.callback_query is not None:
        return Press(update.callback_query)
    if update.my_chat_member is not None:
        return Left() if update.my_chat_member.new_chat_member.status == ChatMember.BANNED else Nothing()
    if update.edited_message is not None:
        edited = update.edited_message
        return Remark("edited") if edited.text or edited.caption else Nothing()  # a place that moves is edited too
    return Nothing() if update.message is None else _read(update.message)


def _read(message: Message) -> Heard:
    if message.text is not None:
        return _words(message.text)
    if message.photo:
        return _file(message.photo[-1].file_id, message.photo[-1].file_size, "照片.jpg", message)
    if message.animation is None and (document := message.document) is not None:
        return _file(document.file_id, document.file_size, document.file_name or "文件", message)
    if message.contact is not None:
        return Phone(_national(message.contact.phone_number))
    if message.location is not None:  # a venue has one too
        return Remark("location")
    for kind, names in (("voice", _VOICES), ("video", _VIDEOS), ("sticker", _STICKERS)):
        if any(getattr(message, name) is not None for name in names):
            return Remark(kind)
    return Nothing() if _is_service(message) else Remark("other")


def _words(text: str) -> Heard:
    if len(text) > MOST_CHARACTERS:
        return Remark("long")
    match = _COMMAND.match(text)
    if match is not None and match["name"].lower() in COMMANDS:
        return Words(COMMANDS[match["name"].lower()][0])
    return Remark("command") if text.startswith("/") else Words(text)


def _file(file: str, size: int | None, name: str, message: Message) -> Heard:
    if size is not None and size > MOST_BYTES:
        return Remark("big_file")
    caption = message.caption or ""
    return File(file, name, "" if caption.startswith("/") else caption[:MOST_CHARACTERS])


def _national(number: str) -> str:
    digits = re.sub(r"\D", "", number)
    return digits.removeprefix("86") if len(digits) == 13 else digits


def _is_service(message: Message) -> bool:
    """What Telegram itself tells a chat."""
    return any(getattr(message, name) for name in _SERVICE)


def question(message: Message, me: User) -> str | None:
    """What is asked of the bot in a group: "" for a bare mention or a command; None where nobody spoke to it."""
    text = message.text or ""
    mine = f"@{me.username}".lower()
    mentions = [
        entity
        for entity in message.entities
        if entity.type in (MessageEntity.MENTION, MessageEntity.BOT_COMMAND)
        and message.parse_entity(entity).lower().endswith(mine)
    ]
    replied = message.reply_to_message
    to_me = replied is not None and replied.from_user is not None and replied.from_user.id == me.id
    if not mentions and not to_me:
        return None
    if any(entity.type == MessageEntity.BOT_COMMAND for entity in mentions):
        return ""
    for entity in mentions:
        text = text.replace(message.parse_entity(entity), " ")
    text = text.strip()
    return "" if text.startswith("/") else text[:MOST_CHARACTERS]
