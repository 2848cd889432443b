"""What is counted of an app's turns and requests, who may read it, and that there are never many labels."""

from __future__ import annotations

import asyncio
import random
import re
import socket
import sqlite3
import threading
import time
import uuid
from datetime import date

import httpx
import pytest
from prometheus_client import generate_latest
from pydantic import SecretStr, ValidationError
from sqlalchemy import create_engine, event

from bot.metrics import serving
from bot.metrics.catalogue import ALL, OTHER
from bot.metrics.ledger import KEPT_SECONDS, Ledger
from bot.metrics.metrics import MOST_INTENTS, Metrics
from bot.metrics.reading import quantile
from bot.metrics.serving import Door
from bot.metrics.watch import came_by, timed, understood_as
from bot.settings import Settings
from casework.counts import Counts, Everything, Waiting
from casework.store.database import open_database, prepare
from tests.app.conftest import FakeEngine, Served

from .conftest import of, scrape, scraped

TOKEN = "a token for the scraper of the tests"
PERSON = {"13800138000", "11010519491231002X", "zhang"}


def test_turns_by_channel_and_how_they_ended(app: Served, engine: FakeEngine) -> None:
    opened = app.client.post("/api/v1/web/conversations").json()["conversation_id"]
    app.chat("你好")
    app.chat("失业金怎么领", "a", "m1")
    app.chat("失业金怎么领", "a", "m1")
    app.chat("你好", opened)
    app.client.post(
        "/api/v1/chat", json={"conversation_id": opened, "text": "在吗"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    engine.behaviour = "fail"
    app.chat("你好")
    found = scrape(app)
    turns = {
        (channel, outcome): of(found, "yunjiu_turns_total", channel=channel, outcome=outcome)
        for channel, outcome in (
            ("api", "answered"), ("api", "repeated"), ("api", "failed"), ("web", "answered"), ("widget", "answered")
        )
    }  # fmt: skip
    assert turns == {
        ("api", "answered"): 2,
        ("api", "repeated"): 1,
        ("api", "failed"): 1,
        ("web", "answered"): 1,
        ("widget", "answered"): 1,
    }
    assert of(found, "yunjiu_messages_total", kind="smalltalk") == 4, "what is repeated was said once"
    assert of(found, "yunjiu_messages_total", kind="error") == 1
    for part, number in (("wait", 6), ("intake", 5), ("engine", 5), ("log", 5), ("whole", 6)):
        assert of(found, "yunjiu_turn_seconds_count", part=part) == number
    sums = {
        part: of(found, "yunjiu_turn_seconds_sum", part=part) for part in ("wait", "intake", "engine", "log", "whole")
    }
    assert sums["engine"] > 5 * 0.005
    assert sum(sums.values()) - sums["whole"] <= sums["whole"], "the parts lie within the whole"


def test_what_is_refused_and_what_an_agent_has(app: Served, settings: Settings) -> None:
    for number in range(settings.max_turns_per_minute + 1):
        app.chat("你好", "much", f"m{number % 2}")
    desk = app.app.state.console.desk
    app.chat("我想问人", "taken")
    desk.handovers.take(desk.log.sender(desk.log.key("taken")), "li", "agent")
    app.chat("还在吗", "taken")
    found = scrape(app)
    assert of(found, "yunjiu_turns_total", channel="api", outcome="refused") == 1
    assert of(found, "yunjiu_turns_total", channel="api", outcome="with_agent") == 1


def test_a_turn_waits_for_those_before_it(app: Served, engine: FakeEngine) -> None:
    engine.behaviour = "gated"
    turns = [threading.Thread(target=app.chat, args=("你好", "one")) for _ in range(2)]
    for each in turns:
        each.start()
    engine.arrived.wait(10)
    began = time.perf_counter()
    while time.perf_counter() - began < 0.1:  # what is measured is time
        time.sleep(0.01)
    engine.gate.set()
    for each in turns:
        each.join(10)
    assert of(scrape(app), "yunjiu_turn_seconds_sum", part="wait") > 0.05


def test_what_the_engine_took_it_for() -> None:
    metrics = Metrics()
    for intent, understood in (
        ("status", True),
        ("out_of_scope", False),
        ("talk_to_human", True),
        ("leave_queue", True),
    ):
        with metrics.turn() as watch:
            watch.parts["log"] = 0.0
            understood_as(intent, understood)
            watch.said(["out_of_scope" if not understood else "status"])
    found = _read(metrics)
    assert of(found, "yunjiu_intents_total", intent="status") == 1
    assert of(found, "yunjiu_not_understood_total") == 1
    assert of(found, "yunjiu_handoffs_total", step="asked") == of(found, "yunjiu_handoffs_total", step="left") == 1


@pytest.mark.parametrize(
    ("kinds", "outcome"),
    [
        (["notice", "policy_answer", "clarify"], "answered"),
        (["clarify", "notice"], "asked_back"),
        (["notice", "out_of_scope", "handoff", "clarify"], "out_of_scope"),
        (["handoff"], "handed_off"),
        (["notice"], "answered"),
        (["policy_answer", "error"], "failed"),
        ([], "with_agent"),
    ],
)
def test_how_a_turn_ended(kinds: list[str], outcome: str) -> None:
    with Metrics().turn() as watch:
        watch.parts["log"] = 0.0
        watch.said(kinds)
    assert watch.outcome == outcome


def test_a_turn_that_breaks_has_failed() -> None:
    metrics = Metrics()
    with pytest.raises(ZeroDivisionError), metrics.turn():
        raise ZeroDivisionError
    assert of(_read(metrics), "yunjiu_turns_total", channel="api", outcome="failed") == 1


def test_a_part_outside_of_a_turn_is_no_part() -> None:
    @timed("engine")
    async def double(number: int) -> int:
        return 2 * number

    assert asyncio.run(double(4)) == 8


def test_agents_steps(app: Served) -> None:
    app.chat("你好", "a")
    desk, line = app.app.state.console.desk, app.app.state.agents
    sender = desk.log.sender(desk.log.key("a"))

    async def work() -> None:
        await line.take(sender, "li", "agent")
        await line.take(sender, "li", "agent")
        await line.pass_on(sender, "li", "wang", "agent")
        await line.hand_back(sender, "wang", "agent")

    asyncio.run(work())
    found = scrape(app)
    for step, number in (("taken", 1), ("passed_on", 1), ("handed_back", 1), ("asked", 0)):
        assert of(found, "yunjiu_handoffs_total", step=step) == number


def test_requests_by_template(app: Served) -> None:
    signed = app.client.post("/api/v1/web/conversations").json()["conversation_id"]
    for path in (
        f"/api/v1/web/conversations/{signed}/messages",
        "/static/page.css",
        "/nothing/13800138000",
        "/console/sign-in",
    ):
        app.client.get(path)
    app.client.request("PROPFIND", "/api/v1/chat")
    found = scrape(app)
    for method, route, status in (
        ("GET", "/api/v1/web/conversations/{conversation_id}/messages", "200"),
        ("GET", "/static", "200"),
        ("GET", OTHER, "404"),
        ("GET", "/console/sign-in", "200"),
        ("POST", "/api/v1/web/conversations", "201"),
    ):
        assert of(found, "yunjiu_http_requests_total", method=method, route=route, status=status) == 1, route
    methods = {dict(labels)["method"] for name, labels in found if name == "yunjiu_http_requests_total"}
    assert methods == {"GET", "POST", OTHER}


def test_whatever_is_sent_there_are_few_labels_and_nobody_in_them(app: Served, engine: FakeEngine) -> None:
    """Ids, texts, paths, methods, payloads and headers are the sender's; labels are ours."""
    scrape(app)
    chance = random.Random(3)
    for number in range(60):
        person = chance.choice(sorted(PERSON))
        app.chat(f"/{person}_{number}", f"{person}{number}", uuid.uuid4().hex)
        app.client.get(f"/{person}/{number}")
        app.client.get(f"/static/{person}/{number}")
        app.client.get(f"/console/cases/{person}{number}")
        app.client.get(f"/api/v1/web/conversations/{person}{number}/messages")
        app.client.request(chance.choice(("PROPFIND", "PATCH", "LOCK", "TRACE")), "/")
    first = scrape(app)
    assert len({labels for name, labels in first if name == "yunjiu_http_requests_total"}) < 20
    assert len([name for name, _ in first if not name.endswith(("_bucket", "_created"))]) < 200
    values = " ".join(value for _, labels in first for _, value in labels)
    assert not any(person in values for person in PERSON)
    for each in ALL:
        for label, allowed in each.labels.items():
            found = {dict(labels).get(label) for name, labels in first if name == each.name}
            assert allowed is None or found <= {*allowed, OTHER}


def test_intents_are_few_whatever_an_engine_says() -> None:
    metrics = Metrics()
    for number in range(3 * MOST_INTENTS):
        name = "".join(chr(97 + int(digit)) for digit in str(number))
        for intent in (name, f"张三{number}", f"13800138{number:03}"):
            with metrics.turn() as watch:
                watch.parts["log"] = 0.0
                understood_as(intent, True)
                watch.said(["status"])
    intents = {dict(labels)["intent"] for name, labels in _read(metrics) if name == "yunjiu_intents_total"}
    assert len(intents) == MOST_INTENTS + 1
    assert OTHER in intents
    assert all(re.fullmatch("[a-z]+", each) for each in intents)


def test_two_apps_count_apart(settings: Settings, app: Served) -> None:
    other = Served(settings)
    try:
        app.chat("你好")
        assert of(scrape(app), "yunjiu_turns_total", channel="api", outcome="answered") == 1
        assert of(scrape(other), "yunjiu_turns_total", channel="api", outcome="answered") == 0
    finally:
        other.stop()


def test_a_channel_is_forgotten_with_its_request(app: Served) -> None:
    came_by("telegram")
    with Metrics().turn() as watch:
        pass
    assert watch.channel == "telegram"
    came_by("api")


@pytest.mark.parametrize(
    ("address", "headers", "admitted"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("10.0.0.7", {}, False),
        ("", {}, False),
        ("somewhere", {}, False),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, False),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, False),
        ("127.0.0.1", {"x-real-ip": "127.0.0.1"}, False),
        ("127.0.0.1", {"via": "1.1 nginx"}, False),
        ("10.0.0.7", {"authorization": f"Bearer {TOKEN}"}, True),
        ("127.0.0.1", {"via": "1.1 nginx", "authorization": f"Bearer {TOKEN}"}, True),
        ("10.0.0.7", {"authorization": f"Bearer {TOKEN}x"}, False),
        ("10.0.0.7", {"authorization": f"Bearer 口令{TOKEN}"}, False),
        ("10.0.0.7", {"authorization": TOKEN}, False),
    ],
)
def test_who_may_read(address: str, headers: dict[str, str], admitted: bool) -> None:
    assert Door(SecretStr(TOKEN)).admits(address, headers) is admitted


def test_without_a_token_none_opens_the_door() -> None:
    assert not Door(None).admits("10.0.0.7", {"authorization": "Bearer None"})
    assert not Door(None).admits("10.0.0.7", {"authorization": "Bearer "})


def test_a_token_is_a_real_one(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="placeholder"):
        Settings(**{**settings.model_dump(), "metrics_token": "changeme"}, _env_file=None)  # type: ignore[call-arg]


def test_a_proxy_does_not_open_the_door(app: Served) -> None:
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
        answer = app.client.get("/metrics", headers={header: "127.0.0.1"})
        assert answer.status_code == 401, header
        assert "yunjiu_" not in answer.text


def test_the_worker_has_a_port_of_its_own() -> None:
    metrics = Metrics(worker=True)
    metrics.round_ended("delivery", True)
    metrics.round_ended("housekeeping", False)
    metrics.delivered(3, 2, 1)
    port = _free_port()
    stop = serving.serve(metrics, "127.0.0.1", port, SecretStr(TOKEN))
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
            answer = http.get("/metrics")
            found = scraped(answer.text)
            assert http.get("/").status_code == 404
            assert http.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401
            proved = {"X-Forwarded-For": "10.0.0.7", "Authorization": f"Bearer {TOKEN}"}
            assert http.get("/metrics", headers=proved).status_code == 200
    finally:
        stop()
    assert of(found, "yunjiu_worker_rounds_total", work="delivery", outcome="done") == 1
    assert of(found, "yunjiu_worker_rounds_total", work="housekeeping", outcome="failed") == 1
    assert of(found, "yunjiu_worker_last_round_timestamp_seconds", work="delivery") == pytest.approx(
        time.time(), abs=60
    )
    assert [of(found, "yunjiu_deliveries_total", outcome=each) for each in ("sent", "failed", "dead")] == [3, 2, 1]


class _Counts(Counts):
    """Says how often it was asked."""

    def __init__(self, broken: bool = False) -> None:
        super().__init__(create_engine("sqlite:////nowhere/at/all.db" if broken else "sqlite://"))
        self.broken = broken
        self.counted = 0
        self.looked = 0

    def waiting(self) -> Waiting:
        self.looked += 1
        return super().waiting() if self.broken else Waiting(1 + self.looked, None, None)

    def all(self, day: date) -> Everything:
        self.counted += 1
        return Everything({"bot": self.counted}, {"filed": 5}, 1, {"new": 0, "failed": 0, "dead": 0})


def test_all_is_counted_once_a_minute_and_no_scrape_waits_for_it() -> None:
    moment = 1000.0
    counts = _Counts()
    ledger = Ledger(counts, True, date.today, lambda: moment)
    metrics = Metrics()
    metrics.registry.register(ledger)
    assert counts.counted == 0, "registering looks at nothing"
    assert of(_read(metrics), "yunjiu_queue_length") == 2
    ledger.settle()
    for _ in range(5):
        found = _read(metrics)
    assert (of(found, "yunjiu_cases", status="filed"), of(found, "yunjiu_cases_overdue")) == (5, 1)
    assert counts.looked == 1
    moment += KEPT_SECONDS - 1
    assert of(_read(metrics), "yunjiu_queue_length") == 3
    assert of(_read(metrics), "yunjiu_counted_age_seconds") == KEPT_SECONDS - 1
    assert counts.counted == 1
    moment += 1
    assert of(_read(metrics), "yunjiu_conversations", owner="bot") == 1, "the old count, while the new one is made"
    ledger.settle()
    assert of(_read(metrics), "yunjiu_conversations", owner="bot") == 2


def test_without_a_database_the_rest_is_still_told() -> None:
    metrics = Metrics()
    metrics.registry.register(Ledger(_Counts(broken=True), False, date.today))
    metrics.engine_up(True)
    found = _read(metrics)
    assert of(found, "yunjiu_engine_up") == 1
    assert found["yunjiu_database_up", frozenset()] == 0
    assert ("yunjiu_queue_length", frozenset()) not in found


def test_a_scrape_reads_few_rows_however_many_there_are(settings: Settings) -> None:
    """No table is walked through: every step of the plans searches an index."""
    engine = open_database(settings.database_url)
    prepare(engine)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))  # type: ignore[arg-type]
    Counts(engine).waiting()
    engine.dispose()
    with sqlite3.connect(engine.url.database or "") as connection:
        for statement, parameters in asked:
            if str(statement).startswith("SELECT"):
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
                steps = [step for *_, step in plan]
                assert all("USING" in step and "INDEX" in step for step in steps), steps
                assert not any("TEMP B-TREE" in step for step in steps), steps


def test_a_quantile_is_what_prometheus_would_say() -> None:
    inf = float("inf")
    assert quantile({0.1: 50, 0.2: 100, inf: 100}, 0.5) == pytest.approx(0.1)
    assert quantile({0.1: 50, 0.2: 100, inf: 100}, 0.75) == pytest.approx(0.15)
    assert quantile({0.1: 0, 0.2: 0, inf: 10}, 0.5) == 0.2, "beyond the last bound"
    assert quantile({0.1: 0, inf: 0}, 0.5) == 0


def _read(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return scraped(generate_latest(metrics.registry).decode())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
