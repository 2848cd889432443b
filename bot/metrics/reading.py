"""What this process has counted, read back for a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from prometheus_client.samples import Sample

from bot.metrics.catalogue import PARTS
from bot.metrics.metrics import Metrics


@dataclass(frozen=True)
class Latency:
    """Seconds that so much of the turns took at most, estimated from the histogram; ``number``: of turns."""

    part: str
    number: int
    median: float
    p95: float
    p99: float


def totals(metrics: Metrics, name: str, label: str) -> dict[str, int]:
    """A counter's totals by one of its labels, the largest first; what is 0 is left out."""
    found: defaultdict[str, float] = defaultdict(float)
    for sample in _samples(metrics, name):
        if sample.name == name:
            found[sample.labels[label]] += sample.value
    return {value: int(number) for value, number in sorted(found.items(), key=lambda each: -each[1]) if number}


def gauge(metrics: Metrics, name: str) -> float:
    return next(sample.value for sample in _samples(metrics, name))


def latencies(metrics: Metrics) -> list[Latency]:
    """Of the parts that any turn had, in the order of the catalogue."""
    buckets: defaultdict[str, dict[float, float]] = defaultdict(dict)
    for sample in _samples(metrics, "yunjiu_turn_seconds"):
        if sample.name.endswith("_bucket"):
            buckets[sample.labels["part"]][float(sample.labels["le"])] = sample.value
    return [
        Latency(part, int(counts[float("inf")]), *(quantile(counts, share) for share in (0.5, 0.95, 0.99)))
        for part in PARTS
        if (counts := buckets.get(part))
    ]


def quantile(counts: Mapping[float, float], share: float) -> float:
    """As Prometheus estimates it: evenly spread within a bucket; beyond the last bound, that bound.

    ``counts``: how many were at most so long, by bounds up to infinity.
    """
    bounds: Sequence[float] = [0.0, *sorted(counts)]
    wanted = share * counts[bounds[-1]]
    for low, high in pairwise(bounds):
        below = counts.get(low, 0.0)
        if counts[high] >= wanted and counts[high] > below:
            return low if high == float("inf") else low + (high - low) * (wanted - below) / (counts[high] - below)
    return 0.0


def _samples(metrics: Metrics, name: str) -> list[Sample]:
    """Only of the metric that is asked for: nothing else is looked up, in particular not in the database."""
    wanted = metrics.registry.restricted_registry([name, f"{name}_bucket"])
    return [sample for family in wanted.collect() for sample in family.samples]
