from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, get_args

import pytest

from casework.cases.lifecycle import (
    ACTION_WORDS,
    EVENT_WORDS,
    EVENTS,
    NEEDS,
    OPEN,
    STATUS_WORDS,
    TABLE,
    Action,
    NotAllowed,
    Role,
    Status,
    allowed,
    public_statement,
    statement,
    step,
)
from casework.cases.standing import Happened, fold
from casework.cases.tables import CaseRow
from casework.cases.view import CaseView, EventView
from casework.cases.working_days import Deadline

OWN = "withdraw>withdrawn add_document>{0} remind>{0}"
WORK = "return>returned grant>granted refuse>refused add_document>{0}"
CLOSE = "close>closed"
EXPECTED: Mapping[tuple[str, str], str] = {
    ("filed", "applicant"): OWN,
    ("filed", "agent"): "accept>accepted return>returned add_document>{0}",
    ("filed", "supervisor"): "accept>accepted return>returned add_document>{0}",
    ("filed", "bureau"): "accept>accepted " + WORK,
    ("accepted", "applicant"): OWN,
    ("accepted", "agent"): WORK,
    ("accepted", "supervisor"): WORK,
    ("accepted", "bureau"): WORK,
    ("returned", "applicant"): OWN + " complete>completed",
    ("returned", "agent"): "complete>completed add_document>{0}",
    ("returned", "supervisor"): "complete>completed add_document>{0}",
    ("returned", "bureau"): "complete>completed add_document>{0}",
    ("completed", "applicant"): OWN,
    ("completed", "agent"): "accept>accepted " + WORK,
    ("completed", "supervisor"): "accept>accepted " + WORK,
    ("completed", "bureau"): "accept>accepted " + WORK,
    ("granted", "applicant"): "appeal>appealed",
    ("granted", "agent"): CLOSE,
    ("granted", "supervisor"): CLOSE,
    ("granted", "bureau"): CLOSE,
    ("granted", "system"): CLOSE,
    ("refused", "applicant"): "appeal>appealed",
    ("refused", "agent"): CLOSE,
    ("refused", "supervisor"): CLOSE,
    ("refused", "bureau"): CLOSE,
    ("refused", "system"): CLOSE,
    ("withdrawn", "agent"): CLOSE,
    ("withdrawn", "supervisor"): CLOSE,
    ("withdrawn", "bureau"): CLOSE,
    ("withdrawn", "system"): CLOSE,
    ("appealed", "applicant"): OWN,
    ("appealed", "agent"): "add_document>{0}",
    ("appealed", "supervisor"): "grant>granted refuse>refused add_document>{0}",
    ("appealed", "bureau"): "grant>granted refuse>refused add_document>{0}",
}
DETAILS = {"missing": "照片", "reason": "按规定", "documents": ["d_1"]}
EVERYTHING = [(status, role, action) for status in get_args(Status) for role in get_args(Role) for action in EVENTS]


@pytest.mark.parametrize(("status", "role", "action"), EVERYTHING)
def test_the_whole_table(status: Status, role: str, action: Action) -> None:
    steps = dict(each.split(">") for each in EXPECTED.get((status, role), "").format(status).split())
    assert (action in allowed(status, role)) == (action in steps)
    if action in steps:
        assert step(status, role, action, DETAILS) == (EVENTS[action], steps[action])
    else:
        with pytest.raises(NotAllowed, match=r"[一-鿿]。$"):
            step(status, role, action, DETAILS)


def test_an_action_leads_to_the_same_status_whoever_does_it() -> None:
    for status, roles in TABLE.items():
        for action in EVENTS:
            assert len({steps[action] for steps in roles.values() if action in steps}) <= 1, (status, action)


def test_everything_has_words() -> None:
    assert set(TABLE) == set(STATUS_WORDS) == set(get_args(Status))
    assert set(EVENTS) == set(ACTION_WORDS) == set(get_args(Action))
    assert set(EVENT_WORDS) == {"filed", *EVENTS.values()}


def test_the_index_of_open_cases_knows_the_open_statuses() -> None:
    (index,) = [each for each in CaseRow.__table__.indexes if each.name == "one_open_case"]  # type: ignore[attr-defined]
    for dialect in ("sqlite", "postgresql"):
        where = str(index.dialect_options[dialect]["where"])
        assert {status for status in TABLE if f"'{status}'" in where} == OPEN


@pytest.mark.parametrize(("action", "detail"), NEEDS.items())
def test_what_a_step_needs_has_to_be_there(action: Action, detail: str) -> None:
    status, role = next((s, r) for s, roles in TABLE.items() for r, steps in roles.items() if action in steps)
    for details in ({}, {detail: ""}):
        with pytest.raises(NotAllowed, match="请写明"):
            step(status, role, action, details)


def test_unknown_roles_and_actions_are_not_allowed() -> None:
    assert allowed("filed", "stranger") == ()
    for role, action in (("stranger", "grant"), ("supervisor", "delete")):
        with pytest.raises(NotAllowed):
            step("filed", role, action, {})


def _fold(*history: tuple[str, int, dict[str, Any]], limit: int | None = 10) -> Any:
    return fold([Happened(kind, date(2026, 11, day), details) for kind, day, details in history], limit)


def test_the_fold_of_a_long_life() -> None:
    life: list[tuple[str, int, dict[str, Any]]] = [
        ("filed", 2, {}),
        ("accepted", 3, {}),
        ("returned", 4, {"missing": "照片"}),
        ("document_added", 5, {"documents": ["d_1"]}),
        ("completed", 9, {}),
        ("refused", 10, {"reason": "未登记"}),
        ("appealed", 11, {}),
        ("granted", 12, {}),
        ("closed", 13, {}),
    ]
    standings = [_fold(*life[:length]) for length in range(1, len(life) + 1)]
    assert [each.status for each in standings] == [
        *("filed", "accepted", "returned", "returned", "completed", "refused", "appealed", "granted", "closed")
    ]
    assert [each.missing for each in standings] == [None, None, "照片", "照片", None, None, None, None, None]
    assert [each.reason for each in standings] == [None] * 5 + ["未登记", "未登记", None, None]
    assert [each.decision for each in standings] == [None] * 5 + ["refused", "refused", "granted", "granted"]
    due = Deadline(date(2026, 11, 16))
    assert [each.due for each in standings] == [due, due, None, None, Deadline(date(2026, 11, 19)), *[None] * 4]


def test_without_a_limit_nothing_is_due() -> None:
    assert _fold(("filed", 2, {}), ("returned", 3, {"missing": "照片"}), ("completed", 4, {}), limit=None).due is None


def test_time_that_was_used_up_before_the_return_does_not_come_back() -> None:
    standing = _fold(("filed", 2, {}), ("returned", 20, {"missing": "照片"}), ("completed", 21, {}), limit=3)
    assert standing.due == Deadline(date(2026, 11, 23))  # the 21st is a Saturday


@pytest.mark.parametrize("kinds", [[], ["accepted"], ["filed", "filed"], ["filed", "closed"], ["filed", "completed"]])
def test_a_history_that_the_table_does_not_allow_is_refused(kinds: list[str]) -> None:
    with pytest.raises(ValueError):
        _fold(*((kind, 2, {}) for kind in kinds))


def _view(status: str, **more: Any) -> CaseView:
    filed = EventView("filed", datetime(2026, 9, 28, 2), date(2026, 9, 28), "applicant", None, "递交", None)
    given: dict[str, Any] = {
        "reference": "123456789018",
        "application": "subsistence-allowance",
        "status": status,
        "filed_on": date(2026, 9, 28),
        "due_on": None,
        "overdue": False,
        "history": (filed,),
        "may": (),
        "missing": None,
        "reason": None,
        "person": "p" * 32,
        "county": "530102",
        "case": "c" * 32,
        "title": "申请低保",
        "outcome": None,
        "due_provisional": False,
    }
    return CaseView(**{**given, **more})


def test_the_owner_reads_the_answer_first() -> None:
    assert statement(_view("accepted", due_on=date(2027, 1, 8), due_provisional=True)) == (
        "已受理，正在办。\n"
        "您现在不用做什么，有结果会告诉您。\n"
        "最晚2027年1月8日办完（有放假安排还没公布，可能会变）。\n"
        "编号 1234 5678 9018，2026年9月28日递交。"
    )
    assert statement(_view("returned", missing="户口簿")).startswith("要补材料。还缺：户口簿。\n补齐了接着办")
    assert statement(_view("refused", outcome="这次没通过", reason="收入超了")).startswith(
        "这次没通过。原因：收入超了。\n"
    )
    assert "最晚2026年10月16日该办完，现在超过了" in statement(_view("filed", due_on=date(2026, 10, 16), overdue=True))
    assert statement(_view("closed", outcome="同意了")).startswith("已结案。同意了。\n")


@pytest.mark.parametrize("status", get_args(Status))
def test_a_stranger_reads_status_and_dates_only(status: str) -> None:
    view = _view(status, missing="低保户口簿", reason="收入超了", outcome="这次没通过", due_on=date(2026, 10, 16))
    told = public_statement(view)
    assert "1234 5678 9018" in told and "2026年9月28日" in told
    secrets = ("低保", "收入", "没通过", "没有通过", "办好", "530102", "subsistence", "p" * 32, "c" * 32)
    assert not any(secret in told for secret in secrets)


def test_a_stranger_does_not_learn_which_way_it_was_decided() -> None:
    assert public_statement(_view("granted")) == public_statement(_view("refused"))
