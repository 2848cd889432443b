"""First in the pipeline: one spelling, and the questions of a message apart."""

from __future__ import annotations

from typing import List

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.components.base import ConfiguredComponent
from bot.engine.components.message import NORMALISED, PARTS
from bot.engine.language.asks import candidate_asks
from bot.engine.language.normalise import normalise


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MessageNormaliser(ConfiguredComponent):
    """Puts the normalised text beside the text, and a message for each candidate question inside it.

    The text itself stays as it came: the log and the tracker show what was written.
    """

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        for example in training_data.training_examples:
            if example.get(TEXT):
                example.set(NORMALISED, normalise(example.get(TEXT)))
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = normalise(message.get(TEXT) or "")
            message.set(NORMALISED, text)
            message.set(PARTS, [_part(ask) for ask in candidate_asks(text)])
        return messages


def _part(text: str) -> Message:
    part = Message({TEXT: text})
    part.set(NORMALISED, text)
    return part
