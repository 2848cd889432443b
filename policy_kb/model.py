"""The shapes of the knowledge base's data.  All of it is immutable.

Field names are the keys of the YAML files; a key that is not named here is refused by the loader.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

ASPECTS: tuple[str, ...] = (
    "conditions",
    "materials",
    "steps",
    "amount",
    "time_limit",
    "place",
    "who",
)
"""The parts of an answer that every measure must speak to, in the order in which people ask."""

AspectName = Literal["conditions", "materials", "steps", "amount", "time_limit", "place", "who"]
Audience = Literal["person", "employer", "government", "everyone"]
ValidityState = Literal["in_force", "staged", "expired"]
Reliability = Literal["L", "G", "N", "S", "K", "U"]
"""L law, G government site, N official news, S reprint, K from memory of the law, U not found."""
Currency = Literal["stable", "phased", "local", "historical"]


class Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all shapes: immutable, and an unknown key is an error rather than silence."""


class Quote(Frozen, frozen=True):
    """A verbatim piece of a clause.  Whitespace and line breaks do not count as text."""

    clause: str
    quote: str


class Clause(Frozen, frozen=True):
    """One node of a source's clause tree; ``text`` is the paragraph rejoined across page breaks."""

    id: str
    heading: str
    parent: str | None = None
    text: str = ""


class Source(Frozen, frozen=True):
    """A published document: what it is, and how its stored text is known to be damaged, if it is."""

    id: str
    number: str
    title: str
    issuers: tuple[str, ...]
    published: date
    rests_on: str
    publicity: str
    contact: str
    discrepancies: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()


class Validity(Frozen, frozen=True):
    """From when to when a measure runs, in calendar days; ``last_day`` is inclusive.

    ``staged`` marks what the source itself calls 阶段性 or 试点, or ties to the epidemic, without an
    end.  ``basis`` is the source's own wording for that mark or for the end; ``note`` says in plain words
    what of the measure it touches, where that is not all of it.
    """

    starts: date | None = None
    last_day: date | None = None
    staged: bool = False
    basis: Quote | None = None
    note: str | None = None

    def on(self, day: date) -> ValidityState:
        """The state on ``day``: past its last day it is expired, however it was called before."""
        if self.last_day is not None and day > self.last_day:
            return "expired"
        return "staged" if self.staged else "in_force"


class Aspect(Frozen, frozen=True):
    """One part of the answer: stated (``quotes``), supplemented, or left open by the source.

    ``answer`` is what a person reads.  ``left_open`` says in words what the source does not say;
    ``ask`` is the id of the contact to ask then.
    """

    answer: str
    quotes: tuple[Quote, ...] = ()
    supplements: tuple[str, ...] = ()
    left_open: str | None = None
    ask: str | None = None


class Aspects(Frozen, frozen=True):
    conditions: Aspect
    materials: Aspect
    steps: Aspect
    amount: Aspect
    time_limit: Aspect
    place: Aspect
    who: Aspect

    def get(self, name: AspectName) -> Aspect:
        aspect: Aspect = getattr(self, name)
        return aspect


class Measure(Frozen, frozen=True):
    """One measure of a notice: the smallest thing that a person can ask about or apply for."""

    id: str
    source: str
    clause: str
    title: str
    label: str
    audience: tuple[Audience, ...]
    summary: str
    passages: tuple[Quote, ...]
    validity: Validity
    aspects: Aspects
    fileable: bool = False
    related: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


class Supplement(Frozen, frozen=True):
    """A fact that is not in the notice.  ``text`` is what may be quoted; ``source`` says whose it is."""

    id: str
    text: str
    source: str
    reliability: tuple[Reliability, ...]
    currency: Currency
    last_day: date | None = None
    """Where the fact names its own end."""

    @property
    def may_be_told(self) -> bool:
        """Only what law, a government site or official news says is told to people."""
        return bool(set(self.reliability) & {"L", "G", "N"}) and self.currency != "historical"

    @property
    def needs_caution(self) -> bool:
        """Local and phased facts are told with the advice to confirm them locally."""
        return self.currency in ("local", "phased")


class Contact(Frozen, frozen=True):
    """Where to ask.  ``text`` is a whole phrase that fits after 请问 or 可以问."""

    id: str
    name: str
    text: str
    phone: str | None = None


class Term(Frozen, frozen=True):
    """An official word and the ordinary words that people use for it."""

    term: str
    also: tuple[str, ...]


class FactWords(Frozen, frozen=True):
    """How people tell in passing that a fact has a value (a choice id, or yes / no).

    ``patterns``: regular expressions, for what is said in parts that may stand apart: 登记我还没去办.
    """

    fact: str
    value: str
    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


class AspectWords(Frozen, frozen=True):
    """How people ask for one part of an answer.

    ``title`` is what its button says; ``asks`` are whole questions with {} for a measure's name.
    """

    id: str
    title: str
    asks: tuple[str, ...]
    words: tuple[str, ...]


class MenuGroup(Frozen, frozen=True):
    """Measures that one choice of the menu offers, the most important first."""

    id: str
    title: str
    measures: tuple[str, ...]


class AmbiguousWord(Frozen, frozen=True):
    """A word that names several measures, and which of them to offer."""

    word: str
    measures: tuple[str, ...]


class Place(Frozen, frozen=True):
    code: str
    name: str
    parent: str | None = None


class Citation(Frozen, frozen=True):
    """What stands behind a statement; the shape is the conversation contract's."""

    notice: str | None
    source: str | None
    clause: str | None
    quote: str
