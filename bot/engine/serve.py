"""Rasa's own server, with what it computes anew at every call of an action computed once.

`python -m bot.engine.serve run …` takes what `rasa run …` takes and answers the same; `rasa run` works too, only
slower.  Each class here stands in for the one of Rasa's that it extends; tests/engine/test_serve.py compares them.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, ClassVar, Dict, List, Optional, Text, Type

import aiohttp
from jsonschema import Draft202012Validator
from rasa.core import agent, processor
from rasa.core.actions import action
from rasa.core.actions.action import RemoteAction
from rasa.core.policies import rule_policy
from rasa.core.tracker_store import FailSafeTrackerStore, TrackerStore
from rasa.shared.core import events
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import EndpointConfig

from bot.engine.rules import QuickRulePolicy
from bot.engine.runner import OrderedGraphRunner
from bot.logs import turn_headers

LOOK_BACK = 60
"""So many of the last events an action gets; ours look back over the last answers, not over the whole talk."""


class KeptSession:
    """Enters like a new session, and leaves it open for the next call."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self._session

    async def __aexit__(self, *_: Any) -> None:
        return None


class KeptEndpoint(EndpointConfig):
    """An endpoint whose connections are kept; made once for each address."""

    _known: ClassVar[Dict[Text, KeptEndpoint]] = {}
    _kept: Optional[aiohttp.ClientSession] = None

    @classmethod
    def of(cls, endpoint: EndpointConfig) -> KeptEndpoint:
        if endpoint.url not in cls._known:
            cls._known[endpoint.url] = cls(
                endpoint.url,
                endpoint.params,
                endpoint.headers,
                endpoint.basic_auth,
                endpoint.token,
                endpoint.token_name,
                endpoint.cafile,
                **endpoint.kwargs,
            )
        return cls._known[endpoint.url]

    def session(self) -> KeptSession:
        if self._kept is None or self._kept.closed:
            self._kept = super().session()
        return KeptSession(self._kept)

    async def request(self, *arguments: Any, **options: Any) -> Optional[Any]:
        """Tells the actions which turn they are called for."""
        headers = {**options.pop("headers", {}), **turn_headers()}
        return await super().request(*arguments, headers=headers, **options)


class QuickRemoteAction(RemoteAction):
    """Keeps the connection and the compiled schema of answers, and sends the end of the tracker only."""

    _answers: Optional[Draft202012Validator] = None

    def __init__(self, name: Text, action_endpoint: Optional[EndpointConfig]) -> None:
        super().__init__(name, KeptEndpoint.of(action_endpoint) if action_endpoint else None)

    def _validate_action_result(self, result: Dict[Text, Any]) -> bool:
        """Rasa's schema, checked and compiled once instead of at every answer: 18 ms each."""
        kept = QuickRemoteAction._answers
        if kept is None:
            schema = self.action_response_format_spec()
            Draft202012Validator.check_schema(schema)
            kept = QuickRemoteAction._answers = Draft202012Validator(schema)
        return True if kept.is_valid(result) else super()._validate_action_result(result)

    def _action_call_format(self, tracker: DialogueStateTracker, domain: Domain) -> Dict[Text, Any]:
        if not self._is_selective_domain_enabled() or domain.does_custom_action_explicitly_need_domain(self.name()):
            return super()._action_call_format(tracker, domain)
        state = tracker.current_state(EventVerbosity.NONE)
        state["events"] = [event.as_dict() for event in list(tracker.events)[-LOOK_BACK:]]
        return {"next_action": self._name, "sender_id": tracker.sender_id, "tracker": state, "version": _VERSION}


class SureTrackerStore(FailSafeTrackerStore):
    """Fails a turn that cannot be remembered, where Rasa's would go on with an empty memory of this process's own.

    The person is told and says it again; with the other, a filing would be forgotten in the middle.
    """

    def __init__(self, tracker_store: TrackerStore) -> None:
        super().__init__(tracker_store, on_tracker_store_error=_refuse)

    async def delete(self, sender_id: Text) -> None:
        """Rasa's wrapper hides what its own stores cannot do."""
        await self._tracker_store.delete(sender_id)


def _refuse(error: Exception) -> None:
    raise error


_VERSION: Text = sys.modules["rasa"].__version__  # type: ignore[attr-defined]  # imported by what is above


def _event_types() -> Dict[Text, Type[events.Event]]:
    """The first class of each type, as Rasa's own search over all subclasses would find it."""
    found: Dict[Text, Type[events.Event]] = {}
    for kind in all_subclasses(events.Event):
        found.setdefault(kind.type_name, kind)
    return found


def _asked_once(question: Callable[[Domain], bool]) -> Callable[[Domain], bool]:
    """Of a domain, which does not change: whether it is empty is asked at every message, and found by building one."""
    kept = f"_once_{question.__name__}"

    def answer(domain: Domain) -> bool:
        if kept not in domain.__dict__:
            domain.__dict__[kept] = question(domain)
        return bool(domain.__dict__[kept])

    return answer


def install() -> None:
    """Puts the quicker classes in the places of Rasa's."""
    action.RemoteAction = QuickRemoteAction
    agent.FailSafeTrackerStore = SureTrackerStore
    processor.DaskGraphRunner = OrderedGraphRunner
    rule_policy.RulePolicy = QuickRulePolicy  # a model names the class by its place
    Domain.is_empty = _asked_once(Domain.is_empty)  # type: ignore[method-assign]
    known, search = _event_types(), events.Event.resolve_by_type

    def resolve(type_name: Text, default: Optional[Type[events.Event]] = None) -> Optional[Type[events.Event]]:
        return known.get(type_name) or search(type_name, default)

    events.Event.resolve_by_type = staticmethod(resolve)


def main(arguments: List[Text]) -> None:
    from rasa.__main__ import main as rasa

    install()
    sys.argv = ["rasa", *arguments]
    rasa()


if __name__ == "__main__":
    main(sys.argv[1:])
