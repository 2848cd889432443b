"""Quotes are the source's own words, under the clause that they are said to be from."""

from __future__ import annotations

from collections.abc import Iterator

from policy_kb.checks.problem import Problem, error, measure_file, plain, quotes_of, shown, stored_text
from policy_kb.checks.sources import frame
from policy_kb.knowledge import KnowledgeBase
from policy_kb.model import Quote, Source


def quotes_are_verbatim(knowledge: KnowledgeBase) -> Iterator[Problem]:
    """A quote of the letterhead or the signature, which are in no clause, may name any clause."""
    frames = {source.id: frame(source, stored_text(knowledge, source) or "") for source in knowledge.sources.values()}
    for measure in knowledge.measures.values():
        source = knowledge.sources.get(measure.source)
        for key, quote in quotes_of(measure) if source else ():
            wrong = _wrong(quote, source, frames[source.id]) if source else None
            if wrong:
                yield error(measure_file(measure), f"{key}.quote", *wrong)


def _wrong(quote: Quote, source: Source, around: list[str]) -> tuple[str, str] | None:
    """What is wrong and its cure; an unknown clause is another check's."""
    words = plain(quote.quote)
    clauses = {clause.id: plain(clause.heading + "\n" + clause.text) for clause in source.clauses}
    if not words:
        return "the quote is empty", "quote the words of the clause, or remove the quote"
    if quote.clause not in clauses or words in clauses[quote.clause] or any(words in each for each in around):
        return None
    elsewhere = [clause for clause, text in clauses.items() if words in text]
    if elsewhere:
        return f"{shown(words)} is not in clause {quote.clause}", f"it is in clause {elsewhere[0]}: write that"
    return (
        f"{shown(words)} is nowhere in the source, clause {quote.clause} included",
        "copy the clause word for word, or quote two pieces",
    )
