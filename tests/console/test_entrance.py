"""Signing in and out, over real HTTP, by those who may and by those who try."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pyotp
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from bot.console.entrance import MOST_WAITING
from casework.staff.passwords import Passwords

from .conftest import PASSWORD, ServedConsole, Visitor, without_engine

SESSION = "yunjiu-staff"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/console/",
    "/\\evil.example/console/",
    "/console/..//evil.example",
    "/console//evil.example",
    "javascript:alert(1)",
    "https:/console/assist",
    "/console/\r\nSet-Cookie: a=b",
    "/",
    "",
    "/consoleevil",
]


def wrong(code: str) -> str:
    return f"{(int(code) + 500_000) % 1_000_000:06}"


def with_codes(shared: ServedConsole) -> tuple[Visitor, pyotp.TOTP]:
    """Somebody who has set codes up by the pages, with the code before this moment's."""
    visitor = shared.signed_in()
    page = visitor.get("/account/code")
    secret = page.text.split('密钥：<span class="code">')[1].split("</span>")[0].replace(" ", "")
    totp = pyotp.TOTP(secret)
    done = visitor.post("/account/code", {"code": totp.at(int(time.time()) - 30)})
    assert done.headers["location"] == "/console/account?done=code_on"
    return visitor, totp


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(shared: ServedConsole) -> None:
    shared.staff(login="wang")
    visitor = shared.visitor()
    sent = visitor.get("/account?x=1")
    assert (sent.status_code, sent.headers["location"]) == (303, "/console/sign-in?next=/console/account%3Fx%3D1")
    assert "登录名" in visitor.get("/sign-in?next=/console/account%3Fx%3D1").text
    back = visitor.sign_in("wang", next="/console/account?x=1")
    assert (back.status_code, back.headers["location"]) == (303, "/console/account?x=1")
    assert visitor.get("/sign-in").headers["location"] == "/console/assist"


@pytest.mark.parametrize(
    "path",
    ["/assist", "/conversations", "/cases", "/people", "/audit", "/settings", "/settings/staff", "/password", "/x"],
)
def test_nothing_opens_without_a_session(shared: ServedConsole, path: str) -> None:
    visitor = shared.visitor()
    assert visitor.get(path).headers["location"].startswith("/console/sign-in?next=")
    asked = visitor.htmx("GET", path)
    assert asked.headers["HX-Redirect"].startswith("/console/sign-in")
    for token in ("", "x", "0" * 43):
        visitor.hold({SESSION: token})
        assert visitor.get(path).headers["location"].startswith("/console/sign-in")


@pytest.mark.parametrize("place", ELSEWHERE)
def test_signing_in_leads_nowhere_else(shared: ServedConsole, place: str) -> None:
    visitor = shared.visitor(shared.staff())
    assert visitor.staff is not None
    visitor.get("/sign-in", params={"next": place})
    answer = visitor.post("/sign-in", {"login": visitor.staff.login, "password": PASSWORD, "next": place})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/assist")
    assert visitor.get("/sign-in", params={"next": place}).headers["location"] == "/console/assist"


def test_what_is_wrong_is_not_said(shared: ServedConsole) -> None:
    """The same page for an unknown login, a wrong password and an account that is locked."""
    shared.staff(login="there")
    visitor = shared.visitor()
    visitor.get("/sign-in")

    def told(login: str, password: str) -> str:
        answer = visitor.post("/sign-in", {"login": login, "password": password})
        assert answer.status_code == 401
        assert SESSION not in answer.cookies
        return answer.text.replace(login, "")

    pages = {told("nobody", PASSWORD)} | {told("there", "wrong") for _ in range(6)} | {told("there", PASSWORD)}
    assert len(pages) == 1


def test_guessing_at_once_is_locked_out(shared: ServedConsole) -> None:
    staff = shared.staff()

    def guess(number: int) -> int:
        visitor = Visitor(shared.client.base_url)
        visitor.get("/sign-in")
        status = visitor.post("/sign-in", {"login": staff.login, "password": f"guess {number}"}).status_code
        visitor.close()
        return status

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(guess, range(20))) == {401}
    assert shared.visitor().sign_in(staff.login).status_code == 401
    assert staff.id in shared.desk.sign_ins.locked()


def test_a_cookie_that_was_planted_does_not_become_the_session(shared: ServedConsole) -> None:
    staff = shared.staff()
    attacker = shared.visitor()
    attacker.get("/sign-in")
    planted = dict(attacker.http.cookies)
    victim = shared.visitor()
    victim.hold({**planted, SESSION: "planted-by-the-attacker"})
    victim.sign_in(staff.login)
    assert victim.http.cookies[SESSION] != "planted-by-the-attacker"
    assert victim.get("/account").status_code == 200
    attacker.hold({SESSION: "planted-by-the-attacker"})
    assert attacker.get("/account").status_code == 303
    attacker.http.cookies.delete(SESSION)
    assert attacker.get("/account").status_code == 303


def test_signing_in_anew_ends_the_session_before(shared: ServedConsole) -> None:
    staff = shared.staff()
    visitor = shared.visitor()
    visitor.sign_in(staff.login)
    before = visitor.http.cookies[SESSION]
    again = visitor.post("/sign-in", {"login": staff.login, "password": PASSWORD})
    assert again.status_code == 303
    assert visitor.http.cookies[SESSION] != before
    assert httpx.get(f"{shared.client.base_url}/console/account", cookies={SESSION: before}).status_code == 303


def test_a_stolen_session_is_worth_nothing_after_the_owner_signs_out(shared: ServedConsole) -> None:
    owner, thief = shared.signed_in(), shared.visitor()
    thief.hold(owner.http.cookies)
    assert thief.get("/account").status_code == 200
    out = owner.post("/sign-out")
    assert out.headers["location"] == "/console/sign-in"
    assert SESSION not in owner.http.cookies
    assert thief.get("/account").status_code == 303


def test_a_stolen_session_is_worth_nothing_after_the_password_is_changed(shared: ServedConsole) -> None:
    owner, thief = shared.signed_in(), shared.visitor()
    thief.hold(owner.http.cookies)
    owner.get("/password")
    new = {"new": "another good password", "again": "another good password"}
    assert "不一样" in owner.post("/password", {"old": PASSWORD, **new, "again": "else"}).text
    assert "原来的密码不对" in owner.post("/password", {"old": "wrong", **new}).text
    assert "至少" in owner.post("/password", {"old": PASSWORD, "new": "short", "again": "short"}).text
    done = owner.post("/password", {"old": PASSWORD, **new})
    assert done.headers["location"] == "/console/account?done=password"
    assert owner.get("/account").status_code == 200
    assert thief.get("/account").status_code == 303


def test_with_codes_a_session_opens_only_with_the_code(shared: ServedConsole) -> None:
    owner, totp = with_codes(shared)
    assert owner.staff is not None
    visitor = shared.visitor()
    visitor.get("/sign-in")
    asked = visitor.post("/sign-in", {"login": owner.staff.login, "password": PASSWORD, "next": "/console/account"})
    assert asked.headers["location"] == "/console/sign-in/code?next=/console/account"
    half = visitor.http.cookies[SESSION]
    for path in ("/account", "/assist", "/password"):
        assert visitor.get(path).headers["location"].startswith("/console/sign-in")
    assert "6 位数字" in visitor.get("/sign-in/code?next=/console/account").text
    opened = visitor.post("/sign-in/code", {"code": totp.now(), "next": "/console/account"})
    assert opened.headers["location"] == "/console/account"
    assert visitor.http.cookies[SESSION] != half
    assert visitor.get("/account").status_code == 200
    assert httpx.get(f"{shared.client.base_url}/console/account", cookies={SESSION: half}).status_code == 303


def test_guessing_codes_is_locked_out(shared: ServedConsole) -> None:
    owner, totp = with_codes(shared)
    assert owner.staff is not None
    visitor = shared.visitor()
    visitor.get("/sign-in")
    visitor.post("/sign-in", {"login": owner.staff.login, "password": PASSWORD})
    visitor.get("/sign-in/code")
    for _ in range(5):
        assert visitor.post("/sign-in/code", {"code": wrong(totp.now())}).status_code == 401
    assert visitor.post("/sign-in/code", {"code": totp.now()}).status_code == 401
    assert visitor.get("/account").status_code == 303
    assert shared.visitor().sign_in(owner.staff.login).status_code == 401


def test_turning_codes_off_wants_the_password(shared: ServedConsole) -> None:
    owner, _totp = with_codes(shared)
    owner.get("/account/code")
    assert owner.post("/account/code/off", {"password": "wrong"}).status_code == 422
    assert "已打开" in owner.get("/account").text
    assert owner.post("/account/code/off", {"password": PASSWORD}).status_code == 303
    assert "没有打开" in owner.get("/account").text


def test_a_one_time_password_opens_only_the_page_to_change_it(shared: ServedConsole) -> None:
    staff = shared.staff()
    once = shared.desk.staff.reset_password(staff.id, shared.command_line)
    visitor = shared.visitor()
    visitor.get("/sign-in")
    assert visitor.post("/sign-in", {"login": staff.login, "password": once}).status_code == 303
    for path in ("/assist", "/account", "/cases"):
        assert visitor.get(path).headers["location"] == "/console/password"
    assert "一次性密码" in visitor.get("/password").text
    done = visitor.post("/password", {"old": once, "new": PASSWORD, "again": PASSWORD})
    assert done.status_code == 303
    assert visitor.get("/account").status_code == 200


class Gated(Argon2Hasher):
    """Looks at no password before the gate opens."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.gate = threading.Event()

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        assert self.gate.wait(30)
        return super().verify(password, hash)


def test_a_flood_of_sign_ins_takes_nothing_from_the_rest(tmp_path: Path) -> None:
    """They wait for one another, up to a number, and all else is answered meanwhile."""
    gated = Gated()
    served = ServedConsole(without_engine(tmp_path), Passwords(gated))
    waiting = served.app.state.console.passwords_at_once

    def guess(number: int) -> int:
        visitor = Visitor(served.client.base_url)
        visitor.get("/sign-in")
        status = visitor.post("/sign-in", {"login": "nobody", "password": f"guess {number}"}).status_code
        visitor.close()
        return status

    count = MOST_WAITING + int(waiting.total_tokens)
    with ThreadPoolExecutor(count) as pool:
        flood = [pool.submit(guess, number) for number in range(count)]
        while waiting.statistics().tasks_waiting < MOST_WAITING:
            assert served.client.get("/healthz").status_code == 200
        assert guess(count) == 503
        assert served.visitor().get("/sign-in").status_code == 200
        gated.gate.set()
        assert {each.result() for each in flood} == {401}
    served.stop()


def test_cookies_are_hidden_from_scripts_and_stay_on_this_site(shared: ServedConsole) -> None:
    staff = shared.staff()
    visitor = shared.visitor()
    first = visitor.get("/sign-in")
    answer = visitor.post("/sign-in", {"login": staff.login, "password": PASSWORD})
    for cookie in (first.headers["set-cookie"], answer.headers["set-cookie"]):
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
        assert "Secure" not in cookie and "Max-Age" not in cookie


def test_behind_https_cookies_go_by_nothing_else(tmp_path_factory: pytest.TempPathFactory) -> None:
    served = ServedConsole(without_engine(tmp_path_factory.mktemp("https"), https=True))
    staff = served.staff()
    page = served.visitor().get("/sign-in")
    visit = page.headers["set-cookie"]
    assert visit.startswith("__Host-yunjiu-visit=") and "Secure" in visit and "Domain" not in visit
    token = page.text.split('name="csrf-token" content="')[1][:64]
    answer = httpx.post(
        f"{served.client.base_url}/console/sign-in",
        data={"login": staff.login, "password": PASSWORD, "csrf_token": token},
        headers={"Cookie": visit.split(";")[0]},
    )
    session = answer.headers["set-cookie"]
    assert session.startswith("__Host-yunjiu-staff=") and "Secure" in session and "HttpOnly" in session
    served.stop()
