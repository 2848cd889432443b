"""The app of tests/app, and what a scraper reads of it."""

from __future__ import annotations

import re

from tests.app.conftest import Served, app, engine, settings  # noqa: F401  # fixtures

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')

Scraped = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(text: str) -> Scraped:
    return {(name, frozenset(LABEL.findall(labels))): float(value) for name, labels, value in SAMPLE.findall(text)}


def scrape(app: Served) -> Scraped:  # noqa: F811
    answer = app.client.get("/metrics")
    assert answer.status_code == 200
    return scraped(answer.text)


def of(found: Scraped, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)
