"""Rasa's natural-language generator: policy answers are composed in the engine, from the knowledge base."""

from __future__ import annotations

from typing import Any, Dict, Optional, Text

from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

import policy_kb
from bot.engine.answers.conversation import read
from bot.engine.answers.replies import Replies, Reply
from policy_kb.reply import ENVELOPE, Button, Message


class YunjiuGenerator(TemplatedNaturalLanguageGenerator):
    """Named in endpoints.yml.  Responses that it does not compose come from the domain's templates.

    It is a templated generator for Rasa too: the agent hands those the domain's responses once the model
    is loaded.  Either way the response carries its messages in the contract's shape under ENVELOPE, which
    Rasa keeps with the event, beside a ``text`` and buttons that its own channels (`rasa shell`) show.
    """

    def __init__(self, endpoint_config: Optional[EndpointConfig] = None, domain: Optional[Domain] = None) -> None:
        super().__init__((domain or Domain.empty()).responses)
        self._replies = Replies(policy_kb.load())

    async def generate(
        self, utter_action: Text, tracker: DialogueStateTracker, output_channel: Text, **kwargs: Any
    ) -> Optional[Dict[Text, Any]]:
        compose = self._replies.composers.get(utter_action)
        if compose is not None:
            return as_response(compose(read(tracker)))
        template = await super().generate(utter_action, tracker, output_channel, **kwargs)
        return None if template is None else as_response(_from_template(template))

    def _fill_response(
        self, response: Dict[Text, Any], filled_slots: Optional[Dict[Text, Any]] = None, *_rest: Any, **_more: Any
    ) -> Dict[Text, Any]:
        """The domain's responses have no variables; the braces in them are their buttons' payloads."""
        return response


def _from_template(template: Dict[Text, Any]) -> Reply:
    buttons = tuple(Button(each["title"], each["payload"]) for each in template.get("buttons") or ())
    kind = (template.get("custom") or {}).get("kind", "smalltalk")
    return Reply((Message(text=template["text"], kind=kind, buttons=buttons),))


def as_response(reply: Reply) -> Dict[Text, Any]:
    """What Rasa sends and keeps: the text for its own channels, the messages for ours."""
    messages = [message.as_dict() for message in reply.messages]
    return {
        "text": "\n\n".join(message["text"] for message in messages),
        "buttons": messages[-1]["buttons"],
        ENVELOPE: {"messages": messages, "understood": reply.understood},
    }
