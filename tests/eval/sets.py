"""The evaluation sets: written apart from the training sentences, and checked to stay apart."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

HERE = Path(__file__).parent
TRAINING = HERE.parents[1] / "data" / "nlu"
NEAR_COPY = 0.6
LONG_ENOUGH = 8
"""Characters from which a text can be a copy of another: 谢谢 and 转人工 are simply the language."""


class Question(NamedTuple):
    """A message with what is right for it: measures (in the order asked), its intent, who wrote it how."""

    text: str
    measures: tuple[str, ...]
    intent: str
    voice: str
    noise: str


def _lines(name: str) -> Iterator[dict[str, Any]]:
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def policy() -> list[Question]:
    """Questions about one measure, or about several in one message (noise “multi”)."""
    return [
        Question(each["text"], tuple(each["measures"]), "ask_policy", each["voice"], each["noise"])
        for each in _lines("policy.jsonl")
    ]


def out_of_scope() -> list[Question]:
    return [
        Question(each["text"], (), "out_of_scope", each["voice"], each["kind"]) for each in _lines("out_of_scope.jsonl")
    ]


def intents() -> list[Question]:
    return [
        Question(each["text"], tuple(each.get("measures", ())), each["intent"], "", "clean")
        for each in _lines("intents.jsonl")
    ]


def dialogues() -> list[dict[str, Any]]:
    """Conversations as data: name, group, turns with what each is expected to bring."""
    found: list[dict[str, Any]] = yaml.safe_load((HERE / "dialogues.yml").read_text(encoding="utf-8"))
    return found


def training_sentences() -> list[str]:
    """Every sentence of data/nlu."""
    found: list[str] = []
    for path in sorted(TRAINING.rglob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            found += [line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- ")]
    return found


def shingles(text: str) -> frozenset[str]:
    """Character 4-grams without marks; a shorter text is one shingle."""
    plain = re.sub(r"\W", "", unicodedata.normalize("NFKC", text)).lower()
    return frozenset(plain[start : start + 4] for start in range(max(1, len(plain) - 3)))


def near_copies(evaluation: Iterable[str], training: Iterable[str]) -> Iterator[tuple[str, str, float]]:
    """Pairs across the two whose 4-gram Jaccard similarity is above NEAR_COPY."""
    known = [(text, shingles(text)) for text in training]
    holders: dict[str, list[int]] = defaultdict(list)
    for index, (_, grams) in enumerate(known):
        for gram in grams:
            holders[gram].append(index)
    for text in evaluation:
        if len(text) < LONG_ENOUGH:
            continue
        grams = shingles(text)
        shared: dict[int, int] = defaultdict(int)
        for gram in grams:
            for index in holders.get(gram, ()):
                shared[index] += 1
        for index, count in shared.items():
            similarity = count / len(grams | known[index][1])
            if similarity > NEAR_COPY:
                yield text, known[index][0], similarity
