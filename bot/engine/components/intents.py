"""What the person wants done: ask, check, apply, look up, stop, talk to somebody, something else."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message

import policy_kb
from bot.engine.components.base import LinearComponent
from bot.engine.components.linear import row
from bot.engine.components.message import ASK_INTENTS, SUBJECTS, normalised, with_parts
from bot.engine.components.retriever import OTHER

OUT_OF_SCOPE = "out_of_scope"
DISTRESS = "distress"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class PolicyIntentClassifier(LinearComponent, IntentClassifier):
    """A linear model of its own, averaged with what the retriever saw.

    The two err apart: this one weighs the turn of phrase (批了没 is a status, whatever was filed), the
    retriever the subject (a recipe is about no measure, however it is asked for).  The MeasureRetriever must
    stand before it in the pipeline.  The words of policy_kb/distress.yml go before both.
    ``refuse_against_measures``, ``refuse_against_intents``: a message is refused when its subject is out of
    scope at least so many times as likely as the best measure, and as the best other intent.  Far below 1,
    for what is far from everything known leans to no side by much.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {
            "regularisation": 0.3,
            "class_weight": "balanced",
            "subject_share": 0.5,
            "refuse_against_measures": 0.08,
            "refuse_against_intents": 0.08,
            "ranking_length": 5,
        }

    def __init__(self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, model_storage, resource)
        self._alarms = policy_kb.load().distress

    def label(self, example: Message) -> str:
        return str(example.get(INTENT))

    def process(self, messages: List[Message]) -> List[Message]:
        everything = with_parts(messages)
        if self._model is None or not everything:
            return messages
        for message, probabilities in zip(everything, self._model.probabilities(map(row, everything)), strict=True):
            blended = self._blend(self._model.ranked(probabilities), message.get(SUBJECTS))
            self._announce(message, blended)
        return messages

    def _blend(self, phrased: Dict[str, float], subjects: Dict[str, float]) -> Dict[str, float]:
        """Both opinions on the same intents; asks share the subject's mass in the ratio of the phrasing."""
        share = self._config["subject_share"]
        about_measures = sum(chance for label, chance in subjects.items() if not label.startswith(OTHER))
        asking = sum(phrased.get(intent, 0.0) for intent in ASK_INTENTS) or 1.0
        blended = {}
        for intent, chance in phrased.items():
            by_subject = (
                about_measures * chance / asking if intent in ASK_INTENTS else subjects.get(OTHER + intent, 0.0)
            )
            blended[intent] = share * by_subject + (1 - share) * chance
        return blended

    def _is_strange(self, subjects: Dict[str, float]) -> bool:
        strange = subjects.get(OTHER + OUT_OF_SCOPE, 0.0)
        measure = max(chance for label, chance in subjects.items() if not label.startswith(OTHER))
        intent = max(
            (chance for label, chance in subjects.items() if label.startswith(OTHER) and label != OTHER + OUT_OF_SCOPE),
            default=0.0,
        )
        return (
            strange >= self._config["refuse_against_measures"] * measure
            and strange >= self._config["refuse_against_intents"] * intent
        )

    def _announce(self, message: Message, chances: Dict[str, float]) -> None:
        ranking = [
            {"name": name, "confidence": round(chance, 4)}
            for name, chance in sorted(chances.items(), key=lambda item: -item[1])
        ]
        if not normalised(message):
            ranking = [{"name": OUT_OF_SCOPE, "confidence": 1.0}]
        elif any(word in normalised(message) for word in self._alarms):
            ranking = [{"name": DISTRESS, "confidence": 1.0}, *ranking]
        elif self._is_strange(message.get(SUBJECTS)):
            ranking.sort(key=lambda entry: entry["name"] != OUT_OF_SCOPE)
        elif ranking[0]["name"] == OUT_OF_SCOPE:
            ranking = [*ranking[1:], ranking[0]]
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set("intent_ranking", ranking[: self._config["ranking_length"]], add_to_output=True)
