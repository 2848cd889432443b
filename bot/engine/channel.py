"""The engine's only door: the gateway posts a turn and gets the reply's messages back."""

from __future__ import annotations

import hmac
import logging
from typing import Any, Awaitable, Callable, Dict, List, Optional, Text

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.engine.components.message import ASKS
from policy_kb.reply import ENVELOPE

logger = logging.getLogger(__name__)


class TurnOutput(OutputChannel):
    """Collects the contract's messages of one turn, whole, instead of taking responses apart."""

    def __init__(self) -> None:
        self.messages: List[Dict[Text, Any]] = []

    @classmethod
    def name(cls) -> Text:
        return "gateway"

    async def send_response(self, recipient_id: Text, message: Dict[Text, Any]) -> None:
        self.messages.extend((message.get(ENVELOPE) or {}).get("messages") or ())


class GatewayInput(InputChannel):
    """`turn`, `parse` and `conversations`, each behind the engine's token, and `GET /`; see credentials.yml."""

    def __init__(self, token: Text) -> None:
        self._token = token

    @classmethod
    def name(cls) -> Text:
        return "gateway"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> InputChannel:
        token = str((credentials or {}).get("token") or "")
        if not token or token.startswith("${"):
            raise RasaException("credentials.yml: bot.engine.channel.GatewayInput needs YUNJIU_ENGINE_TOKEN to be set")
        return cls(token)

    def _admits(self, request: Request) -> bool:
        return hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {self._token}")

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        door = Blueprint("gateway")

        @door.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            agent = request.app.ctx.agent
            ready = agent is not None and agent.is_ready()
            return response.json({"status": "ok" if ready else "loading"}, status=200 if ready else 503)

        @door.route("/turn", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            if not self._admits(request):
                return response.json({"error": "unauthorised"}, status=401)
            body = request.json
            output = TurnOutput()
            message = UserMessage(
                body["text"], output, body["sender"], input_channel=self.name(), message_id=body.get("message_id")
            )
            try:
                await on_new_message(message)
            except Exception:
                logger.exception("a turn failed")
                return response.json({"error": "the turn failed; see the engine's log"}, status=500)
            return response.json({"messages": output.messages})

        @door.route("/parse", methods=["POST"])
        async def parse(request: Request) -> HTTPResponse:
            """What a text is taken for, and the questions in it; nothing of it is kept."""
            if not self._admits(request):
                return response.json({"error": "unauthorised"}, status=401)
            parsed = await request.app.ctx.agent.parse_message(request.json["text"])
            intent = parsed["intent"]
            asks = parsed.get(ASKS) or []
            return response.json({"intent": intent["name"], "confidence": intent["confidence"], "asks": asks})

        @door.route("/conversations/<sender>", methods=["DELETE"])
        async def forget(request: Request, sender: Text) -> HTTPResponse:
            if not self._admits(request):
                return response.json({"error": "unauthorised"}, status=401)
            await request.app.ctx.agent.tracker_store.delete(sender)
            return response.empty()

        return door
