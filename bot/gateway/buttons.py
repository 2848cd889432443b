"""A button may be typed: by its number, or by what stands on it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bot.gateway.contract import Button

_NUMBER = re.compile(r"(?:选)?(?:第)?\s*(?P<number>\d{1,2}|[一二三四五六七八九十])\s*(?:个|项|条|种)?[.、。)]?")
_HAN = {character: index for index, character in enumerate("一二三四五六七八九十", start=1)}


def _bare(text: str) -> str:
    return re.sub(r"[\s，。！？,.!?]", "", unicodedata.normalize("NFKC", text))


def pressed(text: str, buttons: Sequence[Button]) -> str:
    """The payload of the button that ``text`` means, or the text itself."""
    for button in buttons:
        if _bare(text) == _bare(button.title):
            return button.payload
    match = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text.strip()))
    if match is None:
        return text
    number = (
        _HAN.get(match["number"]) or int(match["number"]) if not match["number"].isdigit() else int(match["number"])
    )
    return buttons[number - 1].payload if 1 <= number <= len(buttons) else text
