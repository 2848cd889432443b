"""Counties of Yunnan, as people write and dictate them: 版纳勐腊, 昭通镇雄的, 孟腊, 芒市."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pypinyin import lazy_pinyin

from casework.fields.answer import Value, Wrong
from casework.fields.free_text import cores, plain
from policy_kb.model import Place

_NATIONS = (
    "哈尼族|彝族|白族|傣族|壮族|苗族|回族|傈僳族|拉祜族|佤族|纳西族|瑶族|景颇族|藏族|布朗族|普米族|怒族|独龙族|各族"
)
_SUFFIX = re.compile(rf"(?:{_NATIONS})*(?:自治州|自治县|州|市|县|区)$")
_ALSO = {
    "532801": ("版纳景洪",),
    "533401": ("中甸",),
    "530802": ("翠云",),
    "533103": ("潞西",),
    "5328": ("版纳",),
    "5308": ("思茅地区",),
}
"""Names that are older or shorter than the official one without its suffix."""
_BEFORE = re.compile(r"(?:中国)?云南省?的?")
_AFTER = re.compile(r"(?:县城|城里头?|城头|老家|边上|下面|本地|户口|办|地方|坝子)$")
_FAR = re.compile(
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|陕西|甘肃|青海|台湾|内蒙|广西|西藏|宁夏回族|新疆|香港|澳门|成都|"
    "贵阳|广州|深圳|东莞|杭州|宁波|义乌|温州|苏州|南京|无锡|武汉|长沙|南宁|西安|郑州|厦门|佛山|攀枝花|宜宾|泸州|遵义|毕节|六盘水|拉萨|缅甸|老挝|越南|泰国"
)
_ONLY_YUNNAN = Wrong("这里只能办云南省内的。请说云南的县（市、区），比如“昭通镇雄”。")
_UNREAD = Wrong("没听出是云南哪个县（市、区）。请说州市和县名，比如“昭通镇雄”。")


def short_name(name: str) -> str:
    """禄劝彝族苗族自治县 is 禄劝; a name of one character keeps its suffix: 云县, 芒市."""
    short = _SUFFIX.sub("", name)
    return short if len(short) > 1 else name


@lru_cache(maxsize=4)
def _names(places: tuple[Place, ...]) -> dict[str, tuple[Place, ...]]:
    """Every way to write a place exactly, a county also with its prefecture before it."""
    by_code = {place.code: place for place in places}
    found: dict[str, list[Place]] = {}
    for place in places:
        own = _own_names(place)
        above = _own_names(by_code[place.parent]) if place.parent in by_code else ()
        for name in (*own, *(f"{first}{joint}{last}" for first in above for joint in ("", "的") for last in own)):
            if place not in (same := found.setdefault(name, [])):
                same.append(place)
    return {name: tuple(same) for name, same in found.items()}


def _own_names(place: Place) -> tuple[str, ...]:
    short = short_name(place.name)
    ending = place.name[-1]
    bare = re.sub(rf"(?:{_NATIONS})", "", place.name)
    return tuple(
        dict.fromkeys(
            (place.name, short, bare, f"{short}{ending}" if short != place.name else short, *_ALSO.get(place.code, ()))
        )
    )


@lru_cache(maxsize=4)
def _sounds(places: tuple[Place, ...]) -> dict[tuple[str, ...], tuple[Place, ...]]:
    heard: dict[tuple[str, ...], list[Place]] = {}
    for name, same in _names(places).items():
        known = heard.setdefault(_sound(name), [])
        known.extend(place for place in same if place not in known)
    return {sound: tuple(same) for sound, same in heard.items()}


@lru_cache(maxsize=4096)
def _sound(text: str) -> tuple[str, ...]:
    """Syllables as Yunnan hears them: no sh, no final -ng after i and e, n for l kept apart."""
    return tuple(re.sub(r"^([zcs])h", r"\1", re.sub(r"(?<=[ie])ng$", "n", each)) for each in lazy_pinyin(text))


def exact_places(core: str, places: Sequence[Place]) -> tuple[Place, ...]:
    """The places that ``core`` names, right or by ear, and nothing besides them."""
    every = tuple(places)
    key = re.sub(r"[\s，,、。\-]", "", core)
    key = _AFTER.sub("", _BEFORE.sub("", key, count=1)) or key
    if key.isascii() and key.isdigit():
        return tuple(place for place in every if place.code == key)
    if same := _names(every).get(key):
        return _counties_first(same)
    if len(key) > 1 and (same := _sounds(every).get(_sound(key))):
        return _counties_first(same)
    return ()


def read_place(text: str, places: Sequence[Place]) -> Value | Wrong:
    """The code of a county (six digits)."""
    said = plain(text)
    found = next((each for core in cores(said) if (each := exact_places(core, places))), ())
    found = found or _within(said, places)
    if not found:
        return _ONLY_YUNNAN if _FAR.search(said) else _one_wrong(said, places)
    return _value(found, places)


def _counties_first(same: tuple[Place, ...]) -> tuple[Place, ...]:
    """大理 and 楚雄 are prefectures and cities of one name: both are meant until more is said."""
    return tuple(sorted(same, key=lambda place: (place.parent is None, place.code)))


def _value(found: Sequence[Place], places: Sequence[Place]) -> Value | Wrong:
    by_code = {place.code: place for place in places}
    if len(found) == 1 and found[0].parent in by_code:
        return Value(found[0].code, _full(found[0], by_code))
    if len(found) == 1:
        return _ask_county(found[0], places)
    prefectures = [each for each in found if each.parent is None]
    counties = [each for each in found if each.parent is not None]
    if len(counties) == 1 and counties[0].parent not in {each.code for each in prefectures}:
        above = by_code[str(counties[0].parent)]
        return Wrong(f"{_plain_name(counties[0])}在{_plain_name(above)}。请再说一次是哪个州（市）的哪个县。")
    if len(prefectures) == 1:
        return _ask_county(prefectures[0], places)
    names = "，还是".join(_full(each, by_code) for each in found[:4])
    return Wrong(f"是{names}？请连州市和县名一起说。")


def _ask_county(prefecture: Place, places: Sequence[Place]) -> Wrong:
    counties = "、".join(
        place.name if len(short_name(place.name)) < 2 else _plain_name(place)
        for place in places
        if place.parent == prefecture.code
    )
    return Wrong(f"{_plain_name(prefecture)}的哪个县（市、区）？有{counties}。")


def _full(place: Place, by_code: dict[str, Place]) -> str:
    above = by_code.get(place.parent or "")
    return f"{_plain_name(above) if above else ''}{_plain_name(place)}"


def _plain_name(place: Place) -> str:
    """西双版纳傣族自治州 is 西双版纳州."""
    short = short_name(place.name)
    return place.name if short == place.name else f"{short}{place.name[-1]}"


def _within(said: str, places: Sequence[Place]) -> tuple[Place, ...]:
    """The counties that are written in ``said``; else its prefecture.  Two counties of two places are both given."""
    names = _names(tuple(places))
    hits = [(said.find(name), name, same) for name, same in names.items() if len(name) > 1 and name in said]
    longest = [
        hit
        for hit in hits
        if not any(hit is not o and hit[1] in o[1] and o[0] <= hit[0] < o[0] + len(o[1]) for o in hits)
    ]
    found = list(dict.fromkeys(place for _, _, same in longest for place in same))
    counties = [place for place in found if place.parent]
    above = {place.code for place in found if place.parent is None}
    inside = [place for place in counties if place.parent in above]
    if above and counties and not inside and not any(len(same) > 1 for _, _, same in longest):
        return tuple(found)
    if len(counties) == 1 and any(
        place.code == counties[0].parent for _, _, same in longest if len(same) == 1 for place in same
    ):
        return tuple(counties)
    return _counties_first(tuple(inside or found))


def _one_wrong(said: str, places: Sequence[Place]) -> Value | Wrong:
    """The one place whose name differs from what was said in one character, or in one syllable."""
    names = _names(tuple(places))
    for core in reversed(list(cores(said))):
        key = _AFTER.sub("", _BEFORE.sub("", re.sub(r"[\s，,、。]", "", core), count=1))
        if len(key) < 2 or len(key) > 14:
            continue
        near = [same for name, same in names.items() if _differ_by_one(key, name)]
        found = tuple(dict.fromkeys(place for same in near for place in same))
        if found:
            return _value(_counties_first(found), places) if len(found) < 5 else _UNREAD
    return _UNREAD


def _differ_by_one(key: str, name: str) -> bool:
    """One character may be wrong where three others are right, or where the wrong one at least rhymes."""
    if len(key) != len(name):
        return False
    wrong = [(said, right) for said, right in zip(key, name, strict=True) if said != right]
    if len(wrong) != 1:
        return False
    return len(key) >= 4 or _rhyme(*wrong[0])


def _rhyme(said: str, right: str) -> bool:
    heard, meant = lazy_pinyin(said)[0], lazy_pinyin(right)[0]
    return heard[0] == meant[0] or re.sub(r"^[^aeiouü]+", "", heard) == re.sub(r"^[^aeiouü]+", "", meant)
