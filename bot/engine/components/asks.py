"""Last in the pipeline: what is asked, question by question."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message

import policy_kb
from bot.engine.components.base import ConfiguredComponent
from bot.engine.components.intents import PolicyIntentClassifier
from bot.engine.components.message import ASK_INTENTS, ASKS, MEASURES, PARTS, normalised
from bot.engine.language.aspects import AspectFinder
from bot.engine.language.mentions import Mentions


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class AskResolver(ConfiguredComponent):
    """Decides whether the candidate questions of a message truly ask for different measures.

    ``part_confidence``: how sure the measure of each part must be for the message to be taken apart.
    Also announces the measure in the form of Rasa's response selector, so that `rasa test nlu` reports it.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"part_confidence": 0.55}

    @classmethod
    def required_components(cls) -> List[type]:
        return [PolicyIntentClassifier]

    def __init__(self, config: Dict[Text, Any]) -> None:
        super().__init__(config)
        self._aspects = AspectFinder(policy_kb.load().aspects.values())
        self._mentions = Mentions(policy_kb.load())

    @classmethod
    def fingerprint_addon(cls, config: Dict[Text, Any]) -> str:
        return repr([(each.id, each.words) for each in policy_kb.load().aspects.values()])

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            if not message.get(MEASURES):
                continue
            parts = message.data.pop(PARTS, None) or []
            message.set(ASKS, self._asks(message, parts), add_to_output=True)
            _announce_selection(message)
        return messages

    def _asks(self, message: Message, parts: List[Message]) -> List[Dict[str, Any]]:
        several = self._distinct(parts)
        if len(several) < 2:
            return [self._ask(message)]
        if message.get(INTENT)["name"] not in ASK_INTENTS:
            message.set(INTENT, several[0].get(INTENT), add_to_output=True)
        return [self._ask(part) for part in several]

    def _distinct(self, parts: List[Message]) -> List[Message]:
        """The parts that surely ask about a measure, the first for each; 要克哪点 alone asks about none."""
        found: Dict[str, Message] = {}
        for part in parts:
            best = part.get(MEASURES)[0]
            asks = part.get(INTENT)["name"] in ASK_INTENTS and not self._mentions.is_bare(normalised(part))
            if asks and best["confidence"] >= self._config["part_confidence"]:
                found.setdefault(best["id"], part)
        return list(found.values())

    def _ask(self, message: Message) -> Dict[str, Any]:
        return {
            "text": normalised(message),
            "measures": message.get(MEASURES),
            "aspect": self._aspects.find(normalised(message)),
        }


def _announce_selection(message: Message) -> None:
    intent = message.get(INTENT)["name"]
    if intent not in ASK_INTENTS:
        return
    ranking = [
        {"intent_response_key": f"{intent}/{each['id']}", "confidence": each["confidence"]}
        for each in message.get(MEASURES)
    ]
    selection = {"response": ranking[0], "ranking": ranking[:3]}
    message.set("response_selector", {"all_retrieval_intents": [intent], intent: selection}, add_to_output=True)
