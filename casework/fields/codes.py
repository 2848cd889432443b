"""Long numbers out of people's words: how they are found in a sentence, and one of several chosen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from casework.fields.answer import Reading, Value, Wrong, rest_of, without

_BETWEEN = r"[\s\-_—－·.]{0,3}"


class Run(NamedTuple):
    """Digits (and what else a type allows) as they stand in the text, and with the gaps taken out."""

    start: int
    end: int
    code: str
    parts: tuple[str, ...]


def how_far(code: str, length: int) -> str:
    """By how many characters ``code`` is too short or too long: 少了 2 位."""
    return f"{'少' if len(code) < length else '多'}了 {abs(length - len(code))} 位"


def runs(text: str, digit: str = r"\d", last: str = "") -> list[Run]:
    """All numbers in ``text``.  ``digit`` and ``last``: regexes of a character of one, and of one more at its end."""
    found = re.finditer(rf"{digit}(?:{_BETWEEN}{digit})*" + (rf"(?:{_BETWEEN}{last})?" if last else ""), text)
    return [
        Run(each.start(), each.end(), re.sub(_BETWEEN, "", each[0]), tuple(re.split(r"\s+", each[0]))) for each in found
    ]


def one_of(
    text: str, found: list[Run], check: Callable[[str], Value | Wrong], own: str, missing: str, twice: str
) -> Reading:
    """The one number of ``found`` that passes ``check``; else what is wrong with the longest.

    ``own``: padding words of the type.  ``missing``: said where there is no number.  ``twice``: where two
    different ones are.  Two numbers with only a space between them are two where each passes alone.
    """
    passed: dict[str, Value] = {}
    for run in found:
        whole = check(run.code)
        alone = [check(re.sub(_BETWEEN, "", part)) for part in run.parts]
        for outcome in (whole,) if isinstance(whole, Value) else alone:
            if isinstance(outcome, Value):
                passed[outcome.value] = outcome
    rest = rest_of(without(text, [(run.start, run.end) for run in found]), own)
    if len(passed) > 1:
        return Reading(Wrong(twice), rest)
    if passed:
        return Reading(next(iter(passed.values())), rest)
    if not found:
        return Reading(Wrong(missing), rest)
    return Reading(check(max(found, key=lambda run: len(run.code)).code), rest)
