"""Signing in, over real HTTP."""

from __future__ import annotations

from .conftest import ServedConsole


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(console: ServedConsole) -> None:
    console.staff(login="wang")
    visitor = console.visitor()
    sent = visitor.get("/account?x=1")
    assert (sent.status_code, sent.headers["location"]) == (303, "/console/sign-in?next=/console/account%3Fx%3D1")
    page = visitor.get("/sign-in?next=/console/account%3Fx%3D1")
    assert "登录名" in page.text
    back = visitor.sign_in("wang", next="/console/account?x=1")
    assert (back.status_code, back.headers["location"]) == (303, "/console/account?x=1")


def test_an_agent_sees_the_frame(console: ServedConsole) -> None:
    page = console.signed_in("agent", name="王芳").get("/nowhere")
    assert page.status_code == 404
    assert "王芳" in page.text
    assert "办件" in page.text
    assert "/console/audit" not in page.text
