"""About which measure: a ranked list with calibrated confidence."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY
from rasa.shared.nlu.training_data.message import Message

from bot.engine.components.base import LinearComponent
from bot.engine.components.linear import row
from bot.engine.components.message import MEASURES, SUBJECTS, with_parts

OTHER = "/"
"""Before a label that is an intent, not a measure: the retriever must know what is about no measure."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MeasureRetriever(LinearComponent):
    """Ranks the measures.  All other intents, out_of_scope first, are subjects beside them.

    ``ranking_length``: how many measures the output carries.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"regularisation": 0.5, "class_weight": None, "ranking_length": 5}

    def label(self, example: Message) -> str:
        """The measure of a sentence that names one, else its intent marked as no measure."""
        key = example.get(INTENT_RESPONSE_KEY)
        if key and example.get(INTENT) != "ask_aspect":
            return str(key).split("/", 1)[1]
        return OTHER + str(example.get(INTENT))

    def process(self, messages: List[Message]) -> List[Message]:
        everything = with_parts(messages)
        if self._model is None or not everything:
            return messages
        for message, probabilities in zip(everything, self._model.probabilities(map(row, everything)), strict=True):
            subjects = self._model.ranked(probabilities)
            message.set(SUBJECTS, subjects)
            message.set(MEASURES, self._ranking(subjects), add_to_output=True)
        return messages

    def _ranking(self, subjects: Dict[str, float]) -> List[Dict[str, Any]]:
        """The best measures; their confidences share what is not about other intents."""
        about = {label: chance for label, chance in subjects.items() if not label.startswith(OTHER)}
        total = sum(about.values()) or 1.0
        best = list(about.items())[: self._config["ranking_length"]]
        return [{"id": label, "confidence": round(chance / total, 4)} for label, chance in best]
