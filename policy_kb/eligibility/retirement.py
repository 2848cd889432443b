"""The statutory age of retirement: exact to the month where birth, sex and post are known, a range otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from policy_kb.eligibility.days import first_of_month, month_number
from policy_kb.eligibility.model import Retirement, RetirementGroup
from policy_kb.eligibility.values import Known, between, ends

_POSTS: Mapping[Known | None, tuple[str, ...]] = {"manager": ("women_55",), "worker": ("women_50",)}
_ALL = ("men", "women_55", "women_50")


def months_later(birth: date, group: RetirementGroup, starts: date) -> int:
    """By how many months the reform delays the retirement of somebody born in the month of ``birth``."""
    waited = month_number(birth) + 12 * group.years - month_number(starts)
    return 0 if waited < 0 else min(waited // group.step + 1, group.most)


def retirement_month(birth: date, group: RetirementGroup, starts: date) -> date:
    """The first day of the month in which the statutory age is reached."""
    return first_of_month(month_number(birth) + 12 * group.years + months_later(birth, group, starts))


def possible_groups(schedule: Retirement, sex: Known | None, post: Known | None) -> tuple[RetirementGroup, ...]:
    """The one group, or all that fit what is known: a woman's depends on her post."""
    women = _POSTS.get(post, _ALL[1:])
    named = {"male": _ALL[:1], "female": women}.get(sex, _ALL) if isinstance(sex, str) else _ALL
    return tuple(group for group in schedule.groups if group.id in named)


def retirement(schedule: Retirement, birth: Known | None, sex: Known | None, post: Known | None) -> Known:
    """The first day of the month of retirement, or the range in which it lies.  It never falls as birth rises."""
    groups = possible_groups(schedule, sex, post)
    low, high = ends(birth)
    earliest = min(retirement_month(low, each, schedule.starts) for each in groups) if isinstance(low, date) else None
    latest = max(retirement_month(high, each, schedule.starts) for each in groups) if isinstance(high, date) else None
    return between(earliest, latest)
