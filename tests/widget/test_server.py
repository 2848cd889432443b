"""What the server lets pages of other origins do, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from pydantic import ValidationError

from bot.settings import Settings
from tests.app.conftest import FakeEngine, Served, settings_of
from tests.app.test_handover import Follower

BUREAU = "https://www.bureau.example"
STRANGER = "https://stranger.example"
PHOTO = b"\xff\xd8\xff\xe0" + b"\x00" * 64 + b"\xff\xd9"


ORIGINS = f"{BUREAU}, http://127.0.0.1:9"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    engine = FakeEngine()
    served = Served(
        settings_of(engine, f"sqlite:///{tmp_path_factory.mktemp('widget')}/app.db", widget_origins=ORIGINS)
    )
    yield served
    served.stop()
    engine.close()


def ask(app: Served, path: str, origin: str, site: str | None = "cross-site", method: str = "GET") -> httpx.Response:
    headers = {"Origin": origin} | ({"Sec-Fetch-Site": site} if site else {})
    return app.client.request(method, path, headers=headers, json={} if method == "POST" else None)


PATHS = [("GET", "/widget.js"), ("GET", "/static/yunjiu-chat.js"), ("POST", "/api/v1/web/conversations")]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_only_allowed_origins_get_through(app: Served, method: str, path: str) -> None:
    allowed = ask(app, path, BUREAU, method=method)
    assert (allowed.is_success, allowed.headers["Access-Control-Allow-Origin"]) == (True, BUREAU)
    assert "Origin" in allowed.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    for origin in (STRANGER, "null", BUREAU + ".evil.example", BUREAU.replace("https", "http")):
        for site in ("cross-site", "same-site"):
            refused = ask(app, path, origin, site, method)
            assert refused.status_code == 403
            assert "Access-Control-Allow-Origin" not in refused.headers


def test_ones_own_page_needs_no_permission_whatever_a_proxy_calls_it(app: Served) -> None:
    answer = ask(app, "/api/v1/web/conversations", "https://yunjiu.example", "same-origin", "POST")
    assert answer.status_code == 201
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_an_old_browser_is_not_told_that_a_stranger_may_read(app: Served) -> None:
    answer = ask(app, "/api/v1/web/conversations", STRANGER, None, "POST")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_browser_that_asks_first_hears_what_is_allowed(app: Served) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = app.client.options("/api/v1/chat", headers={"Origin": BUREAU, **asked})
    assert answer.is_success
    assert answer.headers["Access-Control-Allow-Origin"] == BUREAU
    assert "content-type" in answer.headers["Access-Control-Allow-Headers"].lower()
    refused = app.client.options("/api/v1/chat", headers={"Origin": STRANGER, **asked})
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_the_console_is_for_no_other_page(app: Served) -> None:
    answer = ask(app, "/console/sign-in", BUREAU)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_files_may_stand_in_any_page_and_answers_may_not(app: Served) -> None:
    policy = "Cross-Origin-Resource-Policy"
    for path in ("/widget.js", "/static/yunjiu-chat.css"):
        assert app.client.get(path).headers[policy] == "cross-origin"
    assert app.client.post("/api/v1/web/conversations").headers[policy] == "same-origin"
    script = app.client.get("/widget.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["X-Content-Type-Options"] == "nosniff"


def test_by_default_there_is_no_other_page() -> None:
    assert Settings.model_fields["widget_origins"].default == ""


@pytest.mark.parametrize("wrong", ["*", "www.bureau.example", f"{BUREAU}/", f"{BUREAU}/path", "null", "ftp://host"])
def test_what_is_no_origin_is_refused_at_the_start(wrong: str) -> None:
    real = "x" * 44
    with pytest.raises(ValidationError, match="is no origin"):
        Settings(_env_file=None, engine_token=real, session_secret=real, data_key=real, widget_origins=wrong)  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize("county", ["530102", "五华区", "昆明五华"])
def test_a_page_says_its_county(app: Served, county: str) -> None:
    opened = app.client.post("/api/v1/web/conversations", json={"county": county}).json()
    assert opened["county"] == {"code": "530102", "name": "昆明市五华区"}
    kept = app.client.get(f"/api/v1/web/conversations/{opened['conversation_id']}/my-data").json()
    fact = kept["profile"]["county"]
    assert (fact["value"], fact["source"]) == ("530102", "imported")


@pytest.mark.parametrize("county", ["", "昆明市", "广东", "999999", "<script>"])
def test_a_county_that_is_none_is_left_out(app: Served, county: str) -> None:
    opened = app.client.post("/api/v1/web/conversations", json={"county": county}).json()
    assert opened["county"] is None


def test_a_file_sent_again_is_taken_once(app: Served) -> None:
    conversation = app.client.post("/api/v1/web/conversations").json()["conversation_id"]
    address = f"/api/v1/web/conversations/{conversation}"
    first, again = (
        app.client.post(f"{address}/documents", files={"file": ("a.jpg", PHOTO)}, data={"message_id": "m1"})
        for _ in range(2)
    )
    assert first.is_success, first.text
    assert first.json() == again.json()
    turns = app.client.get(f"{address}/messages").json()["turns"]
    assert [(turn["from"], turn["message_id"], turn["reply_to"]) for turn in turns] == [
        ("person", "m1", None),
        ("assistant", None, "m1"),
    ]


def test_who_has_seen_more_than_there_is_sees_all_anew(app: Served) -> None:
    """A conversation that was forgotten counts from 1 again."""
    conversation = app.client.post("/api/v1/web/conversations").json()["conversation_id"]
    app.chat("你好", conversation, "m1")
    late = Follower(app, conversation, after=50)
    try:
        assert [turn["sequence"] for turn in late.turns(2)] == [1, 2]
    finally:
        late.close()
