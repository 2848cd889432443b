"""Buttons under a message.  What one carries is only where it stands in the log, and a keyed hash to know it by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.gateway.contract import Button
from casework.conversations.log import LoggedTurn
from casework.store.cipher import KeyRing

DONE = "-"
"""What a button carries that was pressed already."""
_DATA = re.compile(r"(?P<sequence>\d{1,9})\.(?P<message>\d{1,3})\.(?P<button>\d{1,3})\.(?P<seal>[0-9a-f]{12})")


@dataclass(frozen=True)
class Place:
    """Of a button: the turn's number, the message in the turn, the button in the message, and its seal."""

    sequence: int
    message: int
    button: int
    seal: str


class Keyboards:
    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def under(self, buttons: Sequence[Button], sequence: int, message: int) -> InlineKeyboardMarkup | None:
        """One button a row, for the ``message``-th message of that turn."""
        rows = [
            [InlineKeyboardButton(each.title, callback_data=self._data(sequence, message, index, each))]
            for index, each in enumerate(buttons)
        ]
        return InlineKeyboardMarkup(rows) if rows else None

    def pressed(self, place: Place, turns: Sequence[LoggedTurn]) -> Button | None:
        """The button at ``place``, if it is still the one that was shown: ``turns`` are those from its turn on."""
        turn = next((each for each in turns if each.sequence == place.sequence), None)
        if turn is None or place.message >= len(turn.messages):
            return None
        buttons = [Button(**each) for each in turn.messages[place.message]["buttons"]]
        if place.button >= len(buttons) or self._seal(place.sequence, buttons[place.button]) != place.seal:
            return None
        return buttons[place.button]

    def _data(self, sequence: int, message: int, index: int, button: Button) -> str:
        return f"{sequence}.{message}.{index}.{self._seal(sequence, button)}"

    def _seal(self, sequence: int, button: Button) -> str:
        return self._ring.hash(f"{sequence} {button.payload}", "telegram.button")[:12]


def read(data: str | None) -> Place | None:
    match = _DATA.fullmatch(data or "")
    if match is None:
        return None
    return Place(int(match["sequence"]), int(match["message"]), int(match["button"]), match["seal"])


def marked(title: str) -> InlineKeyboardMarkup:
    """What is left of a keyboard once one was pressed."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(f"✓ {title}", callback_data=DONE)]])
