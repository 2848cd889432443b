"""The sources: clause trees that hold the published text, no more and no less, and no clause left unread."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from policy_kb.checks.problem import (
    Problem,
    clashes,
    error,
    plain,
    quotes_of,
    shown,
    source_file,
    stored_text,
    text_file,
)
from policy_kb.knowledge import KnowledgeBase
from policy_kb.model import Clause, Source

OWN_HEADINGS = ("开头", "结尾")
"""What we call the paragraphs before the first and after the last heading; no source prints these words."""

_ORDINAL = re.compile(r"^[(（]?[一二三四五六七八九十0-9]+[)）、.．]?")


def texts_are_stored(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for source in knowledge.sources.values():
        text = stored_text(knowledge, source)
        if text is None:
            cure = f"put the published text beside source.yml, saved as UTF-8, in the folder sources/{source.id}"
            yield error(text_file(source), "the whole file", "it is missing or not UTF-8", cure)
        elif not text:
            yield error(text_file(source), "the whole file", "it is empty", "put the published text there")


def clause_ids_are_unique(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for source in knowledge.sources.values():
        for found, _ in clashes((clause.id, clause.heading) for clause in source.clauses):
            yield error(source_file(source), f"clauses {found}", "the id stands twice", "number one of them anew")


def clauses_are_in_the_text(knowledge: KnowledgeBase) -> Iterator[Problem]:
    for source in knowledge.sources.values():
        text = stored_text(knowledge, source)
        for clause in source.clauses if text else ():
            for part, words in (("heading", clause.heading), ("text", clause.text)):
                if part == "heading" and words in OWN_HEADINGS:
                    continue
                if plain(words) not in (text or ""):
                    what = f"{shown(_first_difference(plain(words), text or ''))} is not in {text_file(source)}"
                    yield error(source_file(source), f"clauses {clause.id}.{part}", what, "copy it word for word")


def _first_difference(words: str, text: str) -> str:
    """From the first character on which the text differs, with a few before it."""
    known = next(length for length in range(len(words), -1, -1) if words[:length] in text)
    return words[max(0, known - 10) :]


def text_is_in_the_clauses(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """Between the clauses nothing may be left over, and outside them no sentence: only letterhead and signature."""
    for source in knowledge.sources.values():
        pieces = frame(source, stored_text(knowledge, source) or "")
        for index, piece in enumerate(pieces):
            if 0 < index < len(pieces) - 1 or "。" in piece:
                yield error(
                    source_file(source),
                    "clauses",
                    f"{shown(piece)} stands in {text_file(source)} but in no clause",
                    "add it to the clause that it belongs to, or as a clause of its own",
                )


def frame(source: Source, text: str) -> list[str]:
    """What of ``text`` (without whitespace) is in no clause; the first piece precedes all clauses, the last follows."""
    taken, cursor = bytearray(len(text)), 0
    for words in _words(source.clauses):
        start = text.find(words, cursor)
        start = start if start >= 0 else text.find(words)
        if start >= 0:
            cursor = start + len(words)
            taken[start:cursor] = b"\1" * len(words)
    first, last = taken.find(1), taken.rfind(1) + 1
    if not last:
        return [text, ""]
    return [text[:first], *_runs(text[first:last], taken[first:last]), text[last:]]


def _words(clauses: Iterable[Clause]) -> Iterator[str]:
    for clause in clauses:
        heading, text = plain(clause.heading), plain(clause.text)
        if heading and heading not in OWN_HEADINGS and heading not in text[: len(heading) + 10]:
            yield heading
        if text:
            yield text


def _runs(text: str, taken: bytearray | bytes) -> Iterator[str]:
    """The longest stretches of ``text`` that are not taken."""
    return (text[match.start() : match.end()] for match in re.finditer(b"\0+", bytes(taken)))


def sentences_are_covered(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """Every character of every sentence, punctuation apart, is in a passage quoted from its clause."""
    for source in knowledge.sources.values():
        for clause in source.clauses:
            passages = [
                plain(quote.quote)
                for measure in knowledge.measures.values()
                if measure.source == source.id
                for key, quote in quotes_of(measure)
                if key.startswith("passages") and quote.clause == clause.id
            ]
            for sentence, missing in _uncovered(clause, passages):
                yield error(
                    source_file(source),
                    f"clauses {clause.id}.text",
                    f"no measure's passages hold {'，'.join(map(shown, missing))} of the sentence {shown(sentence)}",
                    f"quote it under passages (clause: {clause.id}) of the measure that it is about",
                )


def _uncovered(clause: Clause, passages: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    text = plain(clause.text)
    covered = bytearray(0 if each.isalnum() else 1 for each in text)
    for passage in filter(None, passages):
        for found in re.finditer(f"(?={re.escape(passage)})", text):
            covered[found.start() : found.start() + len(passage)] = b"\1" * len(passage)
    for sentence in re.finditer("[^。]+", text):
        missing = list(_runs(sentence[0], covered[sentence.start() : sentence.end()]))
        if missing and not (sentence.start() == 0 and _is_heading(sentence[0], clause)):
            yield sentence[0], missing


def _is_heading(sentence: str, clause: Clause) -> bool:
    """(一)广泛公布求助办理渠道, which stands before the paragraph and says nothing that it does not."""
    heading = plain(clause.heading)
    return sentence == heading or _ORDINAL.sub("", sentence) == _ORDINAL.sub("", heading)
