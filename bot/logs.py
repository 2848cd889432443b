"""Log lines of all processes, as text or JSON, each with the turn that it belongs to.

Only the standard library: the engine's environment imports it too.  The last thing that happens to a line is that
what looks like a personal number in it is hidden, whoever wrote it there.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import traceback
from contextvars import ContextVar
from datetime import datetime, timezone
from typing import Any

TURN_HEADER = "X-Yunjiu-Turn"
"""Carries a turn's id from the app to the engine, and from the engine to the actions."""
HUSHED = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "telegram": logging.CRITICAL,
    "python_multipart": logging.WARNING,
    "rasa_sdk.executor": logging.WARNING,
}
"""What these write may hold addresses with ids in them, or what people wrote."""

MOST_CAUSES = 8
_TURN_ID = re.compile(r"[0-9a-f]{16}")
_HIDDEN = "〔hidden〕"
_PERSONAL = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"\d{17}[\dXx]|\d{15,19}"  # resident ids, bank cards
    r"|(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"  # mobile phones
    r"|0\d{2,3}-\d{7,8}"  # other phones
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # addresses of mail
    r")(?![0-9A-Za-z])",
    re.ASCII,
)
_turn: ContextVar[str] = ContextVar("yunjiu_turn", default="")


def begin_turn() -> str:
    """A new turn's id, random; what this task and its threads log from now on carries it."""
    turn = secrets.token_hex(8)
    _turn.set(turn)
    return turn


def join_turn(turn: str | None) -> None:
    """The turn that another process began; anything else than an id of ours is no turn."""
    _turn.set(turn if turn and _TURN_ID.fullmatch(turn) else "")


def current_turn() -> str:
    """Empty outside of a turn."""
    return _turn.get()


def turn_headers() -> dict[str, str]:
    """What a request to the next process carries."""
    turn = current_turn()
    return {TURN_HEADER: turn} if turn else {}


def hidden(text: str) -> str:
    """Without numbers and addresses of people."""
    return _PERSONAL.sub(_HIDDEN, text)


def where(error: BaseException | None) -> str:
    """The kinds of an exception and of what led to it, and where they were raised.

    Not its words: those may quote what somebody wrote, or a row of the database.
    """
    parts: list[str] = []
    while error is not None and len(parts) < MOST_CAUSES:
        parts.insert(0, "".join([*traceback.format_tb(error.__traceback__), type(error).__qualname__]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(parts)


class _Lines(logging.Formatter):
    def formatException(self, ei: Any) -> str:  # the name is logging's
        return where(ei[1])


class TextLines(_Lines):
    """For people: level, name, turn, message."""

    def format(self, record: logging.LogRecord) -> str:
        turn = current_turn()
        record.turn = f" [{turn}]" if turn else ""
        return hidden(super().format(record))


class JsonLines(_Lines):
    """One object a line: at, level, logger, message, and where there are any turn, exception."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": self._process,
            "logger": record.name,
            "message": hidden(record.getMessage()),
        }
        if turn := current_turn():
            line["turn"] = turn
        if record.exc_info and record.exc_info[0]:
            line["exception"] = hidden(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def set_up(process: str, level: str, style: str) -> None:
    """The process's log goes to standard error in that style, ``text`` or ``json``; any handler before it goes."""
    handler = logging.StreamHandler()
    plain = TextLines("%(levelname)s %(name)s%(turn)s %(message)s")
    handler.setFormatter(JsonLines(process) if style == "json" else plain)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, least in HUSHED.items():
        logging.getLogger(name).setLevel(least)
