"""Counties as people write and dictate them."""

from __future__ import annotations

from datetime import date

import pytest

import policy_kb
from casework.fields import Value, Wrong, certain, read
from policy_kb.procedures import ApplicationField

TODAY = date(2026, 11, 23)
PLACES = policy_kb.load().places
COUNTY = ApplicationField(id="county", type="place", label="", prompt="", help="", why="")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("版纳勐腊", "532823"),
        ("西双版纳州勐腊县", "532823"),
        ("勐腊", "532823"),
        ("勐腊的", "532823"),
        ("就是勐腊嘛", "532823"),
        ("孟腊", "532823"),
        ("昭通镇雄的", "530627"),
        ("云南省昭通市镇雄县", "530627"),
        ("我家在昭通镇雄的", "530627"),
        ("镇熊", "530627"),
        ("530627", "530627"),
        ("德宏芒市", "533103"),
        ("芒市", "533103"),
        ("昆明官渡", "530111"),
        ("官肚", "530111"),
        ("五花区", "530102"),
        ("禄劝", "530128"),
        ("禄劝彝族苗族自治县", "530128"),
        ("大理市", "532901"),
        ("红河县", "532529"),
        ("云县", "530922"),
        ("宁洱", "530821"),
        ("丽江古城", "530702"),
        ("香格里拉", "533401"),
        ("维西傈僳族自治县", "533423"),
        ("玉龙县", "530721"),
        ("安宁", "530181"),
        ("鹤情", "532932"),
    ],
)
def test_a_county_is_read_and_is_certain(said: str, code: str) -> None:
    value = read(COUNTY, said, TODAY, PLACES)
    assert isinstance(value, Value) and value.value == code, said
    assert certain(COUNTY, said, TODAY, PLACES)


@pytest.mark.parametrize(
    ("said", "hints"),
    [
        ("西双版纳州", ("景洪", "勐海", "勐腊")),
        ("昭通", ("镇雄", "昭阳")),
        ("大理", ("大理市", "祥云")),
        ("红河州", ("蒙自", "红河县")),
        ("昭阳镇雄", ("昭阳", "镇雄")),
        ("盘龙，官渡", ("盘龙", "官渡")),
        ("昭通和曲靖", ("昭通", "曲靖")),
        ("贵阳", ("云南",)),
        ("四川成都", ("云南",)),
        ("取消", ("比如",)),
        ("530100", ("比如",)),
        ("", ("比如",)),
    ],
)
def test_what_is_no_one_county_is_asked_again(said: str, hints: tuple[str, ...]) -> None:
    outcome = read(COUNTY, said, TODAY, PLACES)
    assert isinstance(outcome, Wrong), said
    assert all(hint in outcome.message for hint in hints)
    assert not certain(COUNTY, said, TODAY, PLACES)


def test_every_county_reads_by_its_name_its_code_and_how_it_is_shown() -> None:
    for place in (each for each in PLACES if each.parent):
        by_code = read(COUNTY, place.code, TODAY, PLACES)
        assert isinstance(by_code, Value)
        for said in (place.name, by_code.shown):
            value = read(COUNTY, said, TODAY, PLACES)
            assert isinstance(value, Value) and value.value == place.code, said


def test_a_question_about_a_county_is_not_certain() -> None:
    assert not certain(COUNTY, "勐腊能办吗", TODAY, PLACES)
