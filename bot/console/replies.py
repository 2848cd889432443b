"""What agents put into their answers: replies that are written already, and quotes of the knowledge base."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from bot.engine.answers.policy import PolicyAnswers
from bot.gateway.contract import Citation
from policy_kb import KnowledgeBase
from policy_kb.loading import read_as
from policy_kb.model import Citation as Cited
from policy_kb.model import Frozen

CANNED = Path(__file__).with_name("canned_replies.yml")


class CannedReply(Frozen, frozen=True):
    """The shape of canned_replies.yml."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Quote:
    """``key`` names it in a form; ``words`` is how it stands in an answer."""

    key: str
    label: str
    cited: Cited

    @property
    def words(self) -> str:
        if self.cited.notice is None:
            return f"依据（{self.cited.source}）：{self.cited.quote}"
        return f"原文（{self.cited.notice} {self.cited.clause}）：“{self.cited.quote}”"


@dataclass(frozen=True)
class Composed:
    """An agent's answer with what goes along."""

    text: str
    measures: list[str]
    citations: list[Citation]


@cache
def canned_replies() -> tuple[CannedReply, ...]:
    return read_as(CANNED, tuple[CannedReply, ...])


class Composing:
    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge
        self._answers = PolicyAnswers(knowledge)

    def quotes(self, measure: str, aspect: str | None) -> list[Quote]:
        """What stands behind the answer about one measure; KnowledgeError for an unknown one."""
        answer = self._answers.answer(measure, aspect, date.today())
        label = self._knowledge.measure(measure).label
        keys = (f"{measure}:{aspect or ''}:{number}" for number in range(len(answer.citations)))
        return [Quote(key, label, cited) for key, cited in zip(keys, answer.citations, strict=True)]

    def composed(self, text: str, measure: str, keys: Iterable[str]) -> Composed:
        """``measure``: all that is said of it goes along; ``keys``: single quotes.  What is not known is left out."""
        words = [text] if text else []
        measures: list[str] = []
        cited: list[Cited] = []
        if measure in self._knowledge.measures:
            answer = self._answers.answer(measure, None, date.today())
            words.append(answer.text)
            measures.append(measure)
            cited += answer.citations
        for quote in self._named(keys):
            if quote.cited not in cited:
                words.append(quote.words)
                cited.append(quote.cited)
            measures.append(quote.key.split(":")[0])
        return Composed("\n\n".join(words), list(dict.fromkeys(measures)), _as_contract(cited))

    def _named(self, keys: Iterable[str]) -> list[Quote]:
        found: list[Quote] = []
        for key in dict.fromkeys(keys):
            measure, _, rest = key.partition(":")
            if measure in self._knowledge.measures:
                quotes = self.quotes(measure, rest.partition(":")[0] or None)
                found += [quote for quote in quotes if quote.key == key]
        return found


def _as_contract(cited: Sequence[Cited]) -> list[Citation]:
    return [Citation(notice=each.notice, source=each.source, clause=each.clause, quote=each.quote) for each in cited]
