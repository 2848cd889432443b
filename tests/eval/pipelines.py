"""The pipelines that are compared: ours, Rasa's stock Chinese one on the same sentences, and BM25."""

from __future__ import annotations

import asyncio
import logging
import math
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.engine.language.normalise import normalise
from bot.engine.language.words import WordCutter, domain_words
from policy_kb import KnowledgeBase
from tests.eval.measure import Understood

ROOT = Path(__file__).parents[2]
STOCK = Path(__file__).parent / "stock"


class RasaPipeline:
    """A trained Rasa model, asked in this process as the server would ask it."""

    def __init__(self, model: Path) -> None:
        import structlog
        from rasa.core.agent import Agent

        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        self._agent = Agent.load(str(model))

    def __call__(self, texts: Sequence[str]) -> list[Understood]:
        return asyncio.run(self._all(texts))

    async def _all(self, texts: Sequence[str]) -> list[Understood]:
        return [_understood(await self._agent.parse_message(text)) for text in texts]


def _understood(parsed: dict[str, Any]) -> Understood:
    if "measure_ranking" in parsed:
        ranking = [(each["id"], each["confidence"]) for each in parsed["measure_ranking"]]
        asked = tuple(each["measures"][0]["id"] for each in parsed["asks"])
    else:
        ranking = _selected(parsed.get("response_selector", {}))
        asked = tuple(measure for measure, _ in ranking[:1])
    measures = tuple(measure for measure, _ in ranking)
    intent = parsed["intent"]["name"] or ""
    return Understood(_scope(intent), measures, ranking[0][1] if ranking else 0.0, asked)


def _scope(intent: str) -> str:
    """The stock pipeline's refusal is its fallback."""
    return "out_of_scope" if intent == "nlu_fallback" else intent


def _selected(selectors: dict[str, Any]) -> list[tuple[str, float]]:
    """The stock response selector's ranking, for whatever intent it was trained."""
    ranking = selectors.get("ask_policy", {}).get("ranking", [])
    return [(each["intent_response_key"].split("/", 1)[1], each["confidence"]) for each in ranking]


def train_stock(cache: Path, epochs: int = 100) -> Path:
    """Trains Rasa's stock Chinese pipeline on our sentences, unless the cache has it.

    Every sentence that names a measure becomes one of ask_policy, so that one ResponseSelector ranks all.
    """
    name = f"stock-{epochs}-epochs"
    model = cache / f"{name}.tar.gz"
    if model.exists():
        return model
    project = cache / "stock"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(ROOT / "data" / "nlu", project / "data")
    (project / "config.yml").write_text((STOCK / "config.yml").read_text().replace("EPOCHS", str(epochs)))
    command = [sys.executable, "-m", "rasa", "train", "nlu", "--nlu", "data", "--out", str(cache)]
    subprocess.run([*command, "--fixed-model-name", name], cwd=project, check=True)
    return model


class Bm25:
    """Plain BM25 over the measures' titles, passages and phrases; it refuses nothing and knows no intents."""

    def __init__(self, knowledge: KnowledgeBase, k1: float = 1.5, b: float = 0.75) -> None:
        self._cutter = WordCutter(domain_words(knowledge))
        self._k1, self._b = k1, b
        self._documents = {
            measure.id: Counter(
                self._cutter.cut(
                    " ".join((measure.title, *(each.quote for each in measure.passages), *measure.phrases))
                )
            )
            for measure in knowledge.measures.values()
        }
        self._mean = sum(sum(words.values()) for words in self._documents.values()) / len(self._documents)
        self._holders = Counter(word for words in self._documents.values() for word in words)

    def __call__(self, texts: Sequence[str]) -> list[Understood]:
        return [self._rank(normalise(text)) for text in texts]

    def _rank(self, text: str) -> Understood:
        query = self._cutter.cut(text)
        scores = {measure: self._score(query, words) for measure, words in self._documents.items()}
        ranked = sorted(scores, key=lambda measure: -scores[measure])
        total = sum(scores.values()) or 1.0
        return Understood("ask_policy", tuple(ranked), scores[ranked[0]] / total, tuple(ranked[:1]))

    def _score(self, query: list[str], words: Counter[str]) -> float:
        length = sum(words.values())
        score = 0.0
        for word in query:
            if not words[word]:
                continue
            holders = self._holders[word]
            rarity = math.log(1 + (len(self._documents) - holders + 0.5) / (holders + 0.5))
            weight = self._k1 * (1 - self._b + self._b * length / self._mean)
            score += rarity * words[word] * (self._k1 + 1) / (words[word] + weight)
        return score
