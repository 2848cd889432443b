"""The quicker training makes what Rasa's own makes: only what decides about the cache is left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from rasa.engine.training import graph_trainer, hooks
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix

from bot.engine import train
from bot.engine.components.margins import fit_all


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(Message, "__hash__", Message.__hash__)
    monkeypatch.setattr(graph_trainer, "TrainingHook", graph_trainer.TrainingHook)
    train.install()
    yield


def sentences() -> list[Message]:
    """Two of them equal, two with the same text but other intents, one that differs by its features."""
    texts = (("你好", "greet"), ("你好", "greet"), ("你好", "goodbye"), ("再见", "goodbye"), ("再见", "goodbye"))
    messages = [Message.build(text, intent) for text, intent in texts]
    messages[4].add_features(Features(csr_matrix([[1.0]]), "sentence", "text", "test"))
    return messages


def kept() -> list[tuple[str, str, int]]:
    data = TrainingData(sentences())
    return [(each.get("text"), each.get("intent"), len(each.features)) for each in data.training_examples]


def test_the_same_doubles_are_dropped(request: pytest.FixtureRequest) -> None:
    by_rasa = kept()
    request.getfixturevalue("installed")
    assert kept() == by_rasa
    assert len(by_rasa) == 4


def test_nothing_is_fingerprinted(installed: None) -> None:
    hook = graph_trainer.TrainingHook
    assert hook is not hooks.TrainingHook and issubclass(hook, hooks.TrainingHook)


def test_machines_fitted_beside_each_other_are_those_fitted_alone() -> None:
    random = np.random.default_rng(5)
    parts = [(csr_matrix(random.random((60, 8))), random.integers(0, 3, 60).astype(str)) for _ in range(2)]
    together = fit_all(parts, 0.5, "balanced")
    for part, machine in zip(parts, together, strict=True):
        (alone,) = fit_all([part], 0.5, "balanced")
        assert np.array_equal(machine.coef_, alone.coef_)
