"""Choices by number, name and ear; yes and no as they are said in Yunnan."""

from __future__ import annotations

from datetime import date

import pytest

from casework.fields import Value, Wrong, certain, read
from policy_kb.procedures import ApplicationField, Choice

TODAY = date(2026, 11, 23)
SCHOOL = ApplicationField(
    id="school",
    type="choice",
    label="",
    prompt="",
    help="",
    why="",
    choices=(
        Choice("primary", "小学及以下"),
        Choice("junior", "初中"),
        Choice("senior", "高中或中专", ("职高",)),
        Choice("college", "大专及以上", ("大学",)),
    ),
)
SKILLS = ApplicationField(
    id="skills",
    type="choices",
    label="",
    prompt="",
    help="",
    why="",
    choices=(
        Choice("brick", "砌砖", ("砌墙",)),
        Choice("drive", "开车", ("驾驶",)),
        Choice("cook", "做饭", ("厨师",)),
        Choice("none", "都不会"),
    ),
)
INSURED = ApplicationField(id="insured", type="yes_no", label="", prompt="", help="", why="")


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("第二个", "junior"),
        ("2", "junior"),
        ("②", "junior"),
        ("B", "junior"),
        ("二", "junior"),
        ("初中", "junior"),
        ("就是第一个嘎", "primary"),
        ("选3", "senior"),
        ("职高嘛", "senior"),
        ("大学", "college"),
        ("最后一个", "college"),
    ],
)
def test_a_choice_is_read_and_is_certain(said: str, choice: str) -> None:
    value = read(SCHOOL, said, TODAY, ())
    assert isinstance(value, Value) and value.value == choice, said
    assert certain(SCHOOL, said, TODAY, ())


@pytest.mark.parametrize(
    ("said", "choice"), [("我是初中毕业呢", "junior"), ("高中", "senior"), ("小学", "primary"), ("初终", "junior")]
)
def test_a_choice_is_read_out_of_more_or_less(said: str, choice: str) -> None:
    value = read(SCHOOL, said, TODAY, ())
    assert isinstance(value, Value) and value.value == choice, said


@pytest.mark.parametrize("said", ["5", "不晓得", "第二个是什么", "取消", "不是初中", ""])
def test_no_choice_lists_them_with_numbers(said: str) -> None:
    outcome = read(SCHOOL, said, TODAY, ())
    assert isinstance(outcome, Wrong) and "2 初中" in outcome.message, said
    assert not certain(SCHOOL, said, TODAY, ())


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ("1和3", ["brick", "cook"]),
        ("1,2", ["brick", "drive"]),
        ("13", ["brick", "cook"]),
        ("砌砖、开车", ["brick", "drive"]),
        ("开车还有做饭", ["drive", "cook"]),
        ("都会", ["brick", "drive", "cook"]),
        ("全部", ["brick", "drive", "cook"]),
        ("都不会", ["none"]),
        ("没得", ["none"]),
        ("我会砌墙嘛", ["brick"]),
        ("会做饭，也会开车", ["drive", "cook"]),
        ("哪样都会", ["brick", "drive", "cook"]),
    ],
)
def test_several_are_chosen(said: str, chosen: list[str]) -> None:
    value = read(SKILLS, said, TODAY, ())
    assert isinstance(value, Value) and value.value == chosen, said


@pytest.mark.parametrize("said", ["9", "跳过", "砌砖和都不会"])
def test_several_that_cannot_be(said: str) -> None:
    assert isinstance(read(SKILLS, said, TODAY, ()), Wrong)


YES = ["是", "是嘛", "要得", "有", "有呢", "我有嘎", "嗯", "可以", "行", "对头", "得呢", "好", "我是"]
NO = ["不是", "莫得", "没得", "没有", "没有呢", "不消", "不有", "冇", "不行", "不", "没有签"]


@pytest.mark.parametrize(("said", "yes"), [*((each, True) for each in YES), *((each, False) for each in NO)])
def test_yes_and_no_are_certain(said: str, yes: bool) -> None:
    value = read(INSURED, said, TODAY, ())
    assert isinstance(value, Value) and value.value is yes, said
    assert value.shown == ("是" if yes else "不是")
    assert certain(INSURED, said, TODAY, ())


@pytest.mark.parametrize("said", ["认不得", "不晓得", "是不是", "是吗", "是，不是", "跳过", "为什么", "取消", ""])
def test_neither_yes_nor_no(said: str) -> None:
    assert isinstance(read(INSURED, said, TODAY, ()), Wrong), said
    assert not certain(INSURED, said, TODAY, ())
