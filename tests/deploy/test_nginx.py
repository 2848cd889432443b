"""What nginx lets through, to whom, how often, and what it keeps of it."""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path

import httpx
import pytest

from casework.people.documents import MOST_BYTES
from tests.deploy.conftest import SITES, App, Front

CONVERSATION = "/api/v1/web/conversations/c3VwZXItc2VjcmV0.sig"
TURN = {"conversation_id": "a", "text": "失业金怎么领"}
WITH_ID = {**TURN, "message_id": "m-1"}


@pytest.mark.parametrize("site", SITES)
def test_nginx_takes_the_configuration(site: str, tmp_path: Path) -> None:
    said = Front(tmp_path, site, [9, 9, 9, 9]).test()
    assert said.returncode == 0, said.stderr


def test_nginx_refuses_a_broken_configuration(tmp_path: Path) -> None:
    front = Front(tmp_path, SITES[0], [9, 9, 9, 9])
    (tmp_path / "locations.conf").write_text("location / { proxy_pas http://apps; }")
    assert front.test().returncode != 0


def test_http_leads_to_https(front: Front) -> None:
    answer = httpx.get(front.url("80") + "/console/cases?page=2")
    assert (answer.status_code, answer.headers["location"]) == (301, "https://127.0.0.1/console/cases?page=2")


@pytest.mark.parametrize(
    "path", ["/actions/webhook", "/actions", "//actions/webhook", "/%61ctions/webhook", "/x/../metrics", "/metrics"]
)
def test_what_is_for_the_inside_is_not_there_from_outside(
    path: str, front: Front, browser: httpx.Client, apps: tuple[App, App]
) -> None:
    assert browser.get(httpx.URL(front.url("443")).copy_with(raw_path=path.encode())).status_code == 404
    assert not [each for app in apps for each in app.asked]


def test_the_engine_reaches_actions_and_nothing_else(front: Front, apps: tuple[App, App]) -> None:
    inside = front.url("127.0.0.1:8009")
    turn = {"X-Yunjiu-Turn": "0123456789abcdef"}
    assert httpx.post(f"{inside}/actions/webhook?token=t", content=b"x" * 2_000_000, headers=turn).status_code == 200
    asked = [each for app in apps for each in app.asked]
    assert [each["bytes"] for each in asked] == [2_000_000]
    assert asked[0]["headers"]["x-yunjiu-turn"] == turn["X-Yunjiu-Turn"]
    assert httpx.get(f"{inside}/metrics").status_code == 404


def test_an_app_believes_nginx_and_not_the_browser(browser: httpx.Client, apps: tuple[App, App]) -> None:
    lies = {"X-Forwarded-For": "10.9.8.7", "X-Forwarded-Proto": "http", "Forwarded": "for=x", "X-Yunjiu-Turn": "0" * 16}
    browser.get("/", headers={**lies, "X-Real-IP": "10.9.8.7"})
    headers = next(each["headers"] for app in apps for each in app.asked)
    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == ("127.0.0.1", "https")
    assert not {"forwarded", "x-real-ip", "x-yunjiu-turn"} & headers.keys()
    assert headers["host"] == f"127.0.0.1:{browser.base_url.port}"


def _until_both_are_asked(browser: httpx.Client, turn: dict[str, str], apps: tuple[App, App]) -> list[httpx.Response]:
    """Whichever app is next, the second turn comes to the one that dies."""
    apps[0].dies = True
    return [browser.post("/api/v1/chat", json=turn) for _ in range(2)]


def test_a_turn_with_an_id_goes_to_the_other_app_when_one_dies(browser: httpx.Client, apps: tuple[App, App]) -> None:
    answers = _until_both_are_asked(browser, WITH_ID, apps)
    assert [each.json()["app"] for each in answers] == [apps[1].port] * 2
    assert len(apps[0].asked) == 1
    assert {each["bytes"] for each in apps[1].asked} == {each["bytes"] for each in apps[0].asked}


def test_a_turn_without_one_is_not_said_twice(browser: httpx.Client, apps: tuple[App, App]) -> None:
    answers = _until_both_are_asked(browser, TURN, apps)
    assert sorted(each.status_code for each in answers) == [200, 503]
    refused = next(each for each in answers if each.status_code == 503)
    assert refused.json()["error"]["code"] == "unavailable" and refused.headers["retry-after"] == "5"
    assert (len(apps[0].asked), len(apps[1].asked)) == (1, 1)


def test_a_turn_is_told_in_words_when_no_app_is_there(browser: httpx.Client, apps: tuple[App, App]) -> None:
    for app in apps:
        app.dies = True
    for turn in (WITH_ID, TURN):
        answer = browser.post("/api/v1/chat", json=turn)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
        assert "12333" in answer.json()["error"]["hint"] and answer.headers["access-control-allow-origin"] == "*"


def test_the_longest_turn_fits_however_it_is_written(browser: httpx.Client) -> None:
    turn = json.dumps({"conversation_id": "c" * 128, "message_id": "m" * 64, "text": "𠮷" * 2000})
    assert browser.post("/api/v1/chat", content=turn).status_code == 200
    refused = browser.post("/api/v1/chat", content=turn * 2)
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_long")


@pytest.mark.parametrize("path", [f"{CONVERSATION}/documents", "/console/cases/530100000001/documents"])
def test_the_largest_document_fits(path: str, browser: httpx.Client) -> None:
    assert browser.post(path, content=b"x" * (MOST_BYTES + 4096)).json()["bytes"] == MOST_BYTES + 4096
    assert browser.post(path, content=b"x" * (MOST_BYTES + 2_000_000)).status_code == 413


@pytest.mark.parametrize("path", [f"{CONVERSATION}/events", "/console/conversations/events"])
def test_events_come_when_they_happen(path: str, browser: httpx.Client, apps: tuple[App, App]) -> None:
    with browser.stream("GET", path) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "data: first"
        for app in apps:
            app.more.set()
        assert [line for line in lines if line] == ["data: second"]


def test_one_address_is_an_office_but_not_a_machine_that_runs_wild(browser: httpx.Client) -> None:
    office = [browser.get("/").status_code for _ in range(150)]
    assert set(office) == {200}
    wild = [browser.get("/") for _ in range(300)]
    refused = [each for each in wild if each.status_code == 429]
    assert refused and refused[0].json()["error"]["code"] == "too_many" and refused[0].headers["retry-after"] == "5"


def test_the_log_says_how_it_went_and_nothing_of_anybody(front: Front, browser: httpx.Client) -> None:
    browser.get(f"{CONVERSATION}/messages?q=530102199001011234", headers={"Referer": "https://x/secret"})
    browser.post("/api/v1/chat", json=WITH_ID)
    front.stop()
    seen = [(each["method"], each["route"], each["status"]) for each in front.log()]
    assert seen == [("GET", "/api/v1/web/conversations/{id}/messages", 200), ("POST", "/api/v1/chat", 200)]
    written = "".join(each.read_text() for each in front.folder.glob("*.log")).replace("127.0.0.1:", "")
    for hidden in ("c3VwZXI", "53010219", "secret", "127.0.0.1", "httpx"):
        assert hidden not in written


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions_of_tls_are_refused(front: Front) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", front.listens["443"])) as line, pytest.raises(ssl.SSLError):
        context.wrap_socket(line)
