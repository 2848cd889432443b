"""Every metric there is: its name, what it means, and every value that its labels may have.

docs/OBSERVABILITY.md, the dashboard and the alerts are held against this list by tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from bot.gateway.contract import Kind
from casework.cases.lifecycle import TABLE
from casework.counts import OUTBOX_STATES, OWNERS

OTHER = "other"
"""The label of whatever is none of the known values."""
CHANNELS = ("api", "web", "widget", "telegram")
PARTS = ("wait", "intake", "engine", "log", "whole")
KINDS: tuple[str, ...] = get_args(Kind)
OUTCOMES = (
    "answered",
    "asked_back",
    "out_of_scope",
    "handed_off",
    "with_agent",
    "repeated",
    "refused",
    "failed",
)
STEPS = ("asked", "left", "taken", "handed_back", "passed_on")
WORK = ("housekeeping", "delivery")
DELIVERED = ("sent", "failed", "dead")
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

Labels = dict[str, tuple[str, ...] | None]
"""Each label's values; None: the code that sets it keeps them few (routes, intents, statuses)."""


@dataclass(frozen=True)
class Metric:
    """``name`` as Prometheus knows it, a counter's with ``_total``."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: Labels = field(default_factory=dict)


APP = (
    Metric("yunjiu_turns_total", "counter", "Turns, by the channel they came by and how they ended.", {
        "channel": CHANNELS, "outcome": OUTCOMES}),
    Metric("yunjiu_turn_seconds", "histogram", "How long a turn took, by part.", {"part": PARTS}),
    Metric("yunjiu_intents_total", "counter", "Turns, by what the engine took them for.", {"intent": None}),
    Metric("yunjiu_messages_total", "counter", "Messages that the assistant said, by kind.", {"kind": KINDS}),
    Metric("yunjiu_not_understood_total", "counter", "Turns in which the engine fell back: it did not understand."),
    Metric("yunjiu_handoffs_total", "counter", "Steps between bot, queue and agents.", {"step": STEPS}),
    Metric("yunjiu_http_requests_total", "counter", "HTTP requests, by the route's template and the status.", {
        "method": None, "route": None, "status": None}),
    Metric("yunjiu_engine_up", "gauge", "1 while the engine answers, as the app last saw it."),
)  # fmt: skip

PROCESS = (Metric("yunjiu_loop_lag_seconds", "gauge", "How late the process's event loop woke up last."),)

WORKER = (
    Metric("yunjiu_worker_rounds_total", "counter", "Rounds of the worker, by work and how they ended.", {
        "work": WORK, "outcome": ("done", "failed")}),
    Metric("yunjiu_worker_last_round_timestamp_seconds", "gauge", "When that work was last done without failing.", {
        "work": WORK}),
    Metric("yunjiu_deliveries_total", "counter", "Attempts to deliver to the bureau, by how they ended.", {
        "outcome": DELIVERED}),
)  # fmt: skip

DATABASE = (
    Metric("yunjiu_database_up", "gauge", "1 if the database could be asked at this scrape."),
    Metric("yunjiu_queue_length", "gauge", "Conversations that wait for a person."),
    Metric("yunjiu_queue_oldest_seconds", "gauge", "How long the first of them has waited; 0 where none does."),
    Metric("yunjiu_conversations", "gauge", "Conversations, by whose they are.", {"owner": OWNERS}),
    Metric("yunjiu_cases", "gauge", "Cases, by state.", {"status": tuple(TABLE)}),
    Metric("yunjiu_cases_overdue", "gauge", "Cases whose time limit has passed: deadline breaches."),
    Metric("yunjiu_outbox_rows", "gauge", "Rows of the outbox that the bureau has not got, by state.", {
        "state": OUTBOX_STATES}),
    Metric("yunjiu_outbox_oldest_seconds", "gauge", "Age of the oldest row still to be sent; 0 where none is."),
    Metric("yunjiu_bureau_connected", "gauge", "1 where a bureau's system is connected, to which rows are sent."),
    Metric("yunjiu_counted_age_seconds", "gauge", "How old the counts of conversations, cases and rows are."),
)  # fmt: skip

OF_THE_APP = (*APP, *PROCESS, *DATABASE)
OF_THE_WORKER = (*PROCESS, *WORKER)
ALL = (*APP, *PROCESS, *WORKER, *DATABASE)
