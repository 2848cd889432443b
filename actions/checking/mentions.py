"""What people tell about themselves in passing: 我55了被裁, 残疾人, 五十多, 交了8年社保."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from casework.fields import Value, read
from casework.fields.numerals import number_in
from policy_kb.eligibility import Fact, Known, Range
from policy_kb.model import FactWords, Place
from policy_kb.procedures import ApplicationField

_NUMERAL = r"(?P<number>[\d零〇一二两三四五六七八九十百]{1,5})"
_VAGUE = r"(?P<vague>多|几|来)?"
_DONE = "了咯啰喽罗啦嘞"
"""了 as it is said, and as it is typed in Yunnan."""
_PAID = r"(?:交|缴|买|续)[了有得过满够起着]{0,2}"
_AGE = re.compile(
    rf"(?:(?<=今年)|(?<![\d月年])){_NUMERAL}{_VAGUE}"
    rf"(?:周?岁|(?P<just>出头)|[{_DONE}](?=[，,。！!\s被没还想]|$)|的人)"
)
_THIS_YEAR = re.compile(
    rf"(?:今年|年纪|年龄|虚岁|周岁)(?:都|已经|也|有|是|刚|才|满|快)*{_NUMERAL}{_VAGUE}(?P<just>出头)?(?=[{_DONE}，,。！!\s]|$)"
)
_NEARLY = re.compile(r"快(?P<number>[\d一二三四五六七八九十]{1,3})(?:岁|了)")
_INSURED = re.compile(rf"(?:社保|失业保险|失业险|保险)[^\d，,。]{{0,4}}?{_PAID}{_NUMERAL}{_VAGUE}(?P<unit>年|个月)")
_INSURED_AFTER = re.compile(rf"{_PAID}{_NUMERAL}{_VAGUE}(?P<unit>年|个月)多?的?(?:社保|失业保险|失业险|保险)")
_OUT_OF_WORK = "(?:失业|没工作|没得工作|没上班|工作丢|丢工作|在家|待业|闲|歇)(?:在家)?"
_IDLE = re.compile(rf"{_OUT_OF_WORK}[了有]{{0,2}}{_NUMERAL}{_VAGUE}(?P<unit>年|个月)")
_IDLE_HALF = re.compile(rf"{_OUT_OF_WORK}[了有]{{0,2}}半年")
_LOST_ON = re.compile(
    r"(?P<when>[^，,。；;\s]{2,12}?)"
    r"(?:失业|[被把给遭挨]?(?:我们?|我们几个)?裁|[被把]?我?辞退|下岗|没了工作|没工作的|倒闭)"
)
_LOST_DATE = ApplicationField(id="when", type="date", label="", prompt="", help="", why="", most=0)
_NEIGHBOURS = frozenset({"一二", "两三", "二三", "三四", "四五", "五六", "六七", "七八", "八九"})
AGES = range(14, 100)


class PassingMentions:
    """Finds facts in free text by the words of policy_kb/fact_words.yml and by figures with their units."""

    def __init__(self, words: Sequence[FactWords], facts: Mapping[str, Fact], places: Sequence[Place]) -> None:
        self._patterns = [(re.compile(pattern), each.fact, each.value) for each in words for pattern in each.patterns]
        self._words = sorted(
            ((word, each.fact, each.value) for each in words for word in each.words), key=lambda entry: -len(entry[0])
        )
        self._facts = facts
        self._places = places

    def find(self, text: str, today: date) -> dict[str, Known]:
        """The facts that ``text`` tells; none that it does not."""
        said = [(fact, value) for pattern, fact, value in self._patterns if pattern.search(text)]
        said += [(fact, value) for word, fact, value in self._words if word in text]
        found: dict[str, Known] = {}
        for fact, value in said:
            found.setdefault(fact, {"yes": True, "no": False}.get(value, value))
        found.update(_figures(text))
        if (lost := self._lost_on(text, today)) is not None:
            found["job_loss_date"] = lost
        return {fact: value for fact, value in found.items() if fact in self._facts}

    def _lost_on(self, text: str, today: date) -> Known | None:
        match = _LOST_ON.search(text)
        value = read(_LOST_DATE, match["when"], today, self._places) if match else None
        if not isinstance(value, Value):
            return None
        low, high = date.fromisoformat(value.value["from"]), date.fromisoformat(value.value["to"])
        return low if low == high else Range(low, min(high, today))


def _figures(text: str) -> dict[str, Known]:
    found: dict[str, Known] = {}
    if (age := _age(text)) is not None:
        found["age"] = age
    if match := _INSURED.search(text) or _INSURED_AFTER.search(text):
        found["insured_months"] = _months(match)
    if match := _IDLE.search(text):
        found["months_unemployed"] = _months(match)
    elif _IDLE_HALF.search(text):
        found["months_unemployed"] = 6
    return found


def _age(text: str) -> Known | None:
    """五十五, 四十多 (40 to 49), 四十出头 (40 to 44), 四十五六 (45 to 46), 快六十 (57 to 59).

    None for a number that is no age of somebody who asks.
    """
    nearly = _NEARLY.search(text)
    match = nearly or _AGE.search(text) or _THIS_YEAR.search(text)
    span = _span(match["number"]) if match else None
    if match is None or span is None or span[0] not in AGES or span[1] not in AGES:
        return None
    low, high = span
    if nearly:
        return Range(low - 3, low - 1)
    if low != high:
        return Range(low, high)
    if match["just"]:
        return Range(low, low + 4)
    return Range(low, low + 9) if match["vague"] and low % 10 == 0 else low


def _months(match: re.Match[str]) -> Known:
    """Years are said by those who have not counted the months: three years are 36 to 47 months."""
    low, high = _span(match["number"]) or (0, 0)
    high += 9 if match["vague"] and low % 10 == 0 else 0
    if match["unit"] == "年":
        return Range(12 * low, 12 * high + 11)
    return Range(low, high) if low != high else low


def _span(numeral: str) -> tuple[int, int] | None:
    """七八 is 7 to 8, 十一二 is 11 to 12, 四十五六 is 45 to 46; any other number is itself twice."""
    before, both = numeral[:-2], numeral[-2:]
    if both in _NEIGHBOURS:
        low, high = number_in(before + both[0]), number_in(before + both[1])
    else:
        low = high = number_in(numeral)
    return None if low is None or high is None else (low, high)
