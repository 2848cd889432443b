"""What the rules said when a case was filed, as a table with the clauses that it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from casework.judgements import Judgement, Reasoned
from policy_kb import KnowledgeBase
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
    """A source and its words; ``quote`` empty where the knowledge base no longer has them."""

    name: str
    quote: str


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
    trace = judgement.trace
    return Reasons(
        outcome=outcome,
        tone=tone,
        day=str(judgement.day),
        version=judgement.version,
        decisive=judgement.decisive,
        live=tuple(_title(knowledge, fact) for fact in judgement.live),
        steps=tuple(_steps(knowledge, trace, judgement.decisive)) if trace else (),
        grounds=_grounds(knowledge, judgement.sources),
    )


def _steps(knowledge: KnowledgeBase, node: Reasoned, decisive: Sequence[str], depth: int = 0) -> Iterator[Step]:
    truth, tone = TRUTHS[node.truth]
    says = node.says or (_title(knowledge, node.fact) if node.fact else GROUPS.get(node.kind, ""))
    grounds = _grounds(knowledge, node.sources)
    yield Step(depth, says, truth, tone, node.kind == "leaf" and says in decisive, grounds)
    for child in node.children:
        yield from _steps(knowledge, child, decisive, depth + 1)


def _title(knowledge: KnowledgeBase, fact: str) -> str:
    known = knowledge.facts.get(fact)
    return known.title if known else fact


def _grounds(knowledge: KnowledgeBase, sources: Sequence[str]) -> tuple[Ground, ...]:
    return tuple(_ground(knowledge, source) for source in dict.fromkeys(sources))


def _ground(knowledge: KnowledgeBase, source: str) -> Ground:
    """A clause is “source#clause”, a supplement its id."""
    home, mark, clause = source.partition("#")
    if not mark:
        supplement = knowledge.supplements.get(source)
        return Ground(supplement.source, supplement.text) if supplement else Ground(source, "")
    document = knowledge.sources.get(home)
    try:
        quote = knowledge.clause(home, clause).text
    except KnowledgeError:
        quote = ""
    return Ground(f"{document.number if document else home} 第 {clause} 条", quote)
