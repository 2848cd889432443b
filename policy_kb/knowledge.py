"""The knowledge base in memory: one function to load it, one to get each kind of thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from policy_kb.eligibility.load import load_facts, load_parameters, load_rules
from policy_kb.loading import KnowledgeError, as_kind, read_as, read_yaml
from policy_kb.model import (
    AmbiguousWord,
    Aspect,
    AspectWords,
    Citation,
    Clause,
    Contact,
    FactWords,
    Measure,
    MenuGroup,
    Place,
    Quote,
    Source,
    Supplement,
    Term,
    ValidityState,
)
from policy_kb.procedures import Application, Guide

HOME = Path(__file__).parent

V = TypeVar("V", Measure, Source, Supplement, Contact, AspectWords, MenuGroup, Application, Guide)


class KnowledgeBase:
    """All sources and measures below one folder.  Immutable once made; see :func:`load`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.sources = _by_id(read_as(path, Source) for path in sorted(home.glob("sources/*/source.yml")))
        self.measures = _by_id(_named_as_its_file(path, Measure) for path in sorted(home.glob("measures/*.yml")))
        self.supplements = _by_id(read_as(home / "sources" / "supplements.yml", tuple[Supplement, ...]))
        self.contacts = _by_id(read_as(home / "contacts.yml", tuple[Contact, ...]))
        self.aspects = _by_id(read_as(home / "aspects.yml", tuple[AspectWords, ...]))
        self.menu = _by_id(read_as(home / "menu.yml", tuple[MenuGroup, ...]))
        self.ambiguous = read_as(home / "ambiguous.yml", tuple[AmbiguousWord, ...])
        self.distress = read_as(home / "distress.yml", tuple[str, ...])
        self.fact_words = read_as(home / "fact_words.yml", tuple[FactWords, ...])
        self.vocabulary = read_as(home / "vocabulary.yml", tuple[Term, ...])
        self.places = read_as(home / "places.yml", tuple[Place, ...])
        self.applications = _by_id(_applications(home))
        self.guides = _by_id(_named_as_its_file(path, Guide) for path in sorted(home.glob("guides/*.yml")))
        self.facts = load_facts(home)
        self.parameters = load_parameters(home)
        self.rules = load_rules(home, self.facts, self.parameters)
        self._clauses = {
            (source.id, clause.id): clause for source in self.sources.values() for clause in source.clauses
        }

    def measure(self, measure_id: str) -> Measure:
        """Raises :class:`KnowledgeError` for an id that no file has."""
        return _get(self.measures, measure_id, "measure")

    def clause(self, source_id: str, clause_id: str) -> Clause:
        try:
            return self._clauses[source_id, clause_id]
        except KeyError:
            raise KnowledgeError(f"{source_id}: there is no clause “{clause_id}”") from None

    def validity(self, measure_id: str, day: date) -> ValidityState:
        """The measure's state on ``day``, the day of the question."""
        return self.measure(measure_id).validity.on(day)

    def source_text(self, source_id: str) -> str:
        """The source as published, page breaks and all."""
        return (self.home / "sources" / source_id / "text.txt").read_text(encoding="utf-8")

    def cite(self, measure: Measure, quote: Quote) -> Citation:
        number = _get(self.sources, measure.source, "source").number
        return Citation(notice=number, source=None, clause=quote.clause, quote=quote.quote)

    def cite_supplement(self, supplement_id: str) -> Citation:
        supplement = _get(self.supplements, supplement_id, "supplement")
        return Citation(notice=None, source=supplement.source, clause=None, quote=supplement.text)

    def citations(self, measure: Measure, aspect: Aspect | None = None) -> tuple[Citation, ...]:
        """What stands behind an answer: the aspect's own quotes and facts, else the measure's passages."""
        quotes = aspect.quotes if aspect and aspect.quotes else measure.passages
        supplements = aspect.supplements if aspect else ()
        return (
            *(self.cite(measure, quote) for quote in quotes),
            *(self.cite_supplement(each) for each in supplements),
        )


def _applications(home: Path) -> Iterable[Application]:
    """Fields that many applications share stand once, in application_fields.yml; ``use`` takes one from there."""
    shared_file = home / "application_fields.yml"
    shared = {each["id"]: each for each in read_yaml(shared_file)} if shared_file.exists() else {}
    for path in sorted(home.glob("applications/*.yml")):
        content = read_yaml(path)
        content["fields"] = [_shared_field(path, each, shared) for each in content.get("fields") or ()]
        yield _same_name(path, as_kind(path, content, Application))


def _shared_field(path: Path, entry: dict[str, Any], shared: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    if "use" not in entry:
        return entry
    own = {key: value for key, value in entry.items() if key != "use"}
    if entry["use"] not in shared:
        raise KnowledgeError(f"{path}: use: “{entry['use']}” is not in application_fields.yml; add it there")
    return {**shared[entry["use"]], **own}


def _named_as_its_file(path: Path, kind: type[V]) -> V:
    return _same_name(path, read_as(path, kind))


def _same_name(path: Path, item: V) -> V:
    if item.id != path.stem:
        raise KnowledgeError(f"{path}: key id is “{item.id}” but the file is {path.name}; make them the same")
    return item


def _by_id(items: Iterable[V]) -> Mapping[str, V]:
    found: dict[str, V] = {}
    for item in items:
        if item.id in found:
            raise KnowledgeError(f"id “{item.id}” stands twice; give one of them another id")
        found[item.id] = item
    return MappingProxyType(found)


def _get(items: Mapping[str, V], key: str, kind: str) -> V:
    try:
        return items[key]
    except KeyError:
        raise KnowledgeError(f"there is no {kind} “{key}”; known: {', '.join(items)}") from None


@lru_cache(maxsize=4)
def load(home: Path = HOME) -> KnowledgeBase:
    """The knowledge base below ``home``, read once per process."""
    return KnowledgeBase(home)
