"""Words, by jieba with a dictionary out of the knowledge base."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

import policy_kb
from bot.engine.components.message import normalised, with_parts
from bot.engine.language.words import WordCutter, domain_words


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class PolicyTokenizer(Tokenizer):
    """Cuts the normalised text.  The dictionary is part of the fingerprint: an edited one retrains."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @staticmethod
    def required_packages() -> List[Text]:
        return ["jieba"]

    @staticmethod
    def supported_languages() -> List[Text]:
        return ["zh"]

    @classmethod
    def fingerprint_addon(cls, config: Dict[Text, Any]) -> str:
        return "\n".join(domain_words(policy_kb.load()))

    def __init__(self, config: Dict[Text, Any]) -> None:
        super().__init__(config)
        self._cutter = WordCutter(domain_words(policy_kb.load()))

    def tokenize(self, message: Message, attribute: Text) -> List[Token]:
        text = normalised(message) if attribute == TEXT else message.get(attribute)
        return [Token(word, start) for word, start in self._cutter.spans(text)]

    def process(self, messages: List[Message]) -> List[Message]:
        super().process(with_parts(messages))
        return messages
