"""About which measure: a ranked list with calibrated confidence."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.components.linear import LinearModel, rows
from bot.engine.components.message import MEASURES, ORIGIN, SUBJECTS, with_parts

OTHER = "/"
"""Before a label that is an intent, not a measure: the retriever must know what is about no measure."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MeasureRetriever(GraphComponent):
    """Ranks the measures.  All other intents, out_of_scope first, are subjects beside them.

    ``ranking_length``: how many measures the output carries.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"regularisation": 0.5, "ranking_length": 5}

    @classmethod
    def required_components(cls) -> List[type]:
        return [Featurizer]

    @staticmethod
    def required_packages() -> List[Text]:
        return ["sklearn"]

    def __init__(self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._model: LinearModel | None = None

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MeasureRetriever:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [each for each in training_data.intent_examples if each.get(TEXT)]
        self._model = LinearModel.fit(
            rows(examples),
            [_subject(each) for each in examples],
            [each.get(ORIGIN) or each.get(TEXT) for each in examples],
            self._config["regularisation"],
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        everything = with_parts(messages)
        if self._model is None or not everything:
            return messages
        for message, probabilities in zip(everything, self._model.probabilities(rows(everything)), strict=True):
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

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> MeasureRetriever:
        retriever = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            retriever._model = LinearModel.load(folder)
        return retriever


def _subject(example: Message) -> str:
    """The measure of a sentence that names one, else its intent marked as no measure."""
    key = example.get(INTENT_RESPONSE_KEY)
    if key and example.get(INTENT) != "ask_aspect":
        return str(key).split("/", 1)[1]
    return OTHER + str(example.get(INTENT))
