"""Cases in the console over real HTTP: lists, one case, steps, files; and attacks on all of them."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from markupsafe import escape

from casework.cases.references import shown
from tests.casework.case_samples import PNG

from .case_files import EVIL, FORMULA, MOBILE, Filed, audited, file, served
from .conftest import ServedConsole, Visitor

REFERENCE = re.compile(r'href="/console/cases/(\d{12})"')
KUNMING, DALI = ("5301",), ("5329",)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedConsole]:
    with served(tmp_path_factory.mktemp("cases")) as console:
        yield console


@pytest.fixture(scope="module")
def agent(console: ServedConsole) -> Visitor:
    return console.signed_in("agent", *KUNMING, login="kunming")


@pytest.fixture(scope="module")
def supervisor(console: ServedConsole) -> Visitor:
    return console.signed_in("supervisor", login="chief")


@pytest.fixture(scope="module")
def stranger(console: ServedConsole) -> Visitor:
    """Of another prefecture."""
    return console.signed_in("supervisor", *DALI, login="dali")


def status(console: ServedConsole, filed: Filed) -> str:
    view = console.desk.cases.by_reference(filed.reference)
    assert view is not None
    return view.status


def seen(visitor: Visitor, filed: Filed) -> str:
    """What the case's page says of how many events there are."""
    match = re.search(r'name="seen" value="(\d+)"', visitor.get(f"/cases/{filed.reference}").text)
    assert match is not None
    return match[1]


def act(visitor: Visitor, filed: Filed, action: str, note: str = "", events: str | None = None) -> Any:
    known = seen(visitor, filed) if events is None else events
    return visitor.post(f"/cases/{filed.reference}/act", {"action": action, "note": note, "seen": known})


def listed(visitor: Visitor, query: str = "status=all") -> list[str]:
    """All references, page by page, as the next link leads on."""
    found: list[str] = []
    place = f"/cases?{query}"
    while place:
        page = visitor.get(place)
        assert page.status_code == 200
        found += REFERENCE.findall(page.text)
        following = re.search(r'rel="next" href="/console(/cases[^"]*)"', page.text)
        place = html.unescape(following[1]) if following else ""
    return found


# Lists


def test_a_list_shows_what_lies_in_the_area_and_what_has_no_place(console: ServedConsole, agent: Visitor) -> None:
    here, elsewhere, nowhere = (file(console.desk, county) for county in ("530103", "532901", None))
    found = listed(agent)
    assert {here.reference, nowhere.reference} <= set(found)
    assert elsewhere.reference not in found
    assert len(found) == len(set(found))
    assert here.name not in agent.get("/cases?status=all").text


def test_filters_narrow_and_the_address_can_be_shared(console: ServedConsole, supervisor: Visitor) -> None:
    training = file(console.desk, "530302", kind="unemployment-registration")
    hardship = file(console.desk, "530302")
    query = "status=filed&kind=unemployment-registration&area=5303&filed_from=2020-01-01&filed_until=2099-12-31"
    assert listed(supervisor, query) == [training.reference]
    assert set(listed(supervisor, "status=open&area=530302")) == {training.reference, hardship.reference}
    assert listed(supervisor, "status=closed&area=530302") == []
    assert listed(supervisor, "status=all&area=530302&filed_until=2020-01-01") == []
    page = supervisor.get(f"/cases?{query}").text
    assert '<option value="unemployment-registration" selected>' in page
    assert '<option value="5303" selected>' in page


def test_a_long_list_is_paged_without_gaps_or_doubles(console: ServedConsole, supervisor: Visitor) -> None:
    made = [file(console.desk, "533325", kind="gig-market").reference for _ in range(60)]
    found = listed(supervisor, "status=all&area=533325")
    assert found == made[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "status=odd",
        "due=odd",
        "due=1",
        "filed_from=yesterday",
        "after=odd",
        "reference=12",
        "after=1.1",
        "area=x",
        "kind=%00",
    ],
)
def test_a_list_that_the_form_does_not_offer_is_refused_in_words(supervisor: Visitor, query: str) -> None:
    page = supervisor.get(f"/cases?{query}")
    assert page.status_code in (404, 422)
    assert "没能打开" in page.text


def test_a_reference_leads_to_its_case_however_it_is_typed(console: ServedConsole, agent: Visitor) -> None:
    filed, elsewhere = file(console.desk), file(console.desk, "532901")
    answer = agent.get("/cases", params={"reference": shown(filed.reference)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/console/cases/{filed.reference}")
    assert agent.get("/cases", params={"reference": elsewhere.reference}).status_code == 404


# One case


def test_a_case_shows_its_answers_masked_and_its_words_escaped(console: ServedConsole, agent: Visitor) -> None:
    filed = file(console.desk, kind="unemployment-registration", last_job=EVIL, skills_other=EVIL)
    act(agent, filed, "return", EVIL)
    page = agent.get(f"/cases/{filed.reference}").text
    assert "<script>alert" not in page and "<img src=x" not in page
    assert page.count(str(escape(EVIL))) >= 3
    for value in (filed.number, MOBILE, filed.name):
        assert value not in page
    assert filed.number[:6] + "*" * 8 + filed.number[-4:] in page
    assert "昆明市五华区" in page
    kinds = [entry.action for entry in audited(console.desk, filed.reference)]
    assert {"read", "read_answers"} <= set(kinds)


@pytest.mark.parametrize("name", [EVIL + ".png", '"; filename="x.html', "a\r\nSet-Cookie: x=1.png", "=cmd.png"])
def test_a_file_comes_as_an_attachment_of_its_own_kind(console: ServedConsole, agent: Visitor, name: str) -> None:
    filed = file(console.desk, file_name=name)
    page = agent.get(f"/cases/{filed.reference}").text
    assert "<script>alert" not in page
    place = re.search(r'href="/console(/cases/\d+/documents/[^"]+)"', page)
    assert place is not None
    answer = agent.get(place[1])
    assert answer.content == PNG
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert re.fullmatch(r"attachment; filename\*=UTF-8''[\w%.~-]+", answer.headers["content-disposition"])
    assert "set-cookie" not in answer.headers
    newest = audited(console.desk, filed.reference)[0]
    assert (newest.action, newest.actor) == ("read_document", "kunming")


def test_a_file_of_another_case_does_not_come_through_this_one(console: ServedConsole, agent: Visitor) -> None:
    mine, other = file(console.desk), file(console.desk, "532901")
    token = console.desk.documents.of(other.case)[0].token
    assert agent.get(f"/cases/{mine.reference}/documents/{token}").status_code == 404
    for wrong in ("d_nothing", "d_" + "%00" * 20, "%F0%9F%98%80"):
        assert agent.get(f"/cases/{mine.reference}/documents/{wrong}").status_code == 404


def test_a_value_is_shown_for_a_reason_and_on_record(console: ServedConsole, agent: Visitor) -> None:
    filed = file(console.desk)
    agent.get(f"/cases/{filed.reference}")
    refused = agent.post(f"/cases/{filed.reference}/reveal", {"field": "identity"})
    assert refused.status_code == 422 and filed.number not in refused.text
    shown_value = agent.htmx(
        "POST", f"/cases/{filed.reference}/reveal", data={"field": "identity", "other": f"打 {MOBILE} 找本人"}
    )
    assert shown_value.status_code == 200
    assert filed.number in shown_value.text and "<html" not in shown_value.text
    entry = audited(console.desk, filed.reference)[0]
    assert (entry.action, entry.actor, entry.role) == ("revealed", "kunming", "agent")
    assert entry.details == {"field": "identity", "why": "打 〔手机号〕 找本人"}


@pytest.mark.parametrize("field", ["county", "proof", "nothing", "__class__"])
def test_only_what_is_masked_can_be_revealed(console: ServedConsole, agent: Visitor, field: str) -> None:
    filed = file(console.desk)
    agent.get(f"/cases/{filed.reference}")
    answer = agent.post(f"/cases/{filed.reference}/reveal", {"field": field, "why": "核对身份"})
    assert answer.status_code == 404


def test_steps_lead_on_and_say_why_not(console: ServedConsole, agent: Visitor, supervisor: Visitor) -> None:
    filed = file(console.desk)
    done = act(agent, filed, "accept")
    assert (done.status_code, done.headers["location"]) == (303, f"/console/cases/{filed.reference}?done=accepted")
    assert "办好了：受理" in agent.get(f"/cases/{filed.reference}?done=accepted").text
    refused = act(agent, filed, "refuse", "   ")
    assert refused.status_code == 409 and "请写明不通过的原因" in refused.text
    kept = act(agent, filed, "withdraw", "我来撤")
    assert kept.status_code == 409 and status(console, filed) == "accepted"
    assert act(supervisor, filed, "refuse", "不满一年").status_code == 303
    view = console.desk.cases.by_reference(filed.reference)
    assert view is not None and (view.status, view.reason, view.history[-1].by) == ("refused", "不满一年", "chief")


def test_an_agent_does_not_decide_an_appeal(console: ServedConsole, agent: Visitor, supervisor: Visitor) -> None:
    filed = file(console.desk)
    act(agent, filed, "accept")
    act(agent, filed, "refuse", "材料不对")
    console.desk.cases.act(filed.reference, "appeal", "applicant", filed.person, {})
    answer = act(agent, filed, "grant")
    assert answer.status_code == 409 and status(console, filed) == "appealed"
    assert act(supervisor, filed, "grant").status_code == 303


def test_of_two_who_decide_at_once_one_does(console: ServedConsole) -> None:
    filed = file(console.desk)
    pair = [console.signed_in("supervisor") for _ in range(2)]
    act(pair[0], filed, "accept")
    events = seen(pair[0], filed)
    seen(pair[1], filed)
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda who, what: act(who, filed, what, "理由", events), pair, ("grant", "refuse"), timeout=30)
        )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    view = console.desk.cases.by_reference(filed.reference)
    assert view is not None and len(view.history) == 3
    (late,) = [answer for answer in answers if answer.status_code == 409]
    assert "新进展" in late.text


def test_a_step_from_an_old_page_is_not_done(console: ServedConsole, agent: Visitor) -> None:
    filed = file(console.desk)
    old = seen(agent, filed)
    act(agent, filed, "return", "缺照片")
    console.desk.cases.act(filed.reference, "complete", "applicant", filed.person, {})
    answer = act(agent, filed, "accept", events=old)
    assert answer.status_code == 409 and status(console, filed) == "completed"


def test_staff_add_a_photo_or_pdf_and_nothing_else(console: ServedConsole, agent: Visitor) -> None:
    filed = file(console.desk)
    place, data = f"/cases/{filed.reference}/documents", {"seen": seen(agent, filed)}
    wrong = agent.post(place, data, files={"document": ("x.html", b"<script>alert(1)</script>", "image/png")})
    assert wrong.status_code == 422 and "照片" in wrong.text and status(console, filed) == "filed"
    assert agent.post(place, data, files={"document": ("补交.png", PNG, "text/html")}).status_code == 303
    stale = agent.post(place, data, files={"document": ("再补.png", PNG, "image/png")})
    assert stale.status_code == 409
    assert [each.name for each in console.desk.documents.of(filed.case)] == ["照片.png", "补交.png"]


def test_another_areas_case_does_not_exist(console: ServedConsole, stranger: Visitor, agent: Visitor) -> None:
    filed = file(console.desk)
    token = console.desk.documents.of(filed.case)[0].token
    place = f"/cases/{filed.reference}"
    stranger.get("/cases")
    before = len(audited(console.desk, filed.reference))
    png = {"document": ("x.png", PNG, "image/png")}
    answers = [
        stranger.get(place),
        stranger.get(f"{place}/documents/{token}"),
        stranger.post(f"{place}/act", {"action": "accept", "seen": "1"}),
        stranger.post(f"{place}/reveal", {"field": "identity", "why": "核对身份"}),
        stranger.post(f"{place}/documents", {"seen": "1"}, files=png),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    unknown = stranger.get("/cases/100000000000")
    assert unknown.status_code == 404
    assert REFERENCE.sub("", stranger.get(place).text) == REFERENCE.sub("", unknown.text).replace(
        "100000000000", filed.reference
    )
    assert status(console, filed) == "filed" and len(audited(console.desk, filed.reference)) == before
    preview = stranger.post("/cases/bulk", {"action": "accept", "reference": [filed.reference]})
    assert "没有找到" in preview.text and shown(filed.reference) not in preview.text
    done = stranger.post("/cases/bulk/confirmed", {"action": "accept", "seen": [f"{filed.reference}.1"]})
    assert "没有找到" in done.text and status(console, filed) == "filed"


@pytest.mark.parametrize(
    "place", ["/act", "/reveal", "/documents", "bulk", "bulk/confirmed", "export", "ledger"], ids=str
)
def test_nothing_is_done_without_the_token_of_the_session(
    console: ServedConsole, supervisor: Visitor, place: str
) -> None:
    filed = file(console.desk)
    whole = f"/cases/{filed.reference}{place}" if place.startswith("/") else f"/cases/{place}"
    data = {
        "csrf_token": "0" * 64,
        "action": "accept",
        "seen": "1",
        "reference": filed.reference,
        "field": "name",
        "why": "x",
    }
    assert supervisor.http.post(f"/console{whole}", data=data).status_code == 403
    assert status(console, filed) == "filed"


def test_a_case_says_what_the_rules_said_and_where_that_stands(console: ServedConsole, agent: Visitor) -> None:
    facts = {"registered": False, "disability": True}
    page = agent.get(f"/cases/{file(console.desk, known=facts).reference}").text
    assert "有条件对不上" in page and "<strong>办了失业登记</strong>" in page
    assert "云人社发〔2022〕57号 第 5.1 条" in page
    assert "<blockquote>及时将登记失业人员中符合条件的零就业家庭" in page  # not the whole clause
    assert re.search(r'depth-2">残疾</th>\s*<td><span class="badge good">合<', page)
    unknown = agent.get(f"/cases/{file(console.desk, known={}).reference}").text
    assert "还差情况，说不准" in unknown and "还不知道的：" in unknown and "<strong>" not in _trace(unknown)
    assert "递交时没有对照" in agent.get(f"/cases/{file(console.desk).reference}").text


def _trace(page: str) -> str:
    return page.partition('<h2 id="trace">')[2].partition("</section>")[0]


# Many at once


def test_a_preview_says_what_then_happens(console: ServedConsole, agent: Visitor) -> None:
    fresh, closed, returned = (file(console.desk, "530111") for _ in range(3))
    act(agent, closed, "accept")
    act(agent, closed, "grant")
    act(agent, returned, "return", "照片")
    chosen = [fresh.reference, closed.reference, returned.reference]
    preview = agent.post("/cases/bulk", {"action": "accept", "reference": chosen})
    assert "会办 1 件，不会办 2 件" in preview.text
    assert status(console, fresh) == "filed"
    counted = re.findall(r'name="seen" value="([\d.]+)"', preview.text)
    assert counted == [f"{fresh.reference}.1"]
    reasons = re.findall(r"不办</span> (\S+?)</td>", preview.text)
    assert reasons == ["这件申请办好了，现在不能受理。", "这件申请要补材料，现在不能受理。"]
    done = agent.post("/cases/bulk/confirmed", {"action": "accept", "seen": counted})
    assert "办了 1 件。" in done.text and status(console, fresh) == "accepted"


def test_what_moved_on_since_the_preview_is_left_alone(console: ServedConsole, agent: Visitor) -> None:
    moved, still = file(console.desk, "530111"), file(console.desk, "530111")
    preview = agent.post("/cases/bulk", {"action": "accept", "reference": [moved.reference, still.reference]})
    counted = re.findall(r'name="seen" value="([\d.]+)"', preview.text)
    console.desk.cases.act(moved.reference, "remind", "applicant", moved.person, {})
    done = agent.post("/cases/bulk/confirmed", {"action": "accept", "seen": counted})
    assert "办了 1 件，没办 1 件" in done.text and "新进展" in done.text
    assert (status(console, moved), status(console, still)) == ("filed", "accepted")
    again = agent.post("/cases/bulk/confirmed", {"action": "accept", "seen": counted})
    assert "办了 0 件，没办 2 件" in again.text


def test_many_are_refused_with_their_reason_or_not_at_all(console: ServedConsole, supervisor: Visitor) -> None:
    filed = file(console.desk, "530111")
    act(supervisor, filed, "accept")
    without = supervisor.post("/cases/bulk", {"action": "refuse", "reference": [filed.reference], "note": " "})
    assert "会办 0 件，不会办 1 件" in without.text and "请写明不通过的原因" in without.text
    preview = supervisor.post("/cases/bulk", {"action": "refuse", "reference": [filed.reference], "note": EVIL})
    assert "会办 1 件" in preview.text and "<script>alert" not in preview.text
    counted = re.findall(r'name="seen" value="([\d.]+)"', preview.text)
    supervisor.post("/cases/bulk/confirmed", {"action": "refuse", "seen": counted, "note": EVIL})
    view = console.desk.cases.by_reference(filed.reference)
    assert view is not None and view.reason == EVIL


@pytest.mark.parametrize(
    "data",
    [
        {"action": "accept"},
        {"action": "withdraw", "reference": ["1"]},
        {"action": "", "reference": ["1"]},
        {"action": "accept", "reference": [str(each) for each in range(201)]},
    ],
)
def test_an_impossible_choice_is_refused_in_words(agent: Visitor, data: dict[str, Any]) -> None:
    agent.get("/cases")
    answer = agent.post("/cases/bulk", data)
    assert answer.status_code == 422 and "没能打开" in answer.text


@pytest.mark.parametrize("seen", ["1", "1.x", "1.-1", "1.999999999", ".", "1.1.1"])
def test_a_damaged_confirmation_changes_nothing(agent: Visitor, seen: str) -> None:
    agent.get("/cases")
    assert agent.post("/cases/bulk/confirmed", {"action": "accept", "seen": [seen]}).status_code == 422


# Exports


def table(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_list_is_exported_as_it_is_filtered_and_on_record(console: ServedConsole, supervisor: Visitor) -> None:
    made = [file(console.desk, "532301", kind="gig-market").reference for _ in range(3)]
    supervisor.get("/cases")
    rows = table(supervisor.post("/cases/export", {"status": "filed", "area": "532301"}))
    assert [row[0] for row in rows[1:]] == made[::-1]
    assert rows[1][1:4] == ["找零工", "已递交，等受理", "楚雄彝族自治州楚雄市"]
    entry = audited(console.desk, "cases")[0]
    assert (entry.action, entry.actor, entry.details["rows"]) == ("exported_list", "chief", 3)
    assert "532301" in entry.details["filter"]


@pytest.mark.parametrize("words", [FORMULA, "+1+1", "-2+3", "@SUM(1)", "\t=1", "　=1+1", "＝1+1", " =1"])
def test_the_ledger_is_masked_and_holds_no_formula(console: ServedConsole, words: str) -> None:
    chief = console.signed_in("supervisor", "533102")
    filed = file(console.desk, "533102", kind="unemployment-registration", last_job=words, skills_other=EVIL)
    elsewhere = file(console.desk, "533103", kind="unemployment-registration")
    rows = table(chief.post("/cases/ledger", {"filed_from": "2020-01-01", "filed_until": "2099-12-31"}))
    references = [row[0] for row in rows[1:]]
    assert filed.reference in references and elsewhere.reference not in references
    for cell in (cell for row in rows for cell in row):
        assert not re.match(r"[\s　]*[=+\-@＝＋－＠|%]", cell), cell
        assert filed.number not in cell and MOBILE not in cell and filed.name not in cell
    assert any(words.strip() in cell for cell in rows[references.index(filed.reference) + 1])
    assert audited(console.desk, "ledger")[0].action == "exported_ledger"


def test_an_agent_exports_nothing(agent: Visitor) -> None:
    assert "导出" not in agent.get("/cases").text
    assert agent.post("/cases/export", {"status": "all"}).status_code == 403
    days = {"filed_from": "2020-01-01", "filed_until": "2099-12-31"}
    assert agent.post("/cases/ledger", days).status_code == 403
