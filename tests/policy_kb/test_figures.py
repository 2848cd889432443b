"""What counts as a figure, what does not, and which spellings are the same figure."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_kb.figures import figures

YEAR_END = {"2022年12月31日", "2022年12月", "2022年", "12月31日", "12月"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # amounts
        ("对10万元以下的创业担保贷款", {"10万元"}),
        ("十万以下不要担保", {"10万元"}),
        ("100,000元", {"10万元"}),
        ("1万2千元", {"1.2万元"}),
        ("贰万元整", {"2万元"}),
        ("一个月1710元，一类地区", {"1710元"}),
        ("初级1000、中级1500、高级2000元", {"1000元", "1500元", "2000元"}),
        ("罚500～2000元", {"500元", "2000元"}),
        ("补三百块", {"300元"}),
        ("由20万元提到30万", {"20万元", "30万元"}),
        ("3万人", {"3万人"}),
        # shares
        ("８０％", {"80%"}),
        ("百分之八十", {"80%"}),
        ("补八成，其余自付", {"80%"}),
        ("不超过三分之二", {"2/3"}),
        ("费率3%～5%", {"3%", "5%"}),
        ("千分之五", {"5‰"}),
        ("处2～5倍罚款", {"2倍", "5倍"}),
        # lengths of time
        ("10个工作日内", {"10工作日"}),
        ("15日内", {"15天"}),
        ("两三天", {"2天", "3天"}),
        ("连续失业一年及以上", {"1年"}),
        ("登记失业半年以上", {"6个月"}),
        ("一年半", {"18个月"}),
        ("3～12个月", {"3个月", "12个月"}),
        ("三至五年", {"3年", "5年"}),
        ("十多天", {"10多天"}),
        ("24小时", {"24小时"}),
        ("8:30—17:00", {"8:30", "17:00"}),
        # ages
        ("年满十六周岁", {"16岁"}),
        ("16～24岁失业青年", {"16岁", "24岁"}),
        ("年龄18～65等", {"18岁", "65岁"}),
        ("女40男50", {"40岁", "50岁"}),
        # dates
        ("截至2022年年底", YEAR_END),
        ("2022-12-31", YEAR_END),
        ("二〇二二年十二月三十一日", YEAR_END),
        ("5月1日前", {"5月1日", "5月"}),
        ("2014、2018、2022年修订", {"2014年", "2018年", "2022年"}),
        ("2025年1月至2月1日", {"2025年", "2025年1月", "1月", "2025年2月1日", "2025年2月", "2月1日", "2月"}),
        # times and counts in digits
        ("每人每年最多3次", {"3次"}),
        ("5个万亿级支柱产业、8个千亿级优势产业", {"5个", "8个"}),
    ],
)
def test_figures_of(text: str, found: set[str]) -> None:
    assert figures(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "拨打12333或12345人工，12356、110",
        "云南人社12333、掌上12333",
        "云人社发〔2022〕57号",
        "《社会保险法》第45条、第39、40、41条",
        "原文（4.1）：",
        "满足三条，分三种情形，两类人员",
        "一次性就业补贴",
        "“一人一档”、“一人一策”",
        "4050人员",
        "一个月多少钱，一年能领几次",
        "有一天，这一年，每一天",
        "上半年、下半年、大半年",
        "三天两头，一年到头",
        "万一、千万、一起、二维码、五险一金、十四五",
        "第2年、第三个月",
        "3年级、小时工、几个月、多元化",
        "(一) 广泛公布；一、二、三",
        "7省市，扩到31省",
        "星期一、周二、五一",
    ],
)
def test_not_a_figure(text: str) -> None:
    assert not figures(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10个工作日", "十 个\n工作日"),
        ("1年", "一年"),
        ("10万", "１０万元"),
        ("6个月", "半年"),
        ("16周岁", "16岁"),
        ("60日", "六十天"),
        ("2022年底", "2022年12月31日"),
        ("20000元", "2万元"),
        ("1.50%", "1.5%"),
        ("2个星期", "两周"),
    ],
)
def test_two_spellings_of_one_figure(one: str, other: str) -> None:
    assert figures(one) == figures(other) != frozenset()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10个工作日", "10天"),
        ("1年", "1个月"),
        ("10万元", "10元"),
        ("2022年12月31日", "2022年12月30日"),
        ("12个月", "12月"),
        ("10天", "10多天"),
    ],
)
def test_two_figures(one: str, other: str) -> None:
    assert figures(one) - figures(other)


def test_an_exact_date_supports_a_vague_one_and_not_the_reverse() -> None:
    exact, vague = figures("2022年12月23日"), figures("2022年12月")
    assert vague < exact


def test_numbers_stay_apart() -> None:
    assert figures("请拨12333\n10天内办结") == {"10天"}
    assert figures("1、10天内办结。2、3年内有效") == {"10天", "3年"}
    assert figures("拨打110、120天天有人") == {"120天"}


NUMBERISH = st.text(
    alphabet="0123456789０９.,，、%％年月日天元万亿千百十零一二两三半个工作周岁多至～-/:第 \n", max_size=40
)


@given(st.one_of(st.text(), NUMBERISH))
def test_never_raises(text: str) -> None:
    assert all(figures(text))


def in_words(number: int) -> str:
    words, zero = "", False
    for scale, digit in zip("千百十 ", f"{number:04}", strict=True):
        if digit == "0":
            zero = bool(words)
            continue
        words += "零" * zero + "〇一二三四五六七八九"[int(digit)] + scale.strip()
        zero = False
    return words


@given(st.integers(min_value=1, max_value=9999))
def test_numerals_are_numbers(number: int) -> None:
    assert figures(f"补{in_words(number)}元。") == figures(f"补{number}元。") == {f"{number}元"}


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2099, 12, 31)))
def test_dates_are_dates_however_written(day: date) -> None:
    words = f"{day.year}年{in_words(day.month)}月{in_words(day.day)}日".replace("一十", "十")
    assert figures(f"{day.year}年{day.month}月{day.day}日") == figures(day.isoformat()) == figures(words)
