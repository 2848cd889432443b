"""Choices out of a list, by number, by name and by ear; and yes or no as they are said in Yunnan."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from casework.fields.answer import Value, Wrong, asks
from casework.fields.free_text import cores, plain
from casework.fields.numerals import number_in
from casework.fields.pinyin import sound
from policy_kb.procedures import ApplicationField, Choice

_ORDINAL = re.compile(r"第?([0-9一二两三四五六七八九十]{1,3})(?:个|项|条|种|号|样)?|选?项?([a-zA-Z])(?:项)?")
_LAST = re.compile(r"最后(?:那|一)?(?:一)?个|末尾(?:那)?个")
_JOINTS = re.compile(r"[、，,；;/\s+＋和跟与及]+|还有|以及|还会|也会|加上?")
_ALL = re.compile(
    r"(?:我)?(?:都|全部?|样样|全都|每样|哪样都)+(?:会|要|有|是|选|可以|行|得|做|干)?(?:点|些)?|以上都?(?:是|会|有|要)?|通通|全都"
)
_NONE = re.compile(
    r"(?:我)?(?:都|全|全都|样样|哪样都|一样都|一个都|什么都|啥都|以上都)?(?:不会|不得|没得|没有|不要|不是|莫得|不有|不选|不行)|无|没|一样都没得"
)
_HEARD, _MARGIN = 0.8, 0.12

_YES = re.compile(
    r"是的?|是呢|对的?|对头|对呢|对对|要得|得行|得呢?|有呢?|有的|有了|嗯+|嗯呢|可以呢?|行|好|好的|好呢|要呢?|会|会呢|愿意|同意|中|成|没错|不错呢?|当然"
    r"|yes|y|ok|是有|签过?了?|交过?了?|办过?了?|领过?了?|登记过了?|肯定|确实|确实是|就是|正是|没问题"
)
_NO = re.compile(
    r"不是|不|没|莫得|没得|没有|木有|冇|不有|不要|不消|不用|不得|不行|不可以|不会|不对|不好|不愿意|不同意|否|莫|没签过?|没交过?|没办过?|没领过?"
    r"|从来没有|没有?签|没有?交|没有?办|没有?领|还没有?|还没得|没得过|没有过|未|无|no|n|不存在"
)
_UNCLEAR = re.compile(
    r"认不得|晓不得|不晓得|不知道|不清楚|说不清|说不准|搞不清|记不得|记不清|不记得|忘了|不好说|可能|也许|大概|差不多|随便|不一定|看情况|好像"
)


def exact_choice(field: ApplicationField, core: str) -> Choice | None:
    """The one choice that ``core`` names by number, name or id, and nothing besides it."""
    key = _key(core)
    for choice in field.choices:
        if key and key in (_key(each) for each in (choice.title, choice.id, *choice.also)):
            return choice
    for number, choice in enumerate(field.choices, 1):
        if key == f"{number}{_key(choice.title)}":
            return choice
    if _LAST.fullmatch(key) and field.choices:
        return field.choices[-1]
    match = _ORDINAL.fullmatch(key)
    if match is None:
        return None
    index = ord(match[2].lower()) - ord("a") if match[2] else (number_in(match[1]) or 0) - 1
    return field.choices[index] if 0 <= index < len(field.choices) else None


def read_choice(field: ApplicationField, text: str) -> Value | Wrong:
    """The id of a choice."""
    said = plain(text)
    found = _chosen(field, said)
    if found is None:
        return Wrong(f"没对上，请选一个，说数字就行：{_listed(field)}。")
    return Value(found.id, found.title)


def exact_choices(field: ApplicationField, core: str) -> tuple[Choice, ...] | None:
    """All that ``core`` names, in the order of the list; None where any of it is something else."""
    if (single := exact_choice(field, core)) is not None:
        return (single,)
    none = _none_of(field)
    if _NONE.fullmatch(core):
        return (none,) if none else None
    if _ALL.fullmatch(core):
        return tuple(each for each in field.choices if each is not none)
    pieces = _pieces(field, core)
    found = [next((each for part in cores(piece) if (each := exact_choice(field, part))), None) for piece in pieces]
    named = [each for each in found if each is not None]
    return _ordered(field, named) if named and len(named) == len(pieces) else None


def read_choices(field: ApplicationField, text: str) -> Value | Wrong:
    """The ids of one or more choices, in the order of the list."""
    said = plain(text)
    found = next((each for core in cores(said) if (each := exact_choices(field, core))), None)
    if found is None:
        if any(re.fullmatch(r"第?\d+个?", piece) and _chosen(field, piece) is None for piece in _pieces(field, said)):
            return Wrong(f"这里只有 {len(field.choices)} 个，请再选一次：{_listed(field)}。")
        chosen = [one for piece in _pieces(field, said) if (one := _chosen(field, piece)) is not None]
        found = _ordered(field, [*chosen, *_named_in(field, said)])
    none = _none_of(field)
    if not found:
        return Wrong(f"没对上，可以选几个，说数字就行，比如“1和3”：{_listed(field)}。")
    if none in found and len(found) > 1:
        return Wrong(f"“{none.title if none else ''}”不能和别的一起选，请再选一次：{_listed(field)}。")
    return Value([each.id for each in found], "、".join(each.title for each in found))


def exact_yes_no(core: str) -> bool | None:
    """What ``core`` answers to a question that wants yes or no; None where it is something else."""
    said = core.lower()
    if _NO.fullmatch(said):
        return False
    return True if _YES.fullmatch(said) else None


def read_yes_no(text: str) -> Value | Wrong:
    said = plain(text)
    pieces = [piece for piece in re.split(r"[，,。.！!、；;\s]+", said) if piece]
    if not _UNCLEAR.search(said) and not asks(said):
        for piece in (said, *pieces):
            found = next((each for core in cores(piece) if (each := exact_yes_no(core)) is not None), None)
            if found is not None and not _disagree(found, pieces):
                return Value(found, "是" if found else "不是")
    return Wrong("请直接说“是”或者“不是”。")


def _disagree(found: bool, pieces: list[str]) -> bool:
    """Whether one piece says yes and another no: 是，不是."""
    answers = (
        next((each for core in cores(piece) if (each := exact_yes_no(core)) is not None), found) for piece in pieces
    )
    return any(each != found for each in answers)


def _chosen(field: ApplicationField, said: str) -> Choice | None:
    found = next((each for core in cores(said) if (each := exact_choice(field, core))), None)
    if found is not None:
        return found
    named = _named_in(field, said)
    if named:
        return named[0] if len(named) == 1 else None
    return _part_of_one(field, said) or _heard(field, said)


def _named_in(field: ApplicationField, said: str) -> list[Choice]:
    """The choices whose names are in ``said``; a name within a longer one that is there too does not count."""
    key = _key(said)
    hits: list[tuple[int, int, Choice]] = []
    for choice in field.choices:
        for name in {_key(each) for each in (choice.title, *choice.also)}:
            if len(name) > 1 and (at := key.find(name)) >= 0:
                hits.append((at, at + len(name), choice))
    whole = [
        hit
        for hit in hits
        if not any(o[0] <= hit[0] and hit[1] <= o[1] and o[1] - o[0] > hit[1] - hit[0] for o in hits)
    ]
    negated = {hit[2].id for hit in whole if re.search(r"(?:不是|不会|没有|没得|不要|莫得|不|没)$", key[: hit[0]])}
    return list(dict.fromkeys(hit[2] for hit in whole if hit[2].id not in negated))


def _part_of_one(field: ApplicationField, said: str) -> Choice | None:
    """The choice of whose name what was said is a part, if there is only one: 高中 of 高中或中专."""
    for core in reversed([_key(each) for each in cores(said)]):
        if len(core) > 1:
            found = [each for each in field.choices if any(core in _key(name) for name in (each.title, *each.also))]
            if len(found) == 1:
                return found[0]
    return None


def _heard(field: ApplicationField, said: str) -> Choice | None:
    """The choice that sounds like what was said, clearly more than any other does."""
    core = _key(min(cores(said), key=len, default=""))
    if len(core) < 2 or not field.choices:
        return None
    sounds = sound(core)
    scores = sorted(
        (
            (
                max(SequenceMatcher(None, sounds, sound(_key(name))).ratio() for name in (each.title, *each.also)),
                -index,
            )
            for index, each in enumerate(field.choices)
        ),
        reverse=True,
    )
    best, second = scores[0], scores[1] if len(scores) > 1 else (0.0, 0)
    return field.choices[-best[1]] if best[0] >= _HEARD and best[0] - second[0] >= _MARGIN else None


def _pieces(field: ApplicationField, said: str) -> list[str]:
    """``said`` cut between its answers: 1和3; 134 is 1, 3 and 4 where the list is not so long."""
    if re.fullmatch(r"\d{2,9}", said) and int(said) > len(field.choices):
        return list(said)
    return [piece for piece in _JOINTS.split(said) if piece and min(cores(piece), key=len, default="")]


def _none_of(field: ApplicationField) -> Choice | None:
    return next((each for each in field.choices if each.id == "none"), None)


def _ordered(field: ApplicationField, chosen: list[Choice]) -> tuple[Choice, ...]:
    return tuple(each for each in field.choices if each in chosen)


def _key(text: str) -> str:
    return re.sub(r"[\s（）()，,。、“”\"·.]", "", text).lower()


def _listed(field: ApplicationField) -> str:
    return "；".join(f"{number} {each.title}" for number, each in enumerate(field.choices, 1))
