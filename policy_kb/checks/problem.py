"""What a check finds, and the few ways in which checks walk the knowledge base."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from policy_kb.knowledge import KnowledgeBase
from policy_kb.model import ASPECTS, Aspect, Measure, Quote, Source

Severity = Literal["error", "warning"]
SUPPLEMENTS = "sources/supplements.yml"
VOCABULARY = "vocabulary.yml"
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """One finding: ``file`` is relative to the knowledge base, ``key`` the place in it, ``cure`` what to do."""

    severity: Severity
    file: str
    key: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.file}: {self.key}: {self.what}; {self.cure}"


def error(file: str, key: str, what: str, cure: str) -> Problem:
    return Problem("error", file, key, what, cure)


def warning(file: str, key: str, what: str, cure: str) -> Problem:
    return Problem("warning", file, key, what, cure)


def plain(text: str) -> str:
    """The text as quotes are compared: whitespace and line breaks are not part of it."""
    return re.sub(r"\s", "", text)


def shown(text: str) -> str:
    """In quotation marks and short enough for a line."""
    text = plain(text)
    return f"“{text[:_LONGEST_SHOWN]}{'…' if len(text) > _LONGEST_SHOWN else ''}”"


def measure_file(measure: Measure) -> str:
    return f"measures/{measure.id}.yml"


def source_file(source: Source) -> str:
    return f"sources/{source.id}/source.yml"


def text_file(source: Source) -> str:
    return f"sources/{source.id}/text.txt"


def aspects_of(measure: Measure) -> Iterator[tuple[str, Aspect]]:
    """Key and aspect, for all aspects that the model names."""
    for name in ASPECTS:
        yield f"aspects.{name}", getattr(measure.aspects, name)


def quotes_of(measure: Measure) -> Iterator[tuple[str, Quote]]:
    """Key and quote, for every quote of the measure's file."""
    yield from _numbered("passages", measure.passages)
    if measure.validity.basis is not None:
        yield "validity.basis", measure.validity.basis
    for key, aspect in aspects_of(measure):
        yield from _numbered(f"{key}.quotes", aspect.quotes)


def _numbered(key: str, quotes: Iterable[Quote]) -> Iterator[tuple[str, Quote]]:
    return ((f"{key}[{index}]", quote) for index, quote in enumerate(quotes))


def stored_text(knowledge: KnowledgeBase, source: Source) -> str | None:
    """The source as published, without whitespace; None where its file cannot be read (a problem of its own)."""
    try:
        return plain(knowledge.source_text(source.id))
    except (OSError, UnicodeDecodeError):
        return None


def clashes(named: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Each value of the (value, where) pairs that stands more than once, with all its places."""
    places: dict[str, list[str]] = defaultdict(list)
    for value, where in named:
        places[value].append(where)
    return ((value, where) for value, where in places.items() if len(where) > 1)
