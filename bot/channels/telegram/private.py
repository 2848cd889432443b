"""A private chat: what came becomes a turn of its conversation, and what is in the log is told to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from telegram import CallbackQuery, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, InvalidToken
from telegram.ext import ExtBot

from bot.channels.telegram import keyboard, words
from bot.channels.telegram.keyboard import Keyboards
from bot.channels.telegram.reading import File, Heard, Left, Nothing, Phone, Press, Remark, Words, read
from bot.channels.telegram.rendering import Part, render
from bot.channels.telegram.sending import Blocked, Sender, persistently
from bot.gateway.contract import Message
from bot.gateway.gateway import Gateway, clean
from bot.gateway.turns import TooManyTurns
from bot.metrics.watch import came_by
from casework.conversations.addresses import Address
from casework.conversations.log import AGENT, PERSON, LoggedTurn
from casework.desk import Desk
from casework.people.documents import MOST_BYTES, WrongFile

T = TypeVar("T")

PHONES = frozenset({"mobile", "phone"})
"""Types of the fields that a contact answers."""


class PrivateChats:
    def __init__(self, desk: Desk, gateway: Gateway, bot: ExtBot[None], sender: Sender) -> None:
        self._desk = desk
        self._gateway = gateway
        self._bot = bot
        self._sender = sender
        self._keyboards = Keyboards(desk.vault.ring)

    async def hear(self, update: Update, chat: int) -> None:
        """Taking the same update twice is as taking it once, but for the channel's own words."""
        heard = read(update)
        if isinstance(heard, Nothing):
            return
        if isinstance(heard, Left):
            await self._leave(chat)
            return
        address = await _in_thread(lambda: self._desk.addresses.of(chat))
        came_by("telegram")
        try:
            async with self._sender.typing(chat):
                said = await self._take(heard, address, update.update_id)
            if await _in_thread(lambda: self._desk.addresses.find(address.chat_hash)) is None:
                await self._say(chat, said)  # forgotten by that turn: there is no log to read it off
        except Blocked:
            await _in_thread(lambda: self._desk.addresses.block(address.id))

    async def tell(self, chat_hash: str) -> None:
        """Sends what stands in the log beyond what was sent.  Each piece is noted once it is sent; whoever dies
        between the two sends that one piece again.
        """
        address = await _in_thread(lambda: self._desk.addresses.find(chat_hash))
        if address is None or address.blocked:
            return
        after, parts = address.delivered, address.parts
        try:
            while turns := await asyncio.to_thread(self._desk.log.after, address.key, after):
                for turn in turns:
                    said = await self._tell_turn(address, turn, parts)
                    after, parts = turn.sequence, 0
                if not said:
                    await self._note(address, after, 0)
        except Blocked:
            await _in_thread(lambda: self._desk.addresses.block(address.id))

    async def remark(self, chat: int, kind: str, message_id: str) -> None:
        """Says what the channel has to say to something that no turn could be made of."""
        address = await _in_thread(lambda: self._desk.addresses.of(chat))
        try:
            await self._remark(kind, address, message_id)
        except Blocked:
            await _in_thread(lambda: self._desk.addresses.block(address.id))

    async def _leave(self, chat: int) -> None:
        address = await _in_thread(lambda: self._desk.addresses.find(self._desk.addresses.hash(chat)))
        if address is not None:
            await _in_thread(lambda: self._desk.addresses.block(address.id))

    async def _take(self, heard: Heard, address: Address, update_id: int) -> list[Message]:
        message_id = f"tg-{update_id}"
        match heard:
            case Words(text):
                return await self._words(text, address, message_id)
            case Press(query):
                return await self._press(query, address)
            case File():
                return await self._file(heard, address, message_id)
            case Phone(number) if await self._gateway.expects(address.conversation) in PHONES:
                return await self._turn(address, number, message_id)
            case Phone():
                await self._remark("contact", address, message_id)
            case Remark(kind):
                await self._remark(kind, address, message_id)
        return []

    async def _words(self, text: str, address: Address, message_id: str) -> list[Message]:
        if not clean(text):
            await self._remark("other", address, message_id)
            return []
        if text == words.COMMANDS["cancel"][0] and await self._owner(address) == "queue":
            text = "/leave_queue"
        return await self._turn(address, text, message_id)

    async def _turn(self, address: Address, text: str, message_id: str) -> list[Message]:
        """Too many of them wait in the inbox until they may be said."""
        while True:
            try:
                return await self._gateway.turn(address.conversation, text, message_id)
            except TooManyTurns as error:
                await asyncio.sleep(error.retry_after)

    async def _press(self, query: CallbackQuery, address: Address) -> list[Message]:
        """A keyboard answers once, however often and on whichever of its buttons it is pressed."""
        if query.data == keyboard.DONE or query.message is None:
            await self._sender.answer_press(query.id, words.CHOSEN)
            return []
        shown = query.message.message_id
        place = keyboard.read(query.data)
        button = None
        if place is not None:
            turns = await _in_thread(lambda: self._desk.log.after(address.key, place.sequence - 1, most=1))
            button = self._keyboards.pressed(place, turns)
        if button is None:
            await self._sender.answer_press(query.id, words.STALE)
            await self._sender.mark(address.chat, shown, None)
            return []
        await self._sender.answer_press(query.id)
        await self._sender.mark(address.chat, shown, keyboard.marked(button.title))
        return await self._turn(address, button.payload, f"tg-press-{shown}")

    async def _file(self, file: File, address: Address, message_id: str) -> list[Message]:
        try:
            content = await persistently(lambda: self._download(file))
        except (BadRequest, InvalidToken) as error:
            big = "too big" in str(error).lower()
            await self._remark("big_file" if big else "lost_file", address, message_id)
            return []
        try:
            said = await self._gateway.document(address.conversation, file.name, content[: MOST_BYTES + 1], message_id)
        except WrongFile as error:
            await self._say(address.chat, [_notice(error.reason + words.ANOTHER_FILE)])
            return []
        except TooManyTurns as error:
            await asyncio.sleep(error.retry_after)
            return await self._file(file, address, message_id)
        return said + (await self._turn(address, file.caption, f"{message_id}-caption") if clean(file.caption) else [])

    async def _download(self, file: File) -> bytes:
        found = await self._bot.get_file(file.id)
        return bytes(await found.download_as_bytearray())

    async def _remark(self, kind: str, address: Address, message_id: str) -> None:
        """While an agent has the conversation, the agent sees that something came, and the bot is silent."""
        if await self._owner(address) == "agent":
            await self._turn(address, words.NOTED[kind], message_id)
        else:
            await self._say(address.chat, [_notice(words.REMARKS[kind])])

    async def _owner(self, address: Address) -> str:
        return (await _in_thread(lambda: self._desk.handovers.owner(address.sender))).kind

    async def _say(self, chat: int, messages: list[Message]) -> None:
        """What is in no log; so it has no buttons either, which are known by their place there."""
        for message in messages:
            for part in render(message):
                await self._sender.send(chat, part)

    async def _tell_turn(self, address: Address, turn: LoggedTurn, sent: int) -> bool:
        """``sent``: how many of its parts were sent before.  False where there was nothing to send, or to note."""
        outgoing = await self._outgoing(turn)
        for number, (part, markup) in enumerate(outgoing[sent:], start=sent + 1):
            await self._sender.send(address.chat, part, markup)
            whole = number == len(outgoing)
            await self._note(address, turn.sequence if whole else turn.sequence - 1, 0 if whole else number)
        return bool(outgoing[sent:])

    async def _outgoing(self, turn: LoggedTurn) -> list[tuple[Part, InlineKeyboardMarkup | None]]:
        """What is sent of a turn: nothing of the person's own; buttons stand under the last part of their message."""
        outgoing = []
        for index, message in enumerate(await self._gateway.told(turn) if turn.author != PERSON else []):
            markup = self._keyboards.under(message.buttons, turn.sequence, index)
            parts = render(message, by_agent=turn.author == AGENT)
            outgoing += [(part, markup if part is parts[-1] else None) for part in parts]
        return outgoing

    async def _note(self, address: Address, delivered: int, parts: int) -> None:
        await _in_thread(lambda: self._desk.addresses.note(address.id, delivered, parts))


def _notice(text: str) -> Message:
    return Message(text=text, kind="notice")


async def _in_thread(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)
