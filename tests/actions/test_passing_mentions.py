"""What people tell about themselves in passing."""

from __future__ import annotations

from datetime import date

import pytest

import policy_kb
from actions.checking.mentions import PassingMentions
from policy_kb.eligibility import Known, Range

TODAY = date(2026, 11, 23)
KNOWLEDGE = policy_kb.load()
MENTIONS = PassingMentions(KNOWLEDGE.fact_words, KNOWLEDGE.facts, KNOWLEDGE.places)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("我55了被裁能享受哪些政策", {"age": 55, "work": "none", "job_loss_reason": "dismissed"}),
        ("残疾人有没有照顾", {"disability": True}),
        ("我四十多岁，厂子垮了", {"age": Range(40, 49), "work": "none", "job_loss_reason": "employer_closed"}),
        ("五十三岁还能不能找活", {"age": 53}),
        ("快六十了没得工作", {"age": Range(57, 59), "work": "none"}),
        ("交了8年社保，自己辞职的", {"insured_months": Range(96, 107), "job_loss_reason": "resigned"}),
        ("失业保险交了14个月", {"insured_months": 14}),
        ("失业半年了", {"work": "none", "months_unemployed": 6}),
        ("没工作3个月了", {"work": "none", "months_unemployed": 3}),
        ("其实我是去年3月失业的", {"work": "none", "job_loss_date": Range(date(2025, 3, 1), date(2025, 3, 31))}),
        ("我上个月15号被裁的", {"work": "none", "job_loss_reason": "dismissed", "job_loss_date": date(2026, 10, 15)}),
        ("家里吃低保，还没登记失业", {"dibao": True}),
        ("我想开店", {"business": "planning"}),
        ("跑外卖的能领什么", {"work": "platform"}),
        (
            "我今年53了，厂里头上个月把我们裁了，心头慌得很",
            {
                "age": 53,
                "work": "none",
                "job_loss_reason": "dismissed",
                "job_loss_date": Range(date(2026, 10, 1), date(2026, 10, 31)),
            },
        ),
        ("不是，登记我还没有去办", {"registered": False}),
        ("没去办过登记", {"registered": False}),
        ("失业登记办过的", {"registered": True}),
        ("社保交了有十一二年了", {"insured_months": Range(132, 155)}),
        ("交了十多年社保", {"insured_months": Range(120, 239)}),
        ("四十五六岁的人，工作丢了两三个月", {"age": Range(45, 46), "months_unemployed": Range(2, 3)}),
        ("我四十出头", {"age": Range(40, 44)}),
        ("社保断了，我今年五十六咯，愁人", {"age": 56}),
        ("今年都五十三，找不着活", {"age": 53}),
        ("年纪四十来咯", {"age": Range(40, 49)}),
        ("今年3月办的", {}),
        ("今年20号去过", {}),
        ("今年三个月没活", {}),
        ("公司上个月把我辞了", {"job_loss_reason": "dismissed", "work": "none"}),
        ("53岁 厂里上个月裁了 没登记", {"job_loss_reason": "dismissed", "work": "none", "registered": False}),
        ("我把工作辞了", {}),
        ("公司没裁我", {}),
        ("失业金怎么领", {}),
        ("招了失业人员", {}),
        ("我能领什么", {}),
        ("2022年57号文件里有什么", {}),
        ("贷10万要什么条件", {}),
    ],
)
def test_found(text: str, facts: dict[str, Known]) -> None:
    found = MENTIONS.find(text, TODAY)
    assert {fact: found.get(fact) for fact in facts} == facts
    if not facts:
        assert found == {}
