"""What the console's pages work with; one for the app, reached by :func:`parts`."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from bot.gateway.agents import AgentLine
from bot.gateway.gateway import Gateway
from bot.gateway.live import Live
from casework.cipher import KeyRing
from casework.desk import Desk
from policy_kb import KnowledgeBase


@dataclass(frozen=True)
class Console:
    """``https``: browsers reach the console by https, so cookies go by nothing else."""

    desk: Desk
    knowledge: KnowledgeBase
    gateway: Gateway
    agents: AgentLine
    live: Live
    ring: KeyRing
    https: bool


def parts(request: HTTPConnection) -> Console:
    console: Console = request.app.state.console
    return console
