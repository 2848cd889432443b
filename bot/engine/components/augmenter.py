"""Noisy copies of the training sentences, made while training and at no other time."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.components.base import ConfiguredComponent
from bot.engine.components.message import ORIGIN
from bot.engine.language.noise import Augmenter


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class NoiseAugmenter(ConfiguredComponent):
    """Adds ``copies`` noisy forms of each sentence; ``seed`` makes the training repeatable."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"copies": 2, "seed": 57}

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        sentences = [example for example in training_data.training_examples if example.get(TEXT)]
        augmenter = Augmenter((example.get(TEXT) for example in sentences), seed=self._config["seed"])
        copies = [
            _copy(example, noisy)
            for example in sentences
            for noisy in augmenter.copies(example.get(TEXT), self._config["copies"])
        ]
        return training_data.merge(TrainingData(training_examples=copies))

    def process(self, messages: List[Message]) -> List[Message]:
        return messages


def _copy(example: Message, noisy: str) -> Message:
    copy = Message({TEXT: noisy, ORIGIN: example.get(TEXT)})
    for label in (INTENT, INTENT_RESPONSE_KEY):
        if example.get(label):
            copy.set(label, example.get(label))
    return copy
