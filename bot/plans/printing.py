"""A plan as a PDF for a counter's printer, its Chinese font embedded."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import typst

from bot.plans.sheet import Sheet

DOCUMENT = Path(__file__).with_name("plan.typ")
CHINESE = ("Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei")


class NoFont(Exception):
    """This machine has none of the Chinese fonts; a page of empty boxes helps nobody."""

    def __init__(self) -> None:
        super().__init__("打印不了 PDF：服务器上没有中文字体。")


def pdf(sheet: Sheet) -> bytes:
    """Raises :class:`NoFont`."""
    words = json.dumps({**sheet.as_dict(), "fonts": list(_fonts())}, ensure_ascii=False)
    printed: bytes = typst.compile(DOCUMENT, format="pdf", sys_inputs={"sheet": words})
    return printed


@cache
def _fonts() -> tuple[str, ...]:
    there = set(typst.Fonts().families())
    found = tuple(name for name in CHINESE if name in there)
    if not found:
        raise NoFont
    return found
