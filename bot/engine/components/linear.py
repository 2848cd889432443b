"""One linear model over the sparse rows, with probabilities that mean what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

import numpy as np
import scipy.sparse
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.message import Message
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from bot.engine.components.margins import fit_all

_HELD_OUT = 5  # every fifth origin calibrates
_STEPS = 127  # of a label's largest weight: a byte each is all that a model needs to keep


def row(message: Message) -> scipy.sparse.csr_matrix:
    """The sentence features of the message; without any it is an error upstream."""
    for features in message.features:
        if features.type == FEATURE_TYPE_SENTENCE and features.attribute == TEXT:
            return features.features
    raise ValueError("the message has no sentence features: a featurizer must stand before in the pipeline")


class LinearModel:
    """One-against-rest support vectors; scores become probabilities by one temperature.

    The temperature is fitted on sentences that a trial has not seen (neither they nor their noisy copies), and
    serves the machine that has seen all: a margin by itself is not a probability.
    """

    def __init__(
        self, labels: List[str], weights: np.ndarray, scale: np.ndarray, bias: np.ndarray, temperature: float
    ) -> None:
        """``weights``: int8, a row a feature and a column a label, in steps of the label's ``scale``."""
        self.labels = labels
        self.temperature = temperature
        self._weights = weights
        self._scale = scale
        self._bias = bias

    @classmethod
    def fit(
        cls,
        features: scipy.sparse.csr_matrix,
        labels: Sequence[str],
        origins: Sequence[str],
        regularisation: float,
        class_weight: Optional[str] = None,
    ) -> LinearModel:
        targets = np.asarray(labels)
        held_out = _held_out(origins)

        trial, final = fit_all(
            [(features[~held_out], targets[~held_out]), (features, targets)], regularisation, class_weight
        )
        known = held_out & np.isin(targets, trial.classes_)
        temperature = _temperature(
            trial.decision_function(features[known]), np.searchsorted(trial.classes_, targets[known])
        )
        return cls(
            [str(label) for label in final.classes_],
            *_in_steps(final.coef_.T.astype(np.float32)),
            final.intercept_.astype(np.float32),
            temperature,
        )

    def probabilities(self, features: Iterable[scipy.sparse.csr_matrix]) -> np.ndarray:
        """Of each row, one column a label; each sums to 1."""
        scores = np.stack([self._scores(row) for row in features])
        return np.asarray(softmax(scores / self.temperature, axis=1))

    def _scores(self, row: scipy.sparse.csr_matrix) -> np.ndarray:
        """Of the weights, those of the row's few entries.  A matrix product would wake a thread on each core."""
        values = row.data.astype(np.float32)[:, np.newaxis]
        return np.asarray((values * self._weights[row.indices]).sum(axis=0) * self._scale + self._bias)

    def ranked(self, probabilities: np.ndarray) -> Dict[str, float]:
        order = np.argsort(-probabilities)
        return {self.labels[index]: float(probabilities[index]) for index in order}

    def save(self, folder: Path) -> None:
        meta = {"labels": self.labels, "temperature": self.temperature}
        (folder / "model.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / "weights.npz", weights=self._weights, scale=self._scale, bias=self._bias)

    @classmethod
    def load(cls, folder: Path) -> LinearModel:
        meta = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        with np.load(folder / "weights.npz") as arrays:
            kept = (arrays["weights"], arrays["scale"], arrays["bias"])
        return cls(meta["labels"], *kept, meta["temperature"])


def _in_steps(weights: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """The weights as whole steps, and the size of each label's step."""
    scale = np.abs(weights).max(axis=0) / _STEPS + np.finfo(np.float32).tiny
    return np.ascontiguousarray(np.rint(weights / scale).astype(np.int8)), scale


def _held_out(origins: Sequence[str]) -> np.ndarray:
    """True for every fifth distinct origin, so that a sentence and its copies stay on one side."""
    place = {origin: index for index, origin in enumerate(sorted(set(origins)))}
    return np.asarray([place[origin] % _HELD_OUT == 0 for origin in origins])


def _temperature(scores: np.ndarray, targets: np.ndarray) -> float:
    """The divisor of the scores under which the held-out labels are most likely."""
    if scores.ndim == 1 or not len(scores):
        return 1.0

    def loss(log_temperature: float) -> float:
        likelihood = log_softmax(scores / np.exp(log_temperature), axis=1)
        return float(-likelihood[np.arange(len(targets)), targets].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-4.0, 2.0), method="bounded").x))
