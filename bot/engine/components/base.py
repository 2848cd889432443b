"""What Rasa wants of every component and ours do alike: made from a config, or trained, kept and loaded."""

from __future__ import annotations

from typing import Any, Dict, List, Text, Type, TypeVar

import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.components.linear import LinearModel, row
from bot.engine.components.message import ORIGIN

C = TypeVar("C", bound="ConfiguredComponent")
L = TypeVar("L", bound="LinearComponent")


class ConfiguredComponent(GraphComponent):
    """Needs nothing but its config; the defaults fill what config.yml leaves out."""

    def __init__(self, config: Dict[Text, Any]) -> None:
        self._config = {**self.get_default_config(), **config}

    @classmethod
    def create(
        cls: Type[C],
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> C:
        return cls(config)


class LinearComponent(GraphComponent):
    """Holds one linear model over the sentence features; a subclass says what its labels are."""

    def __init__(self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._model: LinearModel | None = None

    @classmethod
    def required_components(cls) -> List[type]:
        return [Featurizer]

    @staticmethod
    def required_packages() -> List[Text]:
        return ["sklearn"]

    @classmethod
    def create(
        cls: Type[L],
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> L:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls: Type[L],
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> L:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._model = LinearModel.load(folder)
        return component

    def label(self, example: Message) -> str:
        """What the model shall say of a training sentence."""
        raise NotImplementedError

    def train(self, training_data: TrainingData) -> Resource:
        examples = [each for each in training_data.intent_examples if each.get(TEXT)]
        self._model = LinearModel.fit(
            scipy.sparse.vstack([row(each) for each in examples], format="csr"),
            [self.label(each) for each in examples],
            [each.get(ORIGIN) or each.get(TEXT) for each in examples],
            self._config["regularisation"],
            class_weight=self._config["class_weight"],
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource
