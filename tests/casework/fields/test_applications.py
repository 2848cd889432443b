"""The choices that applications and facts really offer, each by its number, its title and its other words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from casework.fields import Value, Wrong, read
from policy_kb import load
from policy_kb.procedures import ApplicationField, Choice

TODAY = date(2026, 11, 23)
PLACES = load().places


def choices() -> Iterator[Any]:
    seen = set()
    for application in load().applications.values():
        for field in application.fields:
            if field.type in ("choice", "choices") and field not in seen:
                seen.add(field)
                for number, choice in enumerate(field.choices, 1):
                    yield pytest.param(field, number, choice, id=f"{application.id}-{field.id}-{choice.id}")


@pytest.mark.parametrize(("field", "number", "choice"), choices())
def test_a_choice_is_read_by_number_title_and_other_words(field: ApplicationField, number: int, choice: Choice) -> None:
    expected = [choice.id] if field.type == "choices" else choice.id
    for said in (str(number), f"第{number}个", f"选{number}", f"{number}. {choice.title}", choice.title, *choice.also):
        outcome = read(field, said, TODAY, PLACES)
        assert isinstance(outcome, Value) and outcome.value == expected, said


def test_a_refusal_lists_the_choices_with_their_numbers() -> None:
    offered = (Choice("a", "砌砖"), Choice("b", "开车"))
    for kind in ("choice", "choices"):
        field = ApplicationField(id="x", type=kind, label="", prompt="", help="", why="", choices=offered)
        outcome = read(field, "认不得", TODAY, PLACES)
        assert isinstance(outcome, Wrong) and "1 砌砖" in outcome.message and "2 开车" in outcome.message


def test_every_county_is_read_by_its_name_and_by_its_prefecture_and_name() -> None:
    field = ApplicationField(id="x", type="place", label="", prompt="", help="", why="")
    names = {place.code: place.name for place in PLACES}
    for place in PLACES:
        if place.parent is None:
            assert isinstance(read(field, place.name, TODAY, PLACES), Wrong), place.name
            continue
        for said in (
            place.name,
            names[place.parent] + place.name,
            f"{names[place.parent]}{place.name}的嘛",
            place.code,
        ):
            outcome = read(field, said, TODAY, PLACES)
            assert isinstance(outcome, Value) and outcome.value == place.code, said
            assert read(field, outcome.shown, TODAY, PLACES) == outcome
