"""What the console's pages work with; one for the app, reached by :func:`parts`."""

from __future__ import annotations

from asyncio import Lock
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from weakref import WeakValueDictionary

from anyio import CapacityLimiter
from starlette.requests import HTTPConnection

from actions.filing.one_page import OnePage
from bot.console.openid import Provider
from bot.console.replies import Composing
from bot.console.suggesting import Assistance
from bot.gateway.agents import AgentLine
from bot.gateway.engine import EngineClient
from bot.gateway.gateway import Gateway
from bot.gateway.live import Live
from casework.desk import Desk
from casework.store.cipher import KeyRing
from policy_kb import KnowledgeBase


@dataclass(frozen=True)
class Console:
    """``https``: browsers reach the console by https, so cookies go by nothing else.  ``provider``: who else may
    vouch for the staff.  ``passwords_at_once``: Argon2 takes much memory and time on purpose."""

    desk: Desk
    knowledge: KnowledgeBase
    gateway: Gateway
    engine: EngineClient
    agents: AgentLine
    live: Live
    ring: KeyRing
    https: bool
    provider: Provider | None = None
    passwords_at_once: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2))
    calls_in_turn: WeakValueDictionary[str, Lock] = field(default_factory=WeakValueDictionary)
    """By call: what is typed and what is pressed are taken in in their order."""

    @cached_property
    def assistance(self) -> Assistance:
        return Assistance(self.knowledge)

    @cached_property
    def composing(self) -> Composing:
        return Composing(self.knowledge)

    @cached_property
    def one_page(self) -> OnePage:
        return OnePage(self.knowledge, self.desk, date.today)


def parts(request: HTTPConnection) -> Console:
    console: Console = request.app.state.console
    return console
