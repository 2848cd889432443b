"""Accounts, the audit log and the settings, by their pages."""

from __future__ import annotations

import html
import re
from datetime import datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from casework.audit import AuditRow, Whole
from casework.cases.working_days import CHINA
from casework.conversations.opening_hours import Open
from casework.staff.staff import Staff

from .conftest import PASSWORD, ServedConsole, Visitor

ROWS = re.compile(r'<td class="number">(\d+)</td>')


def once(text: str) -> str:
    found = re.search(r'<dt>一次性密码</dt><dd class="code">([^<]+)</dd>', text)
    assert found
    return found[1]


def rows(visitor: Visitor, path: str) -> list[int]:
    page = visitor.get(path)
    assert page.status_code == 200
    return [int(number) for number in ROWS.findall(page.text)]


def test_an_administrator_makes_an_account_that_works(shared: ServedConsole) -> None:
    boss = shared.signed_in("administrator")
    boss.get("/settings/staff/new")
    given = {"login": "Zhao.Li", "name": "赵丽", "role": "agent", "areas": ["530102", "5303"]}
    made = boss.post("/settings/staff/new", given)
    person = shared.desk.staff.of("zhao.li")
    assert person is not None and (person.areas, person.role, person.must_change) == (("530102", "5303"), "agent", True)
    listed = boss.get("/settings/staff").text
    assert "五华区、曲靖市" in listed and "待改密码" in listed
    visitor = shared.visitor()
    visitor.sign_in("zhao.li", once(made.text))
    visitor.get("/password")
    assert visitor.post("/password", {"old": once(made.text), "new": PASSWORD, "again": PASSWORD}).status_code == 303
    page = visitor.get("/account")
    assert "赵丽" in page.text and "五华区、曲靖市" in page.text


def test_what_is_wrong_with_an_account_is_said_and_what_was_filled_in_stays(shared: ServedConsole) -> None:
    boss = shared.signed_in("administrator")
    boss.get("/settings/staff/new")
    answer = boss.post("/settings/staff/new", {"login": "no good", "name": "孙强", "role": "agent", "areas": "5301"})
    assert answer.status_code == 422
    assert "登录名要" in answer.text and 'value="孙强"' in answer.text and 'value="5301" checked' in answer.text
    answer = boss.post("/settings/staff/new", {"login": "sun", "name": "孙强", "role": "agent"})
    assert answer.status_code == 422 and "至少选一个负责的地区" in answer.text
    answer = boss.post("/settings/staff/new", {"login": "sun", "name": "孙强", "role": "root", "areas": "5301"})
    assert answer.status_code == 422 and "请选一个角色" in answer.text


def test_an_administrator_changes_locks_out_and_lets_in_again(shared: ServedConsole) -> None:
    boss, agent = shared.signed_in("administrator"), shared.signed_in()
    assert agent.staff is not None
    page = f"/settings/staff/{agent.staff.id}"
    assert "在用" in boss.get(page).text
    off = boss.post(page, {"name": "王芳", "role": "agent", "areas": "5301"})
    assert off.headers["location"] == "/console/settings/staff?done=changed"
    assert agent.get("/account").status_code == 303
    assert shared.visitor().sign_in(agent.staff.login).status_code == 401
    assert "停用" in boss.get("/settings/staff").text
    boss.post(page, {"name": "王芳", "role": "supervisor", "areas": "5301", "active": "true"})
    for _ in range(5):
        shared.visitor().sign_in(agent.staff.login, "wrong")
    assert "锁到" in boss.get("/settings/staff").text
    password = once(boss.post(f"{page}/password").text)
    assert shared.visitor().sign_in(agent.staff.login, password).status_code == 303
    kinds = [entry.action for entry in shared.desk.audit.about(agent.staff.login)]
    assert {"staff_added", "staff_changed", "password_changed", "sign_in_failed", "signed_in"} <= set(kinds)


def test_the_last_administrator_cannot_lock_himself_out(console: ServedConsole) -> None:
    boss = console.signed_in("administrator")
    assert boss.staff is not None
    boss.get(f"/settings/staff/{boss.staff.id}")
    answer = boss.post(f"/settings/staff/{boss.staff.id}", {"name": "王芳", "role": "administrator", "areas": "53"})
    assert answer.status_code == 422 and "管理员" in answer.text
    assert boss.get("/settings").status_code == 200


@pytest.mark.parametrize("staff_id", ["0", "999999", "x", "-1"])
def test_an_account_that_is_not_there(shared: ServedConsole, staff_id: str) -> None:
    boss = shared.signed_in("administrator")
    assert boss.get(f"/settings/staff/{staff_id}").status_code in (404, 422)


def test_the_audit_log_is_paged_by_what_was_last_seen(console: ServedConsole) -> None:
    for _ in range(60):
        record(console, "li", "read", "YJ-1")
    visitor = console.signed_in("supervisor")
    first = rows(visitor, "/audit")
    assert first == sorted(first, reverse=True) and len(first) == 50
    record(console, "li", "read", "YJ-2")
    older = re.search(r'href="([^"]+)">更早的', visitor.get("/audit?actor=li").text)
    assert older
    second = rows(visitor, html.unescape(older[1]).removeprefix("/console"))
    assert second == list(range(11, 0, -1))
    assert "更早的" not in visitor.get("/audit?before=3").text


def test_the_audit_log_is_filtered(console: ServedConsole) -> None:
    for actor, action, subject, day in [
        ("li", "read", "YJ-1", "2026-10-01 15:59"),
        ("li", "revealed", "YJ-2", "2026-10-01 16:01"),
        ("zhao", "revealed", "YJ-2", "2026-10-02 15:59"),
        ("zhao", "granted", "YJ-3", "2026-10-02 16:01"),
    ]:
        record(console, actor, action, subject, datetime.fromisoformat(day))
    visitor = console.signed_in("supervisor")
    assert rows(visitor, "/audit?actor=li") == [2, 1]
    assert rows(visitor, "/audit?subject=YJ-2") == [3, 2]
    assert rows(visitor, "/audit?action=revealed&actor=zhao") == [3]
    assert rows(visitor, "/audit?first=2026-10-02&last=2026-10-02") == [3, 2]  # days as they are in Yunnan
    assert rows(visitor, "/audit?last=2026-10-01") == [1]
    assert rows(visitor, "/audit?first=2026-10-03&last=2026-10-03") == [4]
    assert "没有这样的记录" in visitor.get("/audit?actor=nobody").text
    assert visitor.get("/audit?first=yesterday").status_code == 422
    assert "看隐去的内容" in visitor.get("/audit").text


def test_the_check_says_whether_the_chain_is_whole(console: ServedConsole) -> None:
    visitor = console.signed_in("supervisor")
    visitor.get("/audit")
    count = len(rows(visitor, "/audit"))
    assert f"完整，共 {count} 条" in visitor.post("/audit/check").text
    for _ in range(3):
        record(console, "li", "read", "YJ-1")
    with Session(console.desk.engine) as session, session.begin():
        session.execute(update(AuditRow).where(AuditRow.sequence == 2).values(actor="somebody else"))
    said = visitor.htmx("POST", "/audit/check").text
    assert "从第 2 条起断了" in said and "<html" not in said
    assert "/console/audit" in visitor.post("/audit/check").text
    assert console.desk.audit.about("audit")[0].details == {"whole": False}


def test_opening_hours_are_set_shown_and_taken_back(console: ServedConsole) -> None:
    boss = console.signed_in("administrator")
    assert "现在没有设" in boss.get("/settings").text
    week = ["08:30-12:00 14:00-17:30"] * 5 + ["", ""]
    done = boss.post("/settings/opening-hours", {"week": week, "days": "2026-10-01 休\n2026-10-10 09:00-12:00\n"})
    assert done.headers["location"] == "/console/settings?done=hours"
    hours = console.desk.opening_hours
    assert isinstance(hours.now(datetime(2026, 11, 23, 9, 0, tzinfo=CHINA)), Open)
    assert isinstance(hours.now(datetime(2026, 10, 10, 9, 0, tzinfo=CHINA)), Open)
    assert not isinstance(hours.now(datetime(2026, 10, 1, 9, 0, tzinfo=CHINA)), Open)
    page = boss.get("/settings").text
    assert page.count('value="08:30-12:00 14:00-17:30"') == 5
    assert "2026-10-01 休\n2026-10-10 09:00-12:00" in page
    for wrong in ({"week": ["morning", *week[1:]]}, {"week": week, "days": "1 October off"}, {"week": week[:5]}):
        answer = boss.post("/settings/opening-hours", wrong)
        assert answer.status_code == 422 and 'role="alert"' in answer.text
    boss.post("/settings/opening-hours", {"week": [""] * 7, "days": ""})
    assert hours.get() is None
    assert [entry.action for entry in console.desk.audit.about("opening hours")] == ["opening_hours_set"] * 2
    assert isinstance(console.desk.audit.verify(), Whole)


def record(console: ServedConsole, actor: str, action: str, subject: str, at: datetime | None = None) -> None:
    audit = console.desk.audit
    clock = audit._clock
    audit._clock = clock if at is None else lambda: at
    with Session(console.desk.engine) as session, session.begin():
        audit.record(session, actor, "agent", action, subject, {})
    audit._clock = clock


def test_nobody_is_changed_by_somebody_who_only_looks(shared: ServedConsole) -> None:
    boss = shared.signed_in("administrator")
    before: list[Staff] = shared.desk.staff.all()
    for each in before:
        boss.get(f"/settings/staff/{each.id}")
    assert shared.desk.staff.all() == before
