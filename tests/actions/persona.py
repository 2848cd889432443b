"""A person who knows their data: a true-looking answer to every field of every application."""

from __future__ import annotations

from collections.abc import Mapping

from casework.people.privacy import ID_CHECKS, ID_WEIGHTS
from policy_kb.procedures import ApplicationField

# Made-up values with right checksums; the marks are what tests search for in every byte that is kept.
ANSWERS: Mapping[str, str] = {
    "name": "欧阳秋菊",
    "credit_code": "91350100M000100Y43",
    "mobile": "13887654321",
    "phone": "13887654321",
    "bank_card": "6222021234567894",
    "date": "2026年3月15号",
    "place": "昭通镇雄的",
    "address": "镇雄县乌峰镇幸福路88号3单元",
    "amount": "八万五",
    "number": "3",
    "yes_no": "不是",
    "file": "/skip",
    "text": "在工地砌砖，想找个近点的活",
}
MARKS = tuple(ANSWERS[each] for each in ("name", "mobile", "bank_card", "address"))


def identity(number: int) -> str:
    """The ID number of the ``number``-th person (up to 999): right in form, nobody's."""
    body = f"53060219780506{number:03}"
    return body + ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(body, ID_WEIGHTS, strict=True)) % 11]


def answer(field: ApplicationField, person: int = 0) -> str:
    """What the person would type; for choices the words on the first one."""
    if field.type == "identity":
        return identity(person)
    if field.type in ("choice", "choices"):
        return field.choices[0].title
    if field.type == "date" and field.most is not None and field.most < 0:
        return "1998年3月5号"
    if field.type in ("amount", "number") and field.least is not None and field.least > 3:
        return str(field.least)
    return ANSWERS[field.type]
