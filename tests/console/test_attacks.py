"""What a page of somebody else's, a stolen token and a caller's words cannot do."""

from __future__ import annotations

import re

import httpx
import pytest

from .conftest import ServedConsole

HOSTILE = '<img src=x onerror="alert(1)">\'"{{7*7}}'
CHANGE = {"old": "correct horse battery staple", "new": "another good password", "again": "another good password"}


def test_a_form_without_the_token_changes_nothing(shared: ServedConsole) -> None:
    visitor = shared.signed_in()
    for token in ("", "0" * 64, visitor.token[:-1] + ("0" if visitor.token[-1] != "0" else "1"), "é"):
        answer = visitor.post("/password", {**CHANGE, "csrf_token": token})
        assert answer.status_code == 403
        assert "刷新" in answer.text
    assert visitor.get("/account").status_code == 200


def test_a_token_works_only_in_its_own_session(shared: ServedConsole) -> None:
    visitor, attacker = shared.signed_in(), shared.signed_in()
    assert visitor.token != attacker.token
    assert visitor.post("/sign-out", {"csrf_token": attacker.token}).status_code == 403
    before = visitor.token
    visitor.get("/password")
    changed = visitor.post("/password", CHANGE)
    assert changed.status_code == 303
    assert visitor.post("/sign-out", {"csrf_token": before}).status_code == 403
    assert visitor.get("/account").status_code == 200


def test_the_sign_in_form_has_a_token_of_its_own(shared: ServedConsole) -> None:
    """So that nobody is signed in to an account of the attacker's."""
    staff = shared.staff()
    visitor, attacker = shared.visitor(), shared.visitor()
    attacker.get("/sign-in")
    right = {"login": staff.login, "password": "correct horse battery staple"}
    assert visitor.http.post("/console/sign-in", data={**right, "csrf_token": attacker.token}).status_code == 403
    visitor.get("/sign-in")
    assert visitor.http.post("/console/sign-in", data=right).status_code == 403
    assert visitor.http.post("/console/sign-in", data={**right, "csrf_token": attacker.token}).status_code == 403
    assert visitor.post("/sign-in", right).status_code == 303


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_every_unsafe_method_wants_the_token(shared: ServedConsole, method: str) -> None:
    visitor = shared.signed_in()
    bare = visitor.http.request(method, "/console/sign-out")
    assert bare.status_code in (403, 405)
    as_text = visitor.http.request(
        method, "/console/sign-out", content=f"csrf_token={visitor.token}", headers={"Content-Type": "text/plain"}
    )
    assert as_text.status_code in (403, 405)
    assert visitor.get("/account").status_code == 200


def test_the_token_in_a_header_is_as_good(shared: ServedConsole) -> None:
    visitor = shared.signed_in("supervisor")
    assert visitor.htmx("POST", "/audit/check").status_code == 200
    wrong = visitor.http.post("/console/audit/check", headers={"X-CSRF-Token": "0" * 64, "HX-Request": "true"})
    assert wrong.status_code == 403
    assert "<html" not in wrong.text


def test_reading_changes_nothing(shared: ServedConsole) -> None:
    visitor = shared.signed_in()
    for path in ("/sign-out", "/account/code/off", "/audit/check"):
        assert visitor.get(path).status_code in (403, 404, 405)
    assert visitor.get("/account").status_code == 200


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/assist", "/console/x", "/console", "/console/static/x"])
def test_no_page_can_be_framed_or_kept(shared: ServedConsole, path: str) -> None:
    headers = httpx.get(f"{shared.client.base_url}{path}").headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-cache" if "static" in path else "no-store")


def test_other_pages_keep_their_own_headers(shared: ServedConsole) -> None:
    assert "x-frame-options" not in httpx.get(f"{shared.client.base_url}/healthz").headers


def test_files_are_served_and_nothing_beside_them(shared: ServedConsole) -> None:
    base = shared.client.base_url
    for name in ("console.css", "console.js", "vendor/htmx.min.js", "vendor/htmx.LICENSE"):
        assert httpx.get(f"{base}/console/static/{name}").status_code == 200
    for name in ("../app.py", "..%2fapp.py", "%2e%2e/app.py", "../../../var/secrets.env", "vendor", ""):
        assert httpx.get(f"{base}/console/static/{name}").status_code in (303, 404)


def test_no_page_has_scripts_or_styles_in_it(shared: ServedConsole) -> None:
    visitor = shared.signed_in("administrator")
    pages = ("/account", "/password", "/account/code", "/audit", "/settings", "/settings/staff", "/settings/staff/new")
    for path in (*pages, "/nowhere"):
        text = visitor.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text), path


def test_a_hostile_name_stays_a_name(shared: ServedConsole) -> None:
    boss = shared.signed_in("administrator")
    boss.get("/settings/staff/new")
    given = {"login": "hostile", "name": HOSTILE, "role": "agent", "areas": "5301"}
    made = boss.post("/settings/staff/new", given)
    assert "一次性密码" in made.text
    hostile = shared.desk.staff.of("hostile")
    assert hostile is not None and hostile.name == HOSTILE
    for page in (made, boss.get("/settings/staff"), boss.get(f"/settings/staff/{hostile.id}")):
        assert "<img src=x" not in page.text and "&lt;img src=x" in page.text
        assert "49" not in page.text.split("&lt;img")[1][:120]


def test_hostile_words_in_an_address_stay_words(shared: ServedConsole) -> None:
    visitor = shared.signed_in("supervisor")
    for path in ("/audit?actor=", "/audit?subject=", "/audit?action=", "/account?done=", "/sign-in/code?next="):
        answer = visitor.get(path + '"><script>alert(1)</script>')
        assert "<script>alert" not in answer.text
    stranger = shared.visitor()
    stranger.get("/sign-in")
    answer = stranger.post("/sign-in", {"login": '"><script>alert(1)</script>', "password": "x"})
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("role", "forbidden"),
    [
        ("agent", ["/audit", "/settings", "/settings/staff", "/settings/staff/new", "/settings/staff/1"]),
        ("supervisor", ["/settings", "/settings/staff", "/settings/staff/new", "/settings/staff/1"]),
    ],
)
def test_a_role_opens_what_it_may(shared: ServedConsole, role: str, forbidden: list[str]) -> None:
    visitor = shared.signed_in(role)  # type: ignore[arg-type]
    frame = visitor.get("/account").text
    for path in forbidden:
        assert visitor.get(path).status_code == 403
        assert f'href="/console{path}"' not in frame
    unsafe = ["/settings/staff/new", "/settings/staff/1", "/settings/staff/1/password", "/settings/staff/1/code-off"]
    for path in [*unsafe, "/settings/opening-hours", *(["/audit/check"] if role == "agent" else [])]:
        assert visitor.post(path, {"week": [""] * 7}).status_code == 403


def test_an_administrator_of_one_place_leaves_the_others_alone(shared: ServedConsole) -> None:
    shared.staff("administrator")
    far, wide = shared.staff("agent", "5303"), shared.staff("agent", "53")
    near = shared.staff("agent", "530102")
    boss = shared.signed_in("administrator", "5301")
    boss.get("/settings/staff")
    for other in (far, wide):
        assert boss.get(f"/settings/staff/{other.id}").status_code == 404
        for act in ("", "/password", "/code-off"):
            given = {"name": "x", "role": "agent", "areas": "5301", "active": "true"}
            assert boss.post(f"/settings/staff/{other.id}{act}", given).status_code == 404
        assert shared.desk.staff.get(other.id) == other
    assert boss.get(f"/settings/staff/{near.id}").status_code == 200
    for areas in (["53"], ["5303"], ["5301", "530302"], ["530199"]):
        more = {"name": "x", "role": "administrator", "areas": areas, "active": "true"}
        for path in (f"/settings/staff/{near.id}", "/settings/staff/new"):
            assert boss.post(path, {**more, "login": "climber"}).status_code == 422
    assert shared.desk.staff.of("climber") is None
    assert shared.desk.staff.get(near.id) == near
