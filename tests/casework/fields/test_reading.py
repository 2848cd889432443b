"""What holds for every type of field."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy_kb
from casework.fields import Value, Wrong, certain, read
from policy_kb.procedures import ApplicationField, Choice, FieldType

TODAY = date(2026, 11, 23)
PLACES = policy_kb.load().places
CHOICES = (Choice("a", "砌砖"), Choice("b", "开车"), Choice("none", "都不会"))
FIELDS = [
    ApplicationField(id=each, type=each, label="", prompt="", help="", why="", choices=CHOICES)
    for each in get_args(FieldType)
]
WORDS = [
    "上个月15号的嘛",
    "是不是",
    "第二个",
    "三",
    "万",
    "八",
    "千",
    "年",
    "前",
    "底",
    "昭通",
    "镇雄",
    "勐腊",
    "路",
    "号",
    "的",
    "呢",
    "我",
    "？",
    "取消",
    "1998",
    ".",
    "-",
    "13888888888",
    "张",
    "d_",
    "2",
    "月",
    "30",
]
TEXTS = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=8).map("".join))


@given(st.sampled_from(FIELDS), TEXTS)
def test_reading_never_raises_and_certain_implies_a_value(field: ApplicationField, text: str) -> None:
    outcome = read(field, text, TODAY, PLACES)
    assert isinstance(outcome, (Value, Wrong))
    if certain(field, text, TODAY, PLACES):
        assert isinstance(outcome, Value)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.id)
@pytest.mark.parametrize("said", ["跳过", "取消", "为什么要填这个", "这个能领多少钱？", "", " \n"])
def test_commands_and_questions_are_never_certain(field: ApplicationField, said: str) -> None:
    assert not certain(field, said, TODAY, PLACES)


@pytest.mark.parametrize("kind", ["text", "address"])
def test_free_text_is_never_certain(kind: FieldType) -> None:
    field = ApplicationField(id="x", type=kind, label="", prompt="", help="", why="")
    assert isinstance(read(field, "勐腊镇曼它拉路3号", TODAY, PLACES), Value)
    assert not certain(field, "勐腊镇曼它拉路3号", TODAY, PLACES)


def test_text_is_trimmed_and_bounded() -> None:
    field = ApplicationField(id="x", type="text", label="", prompt="", help="", why="", least=2, most=10)
    assert read(field, "  你好\x00啊 ", TODAY, PLACES) == Value("你好啊", "你好啊")
    assert isinstance(read(field, "一", TODAY, PLACES), Wrong)
    assert isinstance(read(field, "一" * 11, TODAY, PLACES), Wrong)


@pytest.mark.parametrize("said", ["云南", "在家里头", "什么路什么村？", ""])
def test_an_address_without_a_road_or_village(said: str) -> None:
    field = ApplicationField(id="x", type="address", label="", prompt="", help="", why="")
    assert isinstance(read(field, said, TODAY, PLACES), Wrong)


def test_a_file_is_its_token() -> None:
    field = ApplicationField(id="x", type="file", label="", prompt="", help="", why="")
    assert read(field, "d_abcDEF123", TODAY, PLACES) == Value("d_abcDEF123", "已收到文件")
    outcome = read(field, "发了", TODAY, PLACES)
    assert isinstance(outcome, Wrong) and "＋" in outcome.message
