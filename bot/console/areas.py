"""The areas of the staff, by the names of places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from casework.staff.staff import PROVINCE, Staff
from policy_kb import KnowledgeBase

PROVINCE_NAME = "云南全省"


@dataclass(frozen=True)
class Choice:
    """A prefecture with its counties; ``whole``: it may be given as a whole."""

    code: str
    name: str
    whole: bool
    counties: tuple[tuple[str, str], ...]


def choices(knowledge: KnowledgeBase, giver: Staff) -> list[Choice]:
    """What ``giver`` may give."""
    counties = [place for place in knowledge.places if place.parent is not None and giver.sees(place.code)]
    found = []
    for each in (place for place in knowledge.places if place.parent is None):
        inside = tuple((it.code, it.name) for it in counties if it.parent == each.code)
        if inside:
            found.append(Choice(each.code, each.name, giver.sees(each.code), inside))
    return found


def known(knowledge: KnowledgeBase) -> dict[str, str]:
    """The names of the province and its places, by their codes."""
    return {PROVINCE: PROVINCE_NAME, **{place.code: place.name for place in knowledge.places}}


def names(knowledge: KnowledgeBase, areas: Iterable[str]) -> str:
    by_code = known(knowledge)
    return "、".join(by_code.get(area, area) for area in areas)


def within(areas: Iterable[str], staff: Staff) -> bool:
    """Whether all of them lie in the person's own areas: nobody gives what he does not have."""
    return all(staff.sees(area) for area in areas)
