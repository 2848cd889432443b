"""A message as one sparse row: tf-idf over the word, character and sound views."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Text

import numpy as np
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.engine.components.message import normalised, with_parts
from bot.engine.language.views import character_grams, sound_grams, word_grams

VIEWS = ("words", "characters", "sounds")


def _grams(message: Message) -> Dict[str, List[str]]:
    text = normalised(message)
    words = [token.text for token in message.get(TOKENS_NAMES[TEXT]) or []]
    return {"words": word_grams(words), "characters": character_grams(text), "sounds": sound_grams(text)}


def _vectorizer(**options: Any) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=list, sublinear_tf=True, dtype=np.float32, **options)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class ViewFeaturizer(SparseFeaturizer, GraphComponent):
    """Sentence features only: what follows is linear and needs no sequence.

    ``min_df``: an n-gram that fewer training messages (noisy copies among them) have is left out.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {**SparseFeaturizer.get_default_config(), "min_df": 4}

    @classmethod
    def required_components(cls) -> List[type]:
        return [Tokenizer]

    @staticmethod
    def required_packages() -> List[Text]:
        return ["sklearn", "pypinyin"]

    def __init__(self, config: Dict[Text, Any], name: Text, model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._views: Dict[str, TfidfVectorizer] = {}

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ViewFeaturizer:
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Nothing beyond the types that the vectorizer itself checks."""

    def train(self, training_data: TrainingData) -> Resource:
        seen = [_grams(message) for message in training_data.training_examples if message.get(TEXT)]
        for view in VIEWS:
            self._views[view] = _vectorizer(min_df=self._config["min_df"]).fit([grams[view] for grams in seen])
        self._persist()
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self._add_features([message for message in training_data.training_examples if message.get(TEXT)])
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        self._add_features(with_parts(messages))
        return messages

    def _add_features(self, messages: List[Message]) -> None:
        if not messages or not self._views:
            return
        seen = [_grams(message) for message in messages]
        rows = scipy.sparse.hstack(
            [self._views[view].transform([grams[view] for grams in seen]) for view in VIEWS], format="csr"
        )
        for index, message in enumerate(messages):
            message.add_features(Features(rows[index], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))

    def _persist(self) -> None:
        with self._model_storage.write_to(self._resource) as folder:
            for view, vectorizer in self._views.items():
                grams = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get)
                (folder / f"{view}.json").write_text(json.dumps(grams, ensure_ascii=False), encoding="utf-8")
                np.save(folder / f"{view}.npy", vectorizer.idf_.astype(np.float32))

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ViewFeaturizer:
        featurizer = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            for view in VIEWS:
                grams = json.loads((folder / f"{view}.json").read_text(encoding="utf-8"))
                vectorizer = _vectorizer(vocabulary={gram: index for index, gram in enumerate(grams)})
                vectorizer.idf_ = np.load(folder / f"{view}.npy")
                featurizer._views[view] = vectorizer
        return featurizer
