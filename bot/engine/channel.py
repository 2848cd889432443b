"""The engine's only door: the gateway posts a turn and gets the reply's messages back."""

from __future__ import annotations

import hmac
import logging
import os
import warnings
from typing import Any, Awaitable, Callable, Dict, List, Optional, Text

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import logs
from bot.engine.components.message import ASKS
from bot.engine.trackers import INTENT
from bot.logs import TURN_HEADER, join_turn
from policy_kb.reply import ENVELOPE

logger = logging.getLogger("yunjiu.engine")


class TurnOutput(OutputChannel):
    """Collects the contract's messages of one turn, whole, instead of taking responses apart."""

    def __init__(self) -> None:
        self.messages: List[Dict[Text, Any]] = []
        self.understood = True

    @classmethod
    def name(cls) -> Text:
        return "gateway"

    async def send_response(self, recipient_id: Text, message: Dict[Text, Any]) -> None:
        envelope = message.get(ENVELOPE) or {}
        self.messages.extend(envelope.get("messages") or ())
        self.understood = self.understood and envelope.get("understood", True)


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

        @door.listener("before_server_start")
        async def log_as_all_do(*_: Any) -> None:
            level, style = os.environ.get("LOG_LEVEL", "INFO"), os.environ.get("YUNJIU_LOG_FORMAT", "text")
            logs.set_up("engine", level, style)
            warnings.filterwarnings("ignore", "Failed to parse arguments in line")  # it quotes what a person typed
            logging.captureWarnings(True)

        @door.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            agent = request.app.ctx.agent
            ready = agent is not None and agent.is_ready()
            return response.json({"status": "ok" if ready else "loading"}, status=200 if ready else 503)

        @door.route("/turn", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            if not self._admits(request):
                return response.json({"error": "unauthorised"}, status=401)
            join_turn(request.headers.get(TURN_HEADER))
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
            intent = INTENT.get()
            logger.info("turn intent=%s understood=%s", intent, output.understood)
            return response.json({"messages": output.messages, "intent": intent, "understood": output.understood})

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
