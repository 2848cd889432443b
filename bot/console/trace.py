"""What the rules said when a case was filed, as a table with the clauses that it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from casework.cases.judgements import Judgement, Reasoned
from policy_kb import KnowledgeBase
from policy_kb.eligibility.model import Condition
from policy_kb.loading import KnowledgeError

OUTCOMES: Mapping[str, tuple[str, str]] = {
    "yes": ("照填的内容，条件都对得上", "good"),
    "no": ("有条件对不上", "bad"),
    "unknown": ("还差情况，说不准", "warn"),
    "not_in_force": ("这项政策那时已经到期", "bad"),
    "needs_review": ("照来源看没有不合的，其余由经办单位认定", "warn"),
}
TRUTHS: Mapping[str, tuple[str, str]] = {
    "yes": ("合", "good"),
    "no": ("不合", "bad"),
    "unknown": ("不知道", "warn"),
    "agency": ("单位认定", "warn"),
}
GROUPS = {"all": "下面的都要", "any": "下面的有一样就行", "not": "下面的不能有", "at_least": "下面的要有几样"}


@dataclass(frozen=True)
class Ground:
    """A source and its words: the rule's own quote where the rule still says the same, else the whole clause.

    ``quote`` is empty where the knowledge base no longer has the clause.
    """

    name: str
    quote: str


Quotes = Mapping[tuple[str | None, str | None], str]
"""What a rule's conditions say and the clause that they name → the quote."""


@dataclass(frozen=True)
class Step:
    """A line of the table, ``depth`` levels into the rule.  ``decisive``: it is behind a no."""

    depth: int
    says: str
    truth: str
    tone: str
    decisive: bool
    grounds: tuple[Ground, ...]


@dataclass(frozen=True)
class Reasons:
    outcome: str
    tone: str
    day: str
    version: str
    decisive: tuple[str, ...]
    live: tuple[str, ...]
    steps: tuple[Step, ...]
    grounds: tuple[Ground, ...]


def reasons(judgement: Judgement, knowledge: KnowledgeBase) -> Reasons:
    outcome, tone = OUTCOMES[judgement.outcome]
    trace, rule = judgement.trace, knowledge.rules.get(judgement.measure)
    quotes = dict(_quotes(rule.conditions)) if rule and rule.conditions else {}
    return Reasons(
        outcome=outcome,
        tone=tone,
        day=str(judgement.day),
        version=judgement.version,
        decisive=judgement.decisive,
        live=tuple(_title(knowledge, fact) for fact in judgement.live),
        steps=tuple(_steps(knowledge, quotes, trace, judgement.decisive)) if trace else (),
        grounds=tuple(_ground(knowledge, source) for source in judgement.sources),
    )


def _quotes(condition: Condition) -> Iterator[tuple[tuple[str | None, str | None], str]]:
    if condition.quote:
        yield (condition.says, condition.clause), condition.quote
    for each in (*(condition.all or ()), *(condition.any or ()), *(condition.of or ())):
        yield from _quotes(each)
    if condition.not_ is not None:
        yield from _quotes(condition.not_)


def _steps(
    knowledge: KnowledgeBase, quotes: Quotes, node: Reasoned, decisive: Sequence[str], depth: int = 0
) -> Iterator[Step]:
    truth, tone = TRUTHS[node.truth]
    says = node.says or (_title(knowledge, node.fact) if node.fact else GROUPS.get(node.kind, ""))
    grounds = tuple(_ground(knowledge, source, quotes, node.says) for source in dict.fromkeys(node.sources))
    yield Step(depth, says, truth, tone, node.kind == "leaf" and says in decisive, grounds)
    for child in node.children:
        yield from _steps(knowledge, quotes, child, decisive, depth + 1)


def _title(knowledge: KnowledgeBase, fact: str) -> str:
    known = knowledge.facts.get(fact)
    return known.title if known else fact


def _ground(knowledge: KnowledgeBase, source: str, quotes: Quotes | None = None, says: str | None = None) -> Ground:
    """A clause is “source#clause”, a supplement its id."""
    home, mark, clause = source.partition("#")
    if not mark:
        supplement = knowledge.supplements.get(source)
        return Ground(supplement.source, supplement.text) if supplement else Ground(source, "")
    document = knowledge.sources.get(home)
    name = f"{document.number if document else home} 第 {clause} 条"
    try:
        return Ground(name, (quotes or {}).get((says, clause)) or knowledge.clause(home, clause).text)
    except KnowledgeError:
        return Ground(name, "")
