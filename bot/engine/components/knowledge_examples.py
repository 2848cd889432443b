"""What the knowledge base itself says, as training sentences."""

from __future__ import annotations

import random
import zlib
from typing import Any, Dict, Iterator, List, Text, Tuple

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import policy_kb
from bot.engine.components.base import ConfiguredComponent

QUESTIONS_A_NAME = 4


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class KnowledgeExamples(ConfiguredComponent):
    """Adds each measure's title, label, passages and phrases, plain questions made of its names, and bare ones.

    So a measure that a bureau adds is understood before anybody has written training sentences, and words
    such as 怎么申请 are seen with every subject, so that they do not count for any.
    """

    @classmethod
    def fingerprint_addon(cls, config: Dict[Text, Any]) -> str:
        return "\n".join(f"{label}\t{text}" for label, text in _sentences())

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        known = {example.get(TEXT) for example in training_data.training_examples}
        examples = [
            Message({TEXT: text, INTENT: label.split("/")[0], INTENT_RESPONSE_KEY: label})
            for label, text in _sentences()
            if text not in known
        ]
        return training_data.merge(TrainingData(training_examples=examples))

    def process(self, messages: List[Message]) -> List[Message]:
        return messages


def _sentences() -> Iterator[Tuple[str, str]]:
    """Labels (intent/measure, intent/aspect) with a text."""
    knowledge = policy_kb.load()
    forms = [form for aspect in knowledge.aspects.values() for form in aspect.asks]
    labels = [measure.label for measure in knowledge.measures.values()]
    for measure in knowledge.measures.values():
        names = (measure.label, *measure.phrases)
        for text in sorted({measure.title, *names, *(each.quote for each in measure.passages)}):
            yield f"ask_policy/{measure.id}", text
        for name in names:
            if any(label in name for label in labels if label != measure.label):
                continue  # 失业登记窗口 is a place of 失业登记: “what papers for …” would ask about that
            for form in forms if name == measure.label else _some(forms, name):
                yield f"ask_policy/{measure.id}", form.format(name)
    for aspect in knowledge.aspects.values():
        for form in (aspect.title, *(form.format(pointing) for form in aspect.asks for pointing in ("", "这个"))):
            yield f"ask_aspect/{aspect.id}", form


def _some(forms: List[str], name: str) -> List[str]:
    """A few of the forms, always the same ones for the same name."""
    return random.Random(zlib.crc32(name.encode())).sample(forms, k=QUESTIONS_A_NAME)
