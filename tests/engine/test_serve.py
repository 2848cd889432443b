"""The quicker classes answer as Rasa's own do."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError
from rasa.core import agent, processor
from rasa.core.actions import action
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.policies import rule_policy
from rasa.shared.core import events
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.engine import serve
from bot.engine.rules import QuickRulePolicy
from bot.engine.serve import LOOK_BACK, KeptEndpoint, QuickRemoteAction

DOMAIN = Domain.load(str(Path(__file__).parents[2] / "domain.yml"))
ANSWERS: list[dict[str, Any]] = [
    {"events": [], "responses": [{"text": "好"}]},
    {"events": [{"event": "slot", "name": "errand_answer", "value": None, "timestamp": None}], "responses": []},
    {"events": [{"event": "followup", "name": "errand_form", "timestamp": None}], "responses": []},
    {},
]
WRONG: list[dict[str, Any]] = [
    {"events": [{"event": 5}], "responses": []},
    {"events": "none"},
    {"events": [], "responses": ["text"]},
]


class ActionServer:
    """Answers every call with ``answer``; remembers the calls and the connections."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = {"events": [], "responses": []}
        self.calls: list[dict[str, Any]] = []
        self.connections: set = set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                server.connections.add(self.client_address)
                server.calls.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                body = json.dumps(server.answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.endpoint = EndpointConfig(f"http://127.0.0.1:{self.http.server_port}", enable_selective_domain=True)


@pytest.fixture
def server() -> Iterator[ActionServer]:
    server = ActionServer()
    yield server
    server.http.shutdown()
    server.http.server_close()


def tracker(turns: int = 3) -> DialogueStateTracker:
    said: list[Event] = []
    for number in range(turns):
        said += [UserUttered(f"第{number}句"), ActionExecuted("action_status"), ActionExecuted("action_listen")]
    return DialogueStateTracker.from_events("someone", said, DOMAIN.slots)


def without_time(event: Event) -> dict[str, Any]:
    return {**event.as_dict(), "timestamp": None}


async def results(kind: type, server: ActionServer, times: int = 1) -> list[Event]:
    found: list[Event] = []
    for _ in range(times):
        channel, nlg = CollectingOutputChannel(), TemplatedNaturalLanguageGenerator({})
        found += await kind("action_status", server.endpoint).run(channel, nlg, tracker(), DOMAIN)
    kept = KeptEndpoint.of(server.endpoint)._kept
    if kept is not None:
        await kept.close()
    return found


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_same_events_come_of_an_answer(server: ActionServer, answer: dict[str, Any]) -> None:
    server.answer = answer
    plain, quick = (asyncio.run(results(kind, server)) for kind in (RemoteAction, QuickRemoteAction))
    assert [without_time(event) for event in quick] == [without_time(event) for event in plain]


@pytest.mark.parametrize("answer", WRONG)
def test_the_same_answers_are_refused(server: ActionServer, answer: dict[str, Any]) -> None:
    said = []
    for kind in (RemoteAction, QuickRemoteAction):
        with pytest.raises(ValidationError) as refused:
            kind("action_status", server.endpoint)._validate_action_result(answer)
        said.append(refused.value.message)
    assert said[0] == said[1]


def test_an_action_gets_the_end_of_the_talk_and_else_the_same(server: ActionServer) -> None:
    short, long = tracker(), tracker(turns=LOOK_BACK)
    quick, plain = QuickRemoteAction("action_status", server.endpoint), RemoteAction("action_status", server.endpoint)
    assert quick._action_call_format(short, DOMAIN) == plain._action_call_format(short, DOMAIN)
    sent, whole = quick._action_call_format(long, DOMAIN), plain._action_call_format(long, DOMAIN)
    assert sent["tracker"]["events"] == whole["tracker"]["events"][-LOOK_BACK:]
    assert {**sent["tracker"], "events": []} == {**whole["tracker"], "events": []}


def test_with_the_whole_domain_asked_for_nothing_is_left_out(server: ActionServer) -> None:
    endpoint = EndpointConfig(server.endpoint.url + "/whole")
    quick, plain = QuickRemoteAction("action_status", endpoint), RemoteAction("action_status", endpoint)
    long = tracker(50)
    assert quick._action_call_format(long, DOMAIN) == plain._action_call_format(long, DOMAIN)


def test_the_connection_is_kept(server: ActionServer) -> None:
    asyncio.run(results(QuickRemoteAction, server, times=5))
    assert len(server.calls) == 5
    assert len(server.connections) == 1


def test_event_types_are_found_as_rasa_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    search = events.Event.resolve_by_type
    monkeypatch.setattr(action, "RemoteAction", RemoteAction)
    monkeypatch.setattr(agent, "FailSafeTrackerStore", agent.FailSafeTrackerStore)
    monkeypatch.setattr(processor, "DaskGraphRunner", processor.DaskGraphRunner)
    monkeypatch.setattr(rule_policy, "RulePolicy", rule_policy.RulePolicy)
    monkeypatch.setattr(Domain, "is_empty", Domain.is_empty)
    monkeypatch.setattr(events.Event, "resolve_by_type", staticmethod(search))
    serve.install()
    for name in serve._event_types():
        assert events.Event.resolve_by_type(name) is search(name)
    assert events.Event.resolve_by_type("topic") is None
    assert events.Event.resolve_by_type("nothing like it", UserUttered) is UserUttered
    with pytest.raises(ValueError, match="nothing like it"):
        events.Event.resolve_by_type("nothing like it")
    assert action.RemoteAction is QuickRemoteAction
    assert rule_policy.RulePolicy is QuickRulePolicy
    for _ in range(2):
        assert (Domain.empty().is_empty(), DOMAIN.is_empty()) == (True, False)
    assert agent.FailSafeTrackerStore is serve.SureTrackerStore
