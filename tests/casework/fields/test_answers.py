"""What people say to each type of field, as data: answers/*.yml."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from casework.fields import Value, Wrong, certain, read
from policy_kb import load
from policy_kb.procedures import ApplicationField

TODAY = date(2026, 11, 23)
PLACES = load().places
HERE = Path(__file__).parent / "answers"


def field(**given: Any) -> ApplicationField:
    words = {"id": "asked", "label": "这一项", "prompt": "？", "help": "", "why": ""}
    return msgspec.convert({**words, **given}, ApplicationField)


def tables() -> Iterator[dict[str, Any]]:
    for path in sorted(HERE.glob("*.yml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8"))


def rows(part: str) -> Iterator[Any]:
    for table in tables():
        asked = field(**table["field"])
        answers = table.get(part, {})
        for said in answers:
            expected = answers[said] if isinstance(answers, dict) else None
            yield pytest.param(asked, str(said), expected, id=f"{asked.type}-{said}")


@pytest.mark.parametrize(("asked", "said", "expected"), rows("reads"))
def test_an_answer_is_read(asked: ApplicationField, said: str, expected: Any) -> None:
    outcome = read(asked, said, TODAY, PLACES)
    assert isinstance(outcome, Value), outcome
    assert _plain(outcome.value) == (str(expected) if isinstance(expected, date) else expected)


@pytest.mark.parametrize(("asked", "said", "expected"), rows("reads"))
def test_what_is_read_back_reads_the_same(asked: ApplicationField, said: str, expected: Any) -> None:
    outcome = read(asked, said, TODAY, PLACES)
    assert isinstance(outcome, Value)
    if asked.type != "file":
        assert read(asked, outcome.shown, TODAY, PLACES) == outcome


def sure_rows() -> Iterator[Any]:
    """Free text and addresses can be anything, and are never certain."""
    unsure = {tuple(row.values[:2]) for row in rows("unsure")}
    return (
        row for row in rows("reads") if row.values[:2] not in unsure and row.values[0].type not in ("text", "address")
    )


@pytest.mark.parametrize(("asked", "said", "expected"), sure_rows())
def test_an_answer_and_nothing_else_is_certain(asked: ApplicationField, said: str, expected: Any) -> None:
    assert certain(asked, said, TODAY, PLACES)


@pytest.mark.parametrize(("asked", "said", "expected"), rows("refuses"))
def test_what_is_no_answer_is_mended(asked: ApplicationField, said: str, expected: str) -> None:
    outcome = read(asked, said, TODAY, PLACES)
    assert isinstance(outcome, Wrong), outcome
    assert any(words in outcome.message for words in expected.split("|")), outcome.message
    assert not certain(asked, said, TODAY, PLACES)


@pytest.mark.parametrize(("asked", "said", "expected"), rows("questions"))
def test_a_question_is_never_certain(asked: ApplicationField, said: str, expected: None) -> None:
    assert not certain(asked, said, TODAY, PLACES)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return value["from"] if value["from"] == value["to"] else f"{value['from']}/{value['to']}"
    return value
