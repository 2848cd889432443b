"""The graph components, with Rasa's own storage: trained, persisted, loaded, asked."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.engine.components.asks import AskResolver
from bot.engine.components.augmenter import NoiseAugmenter
from bot.engine.components.featurizer import View, ViewFeaturizer
from bot.engine.components.intents import PolicyIntentClassifier
from bot.engine.components.knowledge_examples import KnowledgeExamples
from bot.engine.components.linear import LinearModel
from bot.engine.components.message import ASKS, MEASURES, NORMALISED, ORIGIN
from bot.engine.components.normaliser import MessageNormaliser
from bot.engine.components.retriever import MeasureRetriever
from bot.engine.components.tokenizer import PolicyTokenizer

SENTENCES = {
    ("ask_policy", "startup-loan"): [
        "创业担保贷款怎么申请",
        "想贷款做生意",
        "贷款利息谁来贴",
        "开店没本钱能借吗",
        "创业贷款要什么",
    ],
    ("ask_policy", "unemployment-benefit"): [
        "失业金怎么领",
        "失业保险金多少",
        "丢了工作每月发的钱",
        "失业金领几个月",
        "失业保险咋个领",
    ],
    ("apply", "startup-loan"): [
        "帮我申请创业贷款",
        "我要办创业担保贷款",
        "给我报名贷款",
        "现在就申请贷款",
        "我要贷款开店",
    ],
    ("greet", None): ["你好", "您好呀", "早上好", "在吗", "喂有人吗"],
    ("out_of_scope", None): ["今天天气怎么样", "讲个笑话", "红烧肉怎么做", "昆明房价多少", "谁是世界冠军"],
}


class Pipeline:
    """config.yml's components over a handful of sentences, in Rasa's storage below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.storage = LocalModelStorage(folder)
        self.normaliser = self._create(MessageNormaliser)
        self.tokenizer = self._create(PolicyTokenizer)
        self.trained: dict[type, Any] = {}

    def _create(self, kind: type, load: bool = False, **config: Any) -> Any:
        context = ExecutionContext(GraphSchema({}), node_name=kind.__name__)
        make = kind.load if load else kind.create  # type: ignore[attr-defined]
        defaults = kind.get_default_config()  # type: ignore[attr-defined]
        return make({**defaults, **config}, self.storage, Resource(kind.__name__), context)

    def train(self) -> None:
        data = NoiseAugmenter({"copies": 1}).process_training_data(TrainingData(_examples()))
        data = self.tokenizer.process_training_data(self.normaliser.process_training_data(data))
        featurizer = self._create(ViewFeaturizer, min_df=1)
        featurizer.train(data)
        data = featurizer.process_training_data(data)
        for kind in (MeasureRetriever, PolicyIntentClassifier):
            self._create(kind).train(data)

    def load(self) -> None:
        for kind in (ViewFeaturizer, MeasureRetriever, PolicyIntentClassifier):
            self.trained[kind] = self._create(kind, load=True)
        self.trained[AskResolver] = AskResolver({})

    def ask(self, text: str) -> Message:
        messages = self.tokenizer.process(self.normaliser.process([Message({TEXT: text})]))
        for component in self.trained.values():
            messages = component.process(messages)
        return messages[0]


def _examples() -> list[Message]:
    found = []
    for (intent, measure), texts in SENTENCES.items():
        for text in texts:
            labels = {INTENT: intent, **({INTENT_RESPONSE_KEY: f"{intent}/{measure}"} if measure else {})}
            found.append(Message({TEXT: text, **labels}))
    return found


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    pipeline = Pipeline(tmp_path_factory.mktemp("model"))
    pipeline.train()
    pipeline.load()
    return pipeline


@pytest.mark.parametrize(
    ("text", "intent", "measure"),
    [
        ("创业担保贷款咋申请", "ask_policy", "startup-loan"),
        ("失业斤怎么领", "ask_policy", "unemployment-benefit"),
        ("shiyejin zenme ling", "ask_policy", "unemployment-benefit"),
        ("創業擔保貸款怎麼申請", "ask_policy", "startup-loan"),
    ],
)
def test_what_is_asked(pipeline: Pipeline, text: str, intent: str, measure: str) -> None:
    message = pipeline.ask(text)
    assert message.get(INTENT)["name"] == intent
    assert message.get(MEASURES)[0]["id"] == measure
    assert message.get("response_selector")[intent]["response"]["intent_response_key"] == f"{intent}/{measure}"


def test_confidences_are_chances(pipeline: Pipeline) -> None:
    message = pipeline.ask("失业金怎么领")
    ranking = [each["confidence"] for each in message.get(MEASURES)]
    assert ranking == sorted(ranking, reverse=True)
    assert 0.0 < sum(ranking) <= 1.001
    assert message.get("intent_ranking")[0]["name"] == message.get(INTENT)["name"]


def test_two_questions_are_two_asks(pipeline: Pipeline) -> None:
    message = pipeline.ask("创业担保贷款怎么申请？还有失业金怎么领？")
    assert [ask["measures"][0]["id"] for ask in message.get(ASKS)] == ["startup-loan", "unemployment-benefit"]
    assert [ask["aspect"] for ask in message.get(ASKS)] == ["steps", "steps"]


@pytest.mark.parametrize("text", ["", "   ", "😭😭", "\x00"])
def test_nothing_said_is_out_of_scope(pipeline: Pipeline, text: str) -> None:
    assert pipeline.ask(text).get(INTENT)["name"] == "out_of_scope"


@pytest.mark.parametrize("text", ["来电人说要自杀", "不想活了，失业金怎么领", "屋头都揭不开锅了"])
def test_words_of_distress_go_before_everything(pipeline: Pipeline, text: str) -> None:
    assert pipeline.ask(text).get(INTENT)["name"] == "distress"


def test_a_message_without_known_words_does_not_break(pipeline: Pipeline) -> None:
    assert pipeline.ask("zzz ☃ қазақ").get(INTENT)["name"]


def test_output_is_small_and_plain(pipeline: Pipeline) -> None:
    output = pipeline.ask("失业金怎么领").as_dict(only_output_properties=True)
    assert set(output) <= {"text", INTENT, "intent_ranking", MEASURES, ASKS, "response_selector", "entities"}


def test_the_text_stays_as_it_was_written(pipeline: Pipeline) -> None:
    message = pipeline.ask("失業金怎麼領？？")
    assert message.get(TEXT) == "失業金怎麼領？？"
    assert message.get(NORMALISED) == "失业金怎么领?"


def test_noisy_copies_know_their_origin_and_label() -> None:
    data = NoiseAugmenter({"copies": 2}).process_training_data(TrainingData(_examples()))
    copies = [message for message in data.training_examples if message.get(ORIGIN)]
    originals = {message.get(TEXT): message for message in _examples()}
    assert len(copies) > len(originals)
    for copy in copies:
        assert copy.get(INTENT) == originals[copy.get(ORIGIN)].get(INTENT)
        assert copy.get(INTENT_RESPONSE_KEY) == originals[copy.get(ORIGIN)].get(INTENT_RESPONSE_KEY)


def test_knowledge_examples_cover_every_measure() -> None:
    import policy_kb

    data = KnowledgeExamples({}).process_training_data(TrainingData())
    about = {message.get(INTENT_RESPONSE_KEY) for message in data.training_examples}
    knowledge = policy_kb.load()
    assert about == {f"ask_policy/{each}" for each in knowledge.measures} | {
        f"ask_aspect/{each}" for each in knowledge.aspects
    }
    assert KnowledgeExamples.fingerprint_addon({}) == KnowledgeExamples.fingerprint_addon({})


def test_linear_model_survives_storage(tmp_path: Path) -> None:
    import scipy.sparse

    features = scipy.sparse.csr_matrix(np.eye(20, 6, dtype=np.float32) + np.eye(20, 6, -7) + np.eye(20, 6, -14))
    labels = [f"label{index % 3}" for index in range(20)]
    model = LinearModel.fit(features, labels, [str(index) for index in range(20)], 1.0)
    model.save(tmp_path)
    again = LinearModel.load(tmp_path)
    assert again.labels == model.labels
    np.testing.assert_allclose(again.probabilities(features), model.probabilities(features), atol=0.02)
    np.testing.assert_allclose(model.probabilities(features).sum(axis=1), 1.0, rtol=1e-5)


def test_a_view_is_the_vectorizers_row() -> None:
    random = Random(57)
    texts = [[random.choice("abcdef") + random.choice("xyz") for _ in range(random.randint(0, 30))] for _ in range(200)]
    vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True, dtype=np.float32, min_df=20)
    expected, view = vectorizer.fit_transform(texts), View.fit(texts, 20)
    assert view.vocabulary == vectorizer.vocabulary_
    for text, row in zip(texts, expected, strict=True):
        columns, values = view.row([*text, "never seen"])
        row.sort_indices()
        np.testing.assert_array_equal(columns, row.indices)
        np.testing.assert_allclose(values, row.data, rtol=1e-5)
