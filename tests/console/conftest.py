"""The console of a real server, and people of the staff who use it over real HTTP.

``console.staff(…)`` makes an account, ``console.visitor()`` a browser without a session, and
``console.signed_in(role, *areas)`` one of somebody who is signed in.  A visitor's ``post`` puts the CSRF token in.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from bot.settings import Settings
from casework.desk import Desk
from casework.staff.passwords import Passwords
from casework.staff.staff import COMMAND_LINE, Role, Staff
from casework.store.cipher import KeyRing
from tests.app.conftest import FakeEngine, Served, engine, settings  # noqa: F401  # fixtures

PASSWORD = "correct horse battery staple"
CHEAP = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
TOKEN = re.compile(r'<meta name="csrf-token" content="([0-9a-f]{64})">')


class Visitor:
    """A browser: it keeps cookies and the CSRF token of the last page, and follows no redirects by itself."""

    def __init__(self, base: httpx.URL, staff: Staff | None = None) -> None:
        self.http = httpx.Client(base_url=base, timeout=30)
        self.token = ""
        self.staff = staff

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._seen(self.http.get(f"/console{path}", **options))

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """With the CSRF token in the form."""
        return self._seen(self.http.post(f"/console{path}", data={"csrf_token": self.token, **(data or {})}, **options))

    def htmx(self, method: str, path: str, **options: Any) -> httpx.Response:
        """As htmx asks: the CSRF token in a header."""
        headers = {"HX-Request": "true", "X-CSRF-Token": self.token}
        return self._seen(self.http.request(method, f"/console{path}", headers=headers, **options))

    def sign_in(self, login: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        """And opens the page that follows, for its CSRF token."""
        self.get("/sign-in")
        answer = self.post("/sign-in", {"login": login, "password": password, **more})
        if answer.status_code == 303:
            self.get("/account")
        return answer

    def hold(self, cookies: Mapping[str, str]) -> None:
        """Puts cookies into the browser, in the place of those with the same names."""
        for name, value in cookies.items():
            self.http.cookies.set(name, value, domain=self.http.base_url.host, path="/")

    def close(self) -> None:
        self.http.close()

    def _seen(self, answer: httpx.Response) -> httpx.Response:
        if found := TOKEN.search(answer.text):
            self.token = found[1]
        return answer


class ServedConsole(Served):
    command_line = COMMAND_LINE

    def __init__(self, chosen: Settings, passwords: Passwords = CHEAP) -> None:
        super().__init__(chosen, passwords)
        self._visitors: list[Visitor] = []
        self._count = itertools.count(1)

    @property
    def desk(self) -> Desk:
        desk: Desk = self.app.state.console.desk
        return desk

    def staff(self, role: Role = "agent", *areas: str, login: str | None = None, name: str = "王芳") -> Staff:
        """An account with PASSWORD; without areas it has the whole province."""
        login = login or f"{role}{next(self._count)}"
        return self.desk.staff.add(login, name, role, areas or ("53",), PASSWORD, COMMAND_LINE)

    def visitor(self, staff: Staff | None = None) -> Visitor:
        self._visitors.append(Visitor(self.client.base_url, staff))
        return self._visitors[-1]

    def signed_in(self, role: Role = "agent", *areas: str, **more: str) -> Visitor:
        visitor = self.visitor(self.staff(role, *areas, **more))
        assert visitor.staff is not None
        assert visitor.sign_in(visitor.staff.login).status_code == 303
        return visitor

    def stop(self) -> None:
        for each in self._visitors:
            each.close()
        super().stop()


@pytest.fixture
def console(request: pytest.FixtureRequest) -> Iterator[ServedConsole]:
    """A server and a database of the test's own."""
    served = ServedConsole(request.getfixturevalue("settings"))
    yield served
    served.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedConsole]:
    """One server for all tests of a module, which have accounts of their own on it; there is no engine behind it."""
    served = ServedConsole(without_engine(tmp_path_factory.mktemp("console")))
    yield served
    served.stop()


def without_engine(folder: Path, **more: Any) -> Settings:
    return Settings(
        _env_file=None,
        **{
            "engine_url": "http://127.0.0.1:9",
            "engine_token": "engine-token-for-the-tests",
            "session_secret": "a session secret for the tests",
            "data_key": KeyRing.generate(),
            "database_url": f"sqlite:///{folder}/app.db",
            **more,
        },
    )
