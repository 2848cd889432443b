"""What a person has to hear of a measure that is staged or has ended, wherever the measure is told of."""

from __future__ import annotations

from datetime import date

from policy_kb.model import Validity


def ending(validity: Validity, day: date) -> str:
    """In words, with what the source says of it; empty while it is simply in force."""
    state = validity.on(day)
    said = f"原文说“{validity.basis.quote}”" if validity.basis else "通知里有说明"
    if state == "expired":
        return f"⚠ 已到期：{said}，现在不能再按这一条办。"
    if state == "staged":
        note = validity.note or "现在还办不办，先打 12333 问清楚。"
        return f"⚠ 阶段性：{said}，没写到哪天为止。{note}"
    return ""
