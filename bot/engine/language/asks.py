"""Splitting a message that may hold several questions.

The pieces are only candidates: whether two of them really ask for different things is decided later,
where their measures are known.
"""

from __future__ import annotations

import re

_ENDS = re.compile(r"(?<=[?!。;\n])\s*|\s*\n\s*")
_ALSO = re.compile(
    r"[,，、;\s]*(?=还有(?![没无用效在])|另外|顺便|以及|还想问|也想问|还要问)|[,，、;\s]+(?=再问|再就是|同时|第二|二是|然后|对了|并且)"
)
_COMMAS = re.compile(r"[,，]")
_ASKING = re.compile(
    r"[?]|吗|嘛|呢|咋|怎|哪|啥|什么|多少|几|是不是|能不能|可不可以|有没有|有没得|莫得|得不得|行不行|要不要|算不算"
    r"|给能|给有|给要|给会|如何|想问|请问|问一下|问下|咨询|帮|想知道|晓得|多久|为什么|为哪样|怎样|还能|还有"
)
SHORTEST = 4
MOST = 6


def candidate_asks(text: str) -> list[str]:
    """The pieces of a normalised text that could each be a question; [] where there is only one."""
    pieces = [piece for end in _ENDS.split(text) for piece in _ALSO.split(end)]
    if sum(1 for piece in pieces if _ASKING.search(piece)) < 2:
        pieces = [part for piece in pieces for part in _COMMAS.split(piece)]
    asks = [ask for ask in _join_statements(pieces) if len(ask) >= SHORTEST and _ASKING.search(ask)]
    return asks[:MOST] if len(asks) > 1 else []


def _join_statements(pieces: list[str]) -> list[str]:
    """A piece that asks nothing belongs to the question after it: 我被裁了，失业金咋领."""
    joined: list[str] = []
    waiting = ""
    for piece in pieces:
        piece = piece.strip(" ,，。")
        if _ASKING.search(piece):
            joined.append(f"{waiting},{piece}" if waiting else piece)
            waiting = ""
        elif piece:
            waiting = f"{waiting},{piece}" if waiting else piece
    return joined
