"""A bureau adds a notice and a measure by adding the files that docs/ADDING_A_NOTICE prints, and nothing else."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

import policy_kb
from policy_kb.check import check
from policy_kb.loading import KnowledgeError

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("ADDING_A_NOTICE.md", "ADDING_A_NOTICE.zh-CN.md")
MEASURE = "night-school-subsidy"
DAY = date(2027, 6, 1)


def files_of(page: str) -> dict[str, str]:
    """The page's code blocks that stand under a file's name."""
    return dict(re.findall(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.M | re.S))


@pytest.fixture(params=PAGES)
def extended(home: Path, request: pytest.FixtureRequest) -> Path:
    for name, content in files_of(request.param).items():
        path = home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return home


def test_both_pages_print_the_same_files() -> None:
    first, second = (files_of(page) for page in PAGES)
    assert first == second
    assert len(first) == 3


def test_it_passes_the_check(extended: Path, home: Path) -> None:
    problems = check(extended, DAY)
    assert [str(each) for each in problems if each.severity == "error"] == []
    mentioned = [each for each in problems if MEASURE in each.file]
    assert [each.key for each in mentioned] == ["id"], "only that no menu group leads there yet"


def test_it_is_answered(extended: Path) -> None:
    knowledge = policy_kb.load(extended)
    measure = knowledge.measure(MEASURE)
    amount = knowledge.citations(measure, measure.aspects.amount)
    assert [(each.notice, each.clause, each.quote) for each in amount] == [
        ("示人社发〔2027〕3号", "1", "每人补贴300元")
    ]
    assert knowledge.clause(measure.source, "2").heading == "二、申请办法"


@pytest.mark.parametrize(("days", "state"), [(0, "in_force"), (1, "expired")])
def test_it_ends_when_it_says(extended: Path, days: int, state: str) -> None:
    day = date(2027, 12, 31) + timedelta(days=days)
    assert policy_kb.load(extended).validity(MEASURE, day) == state


def test_the_end_is_announced(extended: Path) -> None:
    def warned(day: date) -> bool:
        return any(each.key == "validity.last_day" for each in check(extended, day))

    last_day = date(2027, 12, 31)
    assert [warned(last_day - timedelta(days=days)) for days in (31, 30, 0, -1)] == [False, True, True, False]


def test_the_first_notice_is_left_as_it_was(extended: Path) -> None:
    before, after = policy_kb.load(), policy_kb.load(extended)
    assert set(after.measures) - set(before.measures) == {MEASURE}
    assert all(after.measures[each] == before.measures[each] for each in before.measures)
    with pytest.raises(KnowledgeError):
        before.measure(MEASURE)
