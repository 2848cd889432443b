"""A message as one sparse row: tf-idf over the word, character and sound views."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Text, Tuple

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


class View:
    """Tf-idf over one kind of n-grams, as scikit-learn's vectorizer has it, without its cost for a single text."""

    def __init__(self, vocabulary: Dict[str, int], idf: np.ndarray) -> None:
        self.vocabulary = vocabulary
        self.idf = idf

    @classmethod
    def fit(cls, texts: List[List[str]], min_df: int) -> View:
        vectorizer = TfidfVectorizer(analyzer=list, dtype=np.float32, min_df=min_df).fit(texts)
        vocabulary = {gram: int(index) for gram, index in vectorizer.vocabulary_.items()}
        return cls(vocabulary, vectorizer.idf_.astype(np.float32))

    def row(self, grams: List[str]) -> Tuple[np.ndarray, np.ndarray]:
        """Columns, ascending, and their values: (1 + ln count) · idf, scaled to length 1."""
        counted: Dict[int, int] = {}
        for gram in grams:
            column = self.vocabulary.get(gram)
            if column is not None:
                counted[column] = counted.get(column, 0) + 1
        columns = np.array(sorted(counted), dtype=np.int32)
        counts = np.array([counted[column] for column in sorted(counted)], dtype=np.float32)
        values = (1 + np.log(counts)) * self.idf[columns]
        return columns, values / (np.sqrt((values * values).sum()) or 1.0)


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
        self._views: Dict[str, View] = {}

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
            self._views[view] = View.fit([grams[view] for grams in seen], self._config["min_df"])
        self._persist()
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self._add_features([message for message in training_data.training_examples if message.get(TEXT)])
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        self._add_features(with_parts(messages))
        return messages

    def _add_features(self, messages: List[Message]) -> None:
        if not self._views:
            return
        for message in messages:
            message.add_features(Features(self._row(_grams(message)), FEATURE_TYPE_SENTENCE, TEXT, self._identifier))

    def _row(self, grams: Dict[str, List[str]]) -> scipy.sparse.csr_matrix:
        """The views beside each other."""
        columns, values, width = [], [], 0
        for view in VIEWS:
            own_columns, own_values = self._views[view].row(grams[view])
            columns.append(own_columns + width)
            values.append(own_values)
            width += len(self._views[view].idf)
        data, indices = np.concatenate(values).astype(np.float32), np.concatenate(columns)
        return scipy.sparse.csr_matrix((data, indices, [0, len(data)]), shape=(1, width))

    def _persist(self) -> None:
        with self._model_storage.write_to(self._resource) as folder:
            for name, view in self._views.items():
                grams = sorted(view.vocabulary, key=view.vocabulary.__getitem__)
                (folder / f"{name}.json").write_text(json.dumps(grams, ensure_ascii=False), encoding="utf-8")
                np.save(folder / f"{name}.npy", view.idf)

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
            for name in VIEWS:
                grams = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
                vocabulary = {gram: index for index, gram in enumerate(grams)}
                featurizer._views[name] = View(vocabulary, np.load(folder / f"{name}.npy"))
        return featurizer
