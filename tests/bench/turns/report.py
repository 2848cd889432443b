"""The bench's figures as a table: medians over the repetitions, their spread, and ratios to stock."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from typing import Any

Measured = dict[str, list[dict[str, Any]]]
Figure = Callable[[dict[str, Any]], float]
WINDOW = 5
"""Latency at the n-th turn is the median of so many turns on each side."""


def table(trained: dict[str, dict[str, float]], measured: Measured) -> str:
    """In Markdown."""
    peers = [name for name in ("floor", "yunjiu", "stock") if name in measured]
    lines = [_row("", *peers, "yunjiu : stock"), _row("---", *["---:"] * (len(peers) + 1))]
    for title, unit, key in (("training", "processor s", "seconds"), ("model", "MB", "mb")):
        values = {name: [trained[name][key]] for name in peers if name in trained}
        lines.append(_figures(f"{title}, {unit}", peers, values))
    for title, figure in _rows(measured[peers[0]][0]["loads"]):
        values = {name: list(_known(map(figure, measured[name]))) for name in peers}
        lines.append(_figures(title, peers, values))
    return "\n".join(lines)


def _rows(loads: Iterable[str]) -> Iterable[tuple[str, Figure]]:
    yield "cold start to the first answer, s", lambda each: each["cold"]
    yield "memory of all processes, MB", lambda each: each["memory"]
    for load in loads:
        for key, title in (
            ("turns_a_second", "turns a second"),
            ("p50", "p50 ms"),
            ("p95", "p95 ms"),
            ("p99", "p99 ms"),
            ("processor_ms_a_turn", "processor ms a turn"),
            ("right", "right answers, %"),
            ("failures", "failures"),
        ):
            yield f"{load}: {title}", _of_load(load, key)
    for turn in (10, 100, 1000):
        yield f"one conversation, turn {turn}: ms", _of_turn(turn)


def _of_load(load: str, key: str) -> Figure:
    def figure(each: dict[str, Any]) -> float:
        value = each["loads"][load][key]
        return float("nan") if value is None else float(value) * (100 if key == "right" else 1)

    return figure


def _of_turn(turn: int) -> Figure:
    def figure(each: dict[str, Any]) -> float:
        around = each["long"][max(0, turn - WINDOW - 1) : turn + WINDOW]
        return statistics.median(around) if len(each["long"]) >= turn else float("nan")

    return figure


def _known(values: Iterable[float]) -> Iterable[float]:
    return (value for value in values if value == value)


def _figures(title: str, peers: list[str], values: dict[str, list[float]]) -> str:
    ratio = "–"
    if values.get("yunjiu") and values.get("stock") and statistics.median(values["stock"]):
        ratio = f"{statistics.median(values['yunjiu']) / statistics.median(values['stock']):.3g}"
    return _row(title, *(_spread(values.get(name, [])) for name in peers), ratio)


def _spread(values: list[float]) -> str:
    if not values:
        return "–"
    middle = f"{statistics.median(values):.4g}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.3g}–{max(values):.3g})"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
