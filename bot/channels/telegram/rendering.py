"""A message of the contract as Telegram's HTML, in parts that are short enough for it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.gateway.contract import Citation, Message

LONGEST = 4096
"""What one message of Telegram's may have, in UTF-16 code units and without the markup."""
VALIDITY = {"in_force": "✓ 现行", "staged": "! 阶段性", "expired": "× 已到期"}
AGENT = "工作人员"

_QUOTED = re.compile(r"原文（[^）]*）：“.*”$")
"""A line of an answer that quotes; it stands as a quotation."""
_SENTENCE = re.compile(r"[。！？!?；;…][”’」』）)]*|\n")
_PAUSE = re.compile(r"[，,、：:\s]")
_QUOTE = "blockquote"
_LONG_QUOTE = "blockquote expandable"


@dataclass(frozen=True)
class Block:
    """Text under one piece of markup; ``tag`` is empty for plain text."""

    text: str
    tag: str = ""

    @property
    def html(self) -> str:
        escaped = html.escape(self.text, quote=False)
        return f"<{self.tag}>{escaped}</{self.tag.split()[0]}>" if self.tag else escaped


@dataclass(frozen=True)
class Part:
    """What is sent as one message; ``plain`` is what is left of it without markup."""

    html: str
    plain: str


def render(message: Message, by_agent: bool = False) -> list[Part]:
    """Nothing where the message has no words."""
    return [_part(blocks) for blocks in _packed(_blocks(message, by_agent))]


def units(text: str) -> int:
    """As Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def split(text: str, most: int = LONGEST) -> list[str]:
    """Pieces of at most ``most`` units that joined are ``text`` again: cut after sentences, or else at pauses."""
    pieces = []
    while units(text) > most:
        end = _end(text, most)
        pieces.append(text[:end])
        text = text[end:]
    return [*pieces, text]


def _end(text: str, most: int) -> int:
    """Where to cut so that what is before fits."""
    fits = text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")
    for mark in (_SENTENCE, _PAUSE):
        ends = [match.end() for match in mark.finditer(fits)]
        if ends and ends[-1] > len(fits) // 4:
            return ends[-1]
    return len(fits)


def _blocks(message: Message, by_agent: bool) -> Iterator[Block]:
    """As the chat page has it: validity, the words, the number, what it rests on."""
    text = message.text
    if by_agent:
        yield Block(AGENT, "b")
    if message.validity is not None:
        yield Block(VALIDITY[message.validity], "b")
    plain: list[str] = []
    for line in text.split("\n"):
        if _QUOTED.match(line):
            yield Block("\n".join(plain))
            yield Block(line, _QUOTE)
            plain = []
        else:
            plain.append(line)
    yield Block("\n".join(plain))
    number = re.sub(r"^(\d{4})(\d{4})(\d{4})$", r"\1 \2 \3", message.reference or "")
    if number not in text:
        yield Block(f"受理编号 {number}", "b")
    if shown := "\n".join(_source(each) for each in message.citations if not _is_in(each.quote, text)):
        yield Block(shown, _LONG_QUOTE)


def _source(cited: Citation) -> str:
    """Clause 0 is the notice as a whole."""
    if cited.notice is None:
        return f"依据 {cited.source}：{cited.quote}"
    clause = f"第{cited.clause}条 · " if cited.clause and cited.clause != "0" else ""
    return f"原文 {clause}{cited.notice}：“{cited.quote}”"


def _is_in(quote: str, text: str) -> bool:
    return "".join(quote.split()) in "".join(text.split())


def _packed(blocks: Iterator[Block]) -> Iterator[list[Block]]:
    part: list[Block] = []
    length = 0
    for block in blocks:
        for piece in split(block.text):
            if not piece.strip():
                continue
            added = units(piece) + (1 if part else 0)
            if length + added > LONGEST:
                yield part
                part, length, added = [], 0, units(piece)
            part.append(Block(piece.strip("\n"), block.tag))
            length += added
    if part:
        yield part


def _part(blocks: list[Block]) -> Part:
    """A quotation ends its line by itself."""
    marked = "".join(
        block.html + ("" if last or _QUOTE in block.tag or _QUOTE in following.tag else "\n")
        for block, following, last in _neighbours(blocks)
    )
    return Part(marked, "\n".join(block.text for block in blocks))


def _neighbours(blocks: list[Block]) -> Iterator[tuple[Block, Block, bool]]:
    for index, block in enumerate(blocks):
        last = index == len(blocks) - 1
        yield block, block if last else blocks[index + 1], last
