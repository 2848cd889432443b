"""People who do not exist, and what they answer: names that nobody has, numbers that nobody was given."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from actions.filing.state import Answer
from casework.people.privacy import ID_CHECKS, ID_WEIGHTS
from policy_kb import KnowledgeBase
from policy_kb.procedures import ApplicationField

_STEMS = "甲乙丙丁戊己庚辛壬癸"
_DIGITS = "〇一二三四五六七八九"
_NOBODYS_PLACE = "530000"
"""The province's own code, under which no card is issued."""
_TEXTS = (
    "厂子关了，一直没找到活。",
    "在工地干了十几年，现在腰不好，想找轻一点的活。",
    "会做饭，想学个技术。",
    "家里有老人要照顾，只能在家附近做。",
    "做过保洁、做过后厨，什么活都愿意试。",
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


@dataclass(frozen=True)
class Invented:
    """``county``: a place code."""

    number: int
    name: str
    born: date
    county: str

    @property
    def identity(self) -> str:
        body = f"{_NOBODYS_PLACE}{self.born:%Y%m%d}{self.number % 1000:03}"
        return body + ID_CHECKS[sum(int(each) * weight for each, weight in zip(body, ID_WEIGHTS, strict=True)) % 11]

    @property
    def mobile(self) -> str:
        return f"154{self.number:08}"  # no operator has numbers that begin so

    @property
    def bank_card(self) -> str:
        return f"620000{self.number:012}"


def invent(number: int, chance: random.Random, knowledge: KnowledgeBase) -> Invented:
    counties = [each.code for each in knowledge.places if len(each.code) == 6]
    crowded = [12 if each.startswith("5301") else 3 if each.startswith(("5303", "5306")) else 1 for each in counties]
    name = f"演示{chance.choice(_STEMS)}{''.join(_DIGITS[int(each)] for each in str(number))}"
    born = date(1962, 1, 1) + timedelta(days=chance.randrange(365 * 42))
    return Invented(number, name, born, chance.choices(counties, crowded)[0])


def answer(who: Invented, field: ApplicationField, chance: random.Random, today: date) -> Answer | None:
    """What the person says to a field, before anything of it goes into the vault; None leaves it out."""
    if field.type == "file" or (field.optional and chance.random() < 0.3):
        return None
    own: Mapping[str, str] = {
        "name": who.name,
        "identity": who.identity,
        "mobile": who.mobile,
        "phone": who.mobile,
        "bank_card": who.bank_card,
        "credit_code": f"91530000M0{who.number:06}XX",
        "place": who.county,
        "address": f"演示街道{who.number}号",
        "text": chance.choice(_TEXTS),
    }
    if field.type in own:
        return Answer(own[field.type], own[field.type])
    return _other(who, field, chance, today)


def _other(who: Invented, field: ApplicationField, chance: random.Random, today: date) -> Answer:
    match field.type:
        case "choice":
            choice = chance.choice(field.choices)
            return Answer(choice.id, choice.title)
        case "choices":
            some = chance.sample(field.choices, min(len(field.choices), chance.randint(1, 3)))
            return Answer([each.id for each in some], "、".join(each.title for each in some))
        case "yes_no":
            yes = chance.random() < 0.6
            return Answer(yes, "是" if yes else "不是")
        case "date":
            day = who.born if field.fact == "birth_date" else today - timedelta(days=chance.randrange(20, 600))
            return Answer(day.isoformat(), f"{day.year}年{day.month}月{day.day}日")
        case "amount":
            thousands = chance.randint((field.least or 1000) // 1000 + 1, max(2, (field.most or 90_000) // 1000))
            return Answer(1000 * thousands, f"{1000 * thousands} 元")
        case _:
            least, most = field.least or 1, field.most or max((field.least or 1) * 4, 12)
            number = chance.randint(least, max(least, most))
            return Answer(number, str(number))
