"""Signing in by an OpenID provider, and everything that must not be believed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from bot.console.openid import Asked, NotVouched, Provider
from casework.staff.staff import COMMAND_LINE

from .conftest import ServedConsole, Visitor, without_engine
from .openid_provider import CLIENT_ID, CLIENT_SECRET, OpenIDProvider

SESSION = "yunjiu-staff"


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIDProvider]:
    provider = OpenIDProvider()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, provider: OpenIDProvider) -> Iterator[ServedConsole]:
    oidc = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}
    served = ServedConsole(without_engine(tmp_path_factory.mktemp("openid"), **oidc))
    served.desk.staff.add("wang", "王芳", "agent", ["53"], None, COMMAND_LINE)
    yield served
    served.stop()


@pytest.fixture(autouse=True)
def honest(provider: OpenIDProvider) -> None:
    provider.login, provider.claims, provider.signer, provider.issuer_told = "wang", {}, provider.key, None
    provider.header = {"alg": "RS256", "kid": "k1"}


def sent(visitor: Visitor, place: str = "/console/account") -> str:
    """The address back to the console, after the provider has signed the person in."""
    away = visitor.get("/openid", params={"next": place})
    assert away.status_code == 303
    return httpx.get(away.headers["location"]).headers["location"]


def back(visitor: Visitor, address: str) -> httpx.Response:
    split = urlsplit(address)
    return visitor.get(f"{split.path.removeprefix('/console')}?{split.query}")


def test_who_has_an_account_is_signed_in(served: ServedConsole) -> None:
    visitor = served.visitor()
    assert "用统一认证登录" in visitor.get("/sign-in?next=/console/account").text
    answer = back(visitor, sent(visitor))
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/account")
    assert "王芳" in visitor.get("/account").text
    assert served.desk.audit.about("wang")[0].details == {"how": "openid"}
    assert visitor.get("/password").status_code == 404


def test_it_leads_nowhere_else(served: ServedConsole) -> None:
    visitor = served.visitor()
    assert back(visitor, sent(visitor, "https://evil.example/")).headers["location"] == "/console/assist"


@pytest.mark.parametrize("login", ["li", "", "wang\n", "%", None, 5, ["wang"]])
def test_who_has_no_account_is_not(served: ServedConsole, provider: OpenIDProvider, login: Any) -> None:
    provider.claims = {"preferred_username": login}
    refused(served)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "somebody else"},
        {"aud": None},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"sub": None},
        {"aud": [CLIENT_ID, "other"], "azp": "other"},
    ],
)
def test_a_token_for_another_purpose_is_not_believed(
    served: ServedConsole, provider: OpenIDProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    refused(served)


@pytest.mark.filterwarnings("ignore:JWS algorithm")
def test_a_token_that_another_signed_is_not_believed(served: ServedConsole, provider: OpenIDProvider) -> None:
    provider.signer = RSAKey.generate_key(2048, {"kid": "k1"})
    refused(served)
    provider.signer = OctKey.import_key(CLIENT_SECRET, {"kid": "k1"})
    provider.header = {"alg": "HS256", "kid": "k1"}
    refused(served)
    provider.header = {"alg": "none"}
    refused(served)


def test_a_provider_under_another_name_is_not_asked(served: ServedConsole, provider: OpenIDProvider) -> None:
    provider.issuer_told = "https://evil.example"
    assert served.visitor().get("/openid").status_code == 403


def test_a_code_is_taken_only_in_the_browser_that_was_sent(served: ServedConsole) -> None:
    """Else an attacker could sign somebody in to the attacker's own account."""
    attacker, victim = served.visitor(), served.visitor()
    address = sent(attacker)
    assert back(victim, address).status_code == 403
    own = sent(victim)
    code = parse_qs(urlsplit(address).query)["code"][0]
    state = parse_qs(urlsplit(own).query)["state"][0]
    assert back(victim, address).status_code == 403
    assert victim.get("/openid/back", params={"code": code, "state": state}).status_code == 403
    assert SESSION not in victim.http.cookies


@pytest.mark.parametrize("query", ["", "?state=&code=", "?state=x&code=y", "?error=access_denied", "?state=é"])
def test_nonsense_is_refused(served: ServedConsole, query: str) -> None:
    visitor = served.visitor()
    assert visitor.get(f"/openid/back{query}").status_code == 403
    sent(visitor)
    assert visitor.get(f"/openid/back{query}").status_code == 403
    visitor.hold({"yunjiu-openid": "forged"})
    assert visitor.get(f"/openid/back{query}").status_code == 403


def test_a_code_works_once(served: ServedConsole) -> None:
    visitor = served.visitor()
    address = sent(visitor)
    kept = dict(visitor.http.cookies)
    assert back(visitor, address).status_code == 303
    visitor.hold(kept)
    assert back(visitor, address).status_code == 403


def test_a_deactivated_account_stays_closed(served: ServedConsole, provider: OpenIDProvider) -> None:
    served.staff("administrator")
    gone = served.desk.staff.add("gone", "离开", "agent", ["53"], None, COMMAND_LINE)
    served.desk.staff.change(gone.id, "离开", "agent", ["53"], False, COMMAND_LINE)
    provider.login = "gone"
    refused(served)


def test_a_provider_that_is_away_is_said_so(served: ServedConsole) -> None:
    away = Provider("http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET, "email")
    with pytest.raises(NotVouched):
        away.login(Asked("s", "n", "v", "http://127.0.0.1/back", "/console/assist"), "s", "c")


def test_an_address_counts_only_once_the_provider_has_verified_it() -> None:
    provider = Provider("http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET, "email")
    assert provider._login_in({"email": "wang@example.org", "email_verified": True}) == "wang@example.org"
    for verified in (False, None, "true", 1):
        with pytest.raises(NotVouched):
            provider._login_in({"email": "wang@example.org", "email_verified": verified})


def test_without_a_provider_there_is_no_such_page(shared: ServedConsole) -> None:
    visitor = shared.visitor()
    assert "统一认证登录" not in visitor.get("/sign-in").text
    assert visitor.get("/openid").status_code == 404


def refused(served: ServedConsole) -> None:
    visitor = served.visitor()
    answer = back(visitor, sent(visitor))
    assert answer.status_code == 403
    assert "统一认证没有通过" in answer.text
    assert SESSION not in visitor.http.cookies
