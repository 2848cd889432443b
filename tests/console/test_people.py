"""One person, one page: found, shown and revealed over real HTTP, and hidden from other areas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from markupsafe import escape

import policy_kb
from actions.planning import Planner
from casework.cases.references import shown
from policy_kb.eligibility import Evaluator
from tests.actions.persona import identity

from .case_files import EVIL, MOBILE, audited, file, served
from .conftest import ServedConsole, Visitor


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedConsole]:
    with served(tmp_path_factory.mktemp("people")) as console:
        yield console


@pytest.fixture(scope="module")
def agent(console: ServedConsole) -> Visitor:
    visitor = console.signed_in("agent", "5301", login="kunming")
    visitor.get("/people")
    return visitor


@pytest.fixture(scope="module")
def stranger(console: ServedConsole) -> Visitor:
    visitor = console.signed_in("agent", "5329", login="dali")
    visitor.get("/people")
    return visitor


def test_a_person_is_found_by_the_reference_of_a_case(console: ServedConsole, agent: Visitor) -> None:
    filed = file(console.desk)
    answer = agent.post("/people", {"reference": f" {shown(filed.reference)} "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/console/people/{filed.person}")


@pytest.mark.parametrize("typed", ["{}", " {} ", "as lower", "full width"])
def test_a_person_is_found_by_their_number_which_is_not_recorded(
    console: ServedConsole, agent: Visitor, typed: str
) -> None:
    filed = file(console.desk)
    wide = "".join(chr(ord(each) + 0xFEE0) for each in filed.number)
    number = {"as lower": filed.number.lower(), "full width": wide}.get(typed, typed.format(filed.number))
    answer = agent.post("/people", {"identity": number})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/console/people/{filed.person}")
    hashed = console.desk.cases.identity_hash(filed.number)
    entry = audited(console.desk, hashed)[0]
    assert (entry.action, entry.actor, dict(entry.details)) == ("searched_identity", "kunming", {"found": 1})
    assert filed.number not in repr(entry)


def test_a_number_that_two_people_filed_for_leads_to_both(console: ServedConsole, agent: Visitor) -> None:
    number = identity(900)
    pair = [file(console.desk, number=number, kind=kind) for kind in ("hardship-recognition", "gig-market")]
    page = agent.post("/people", {"identity": number})
    assert page.status_code == 200
    assert all(f"/console/people/{filed.person}" in page.text for filed in pair)


@pytest.mark.parametrize(
    "data", [{}, {"reference": "12"}, {"identity": "530602197805060000"}, {"identity": EVIL}, {"identity": "%"}]
)
def test_nobody_is_said_in_words(agent: Visitor, data: dict[str, str]) -> None:
    page = agent.post("/people", data)
    assert page.status_code in (404, 422)
    assert 'role="alert"' in page.text and "<script>alert" not in page.text


def test_one_page_holds_all_that_is_kept_of_a_person(console: ServedConsole, agent: Visitor) -> None:
    filed = file(console.desk, hukou="530302")
    more = file(console.desk, kind="gig-market", sender=filed.sender, number=filed.number)
    console.desk.cases.act(filed.reference, "return", "agent", "kunming", {"missing": "身份证照片"})
    console.desk.errands.begin(filed.sender, filed.person, "filing", "unemployment-benefit", {})
    page = agent.get(f"/people/{filed.person}").text
    for reference in (filed.reference, more.reference):
        assert f"/console/cases/{reference}" in page
    assert f"/console/conversations/{filed.sender}" in page
    assert "身份证照片" in page and "还没告诉" in page
    assert "就业困难人员认定（第 1 版）" in page
    assert re.search(r"在填：\S*失业保险金", page)
    assert "曲靖市麒麟区" in page and "本人说的" in page
    assert filed.number not in page and MOBILE not in page and filed.name not in page
    assert [entry.action for entry in audited(console.desk, filed.person)] == ["read_person"]


def test_a_fact_is_shown_for_a_reason_and_on_record(console: ServedConsole, agent: Visitor) -> None:
    filed = file(console.desk)
    agent.get(f"/people/{filed.person}")
    place = f"/people/{filed.person}/reveal"
    refused = agent.post(place, {"field": "mobile", "why": "  "})
    assert refused.status_code == 422 and MOBILE not in refused.text
    assert MOBILE in agent.htmx("POST", place, data={"field": "mobile", "why": "联系申请人"}).text
    assert MOBILE in agent.post(place, {"field": "mobile", "why": "联系申请人"}).text
    entry = audited(console.desk, filed.person)[0]
    assert (entry.action, entry.actor) == ("revealed", "kunming")
    assert entry.details == {"field": "mobile", "why": "联系申请人"}
    assert agent.post(place, {"field": "county", "why": "联系申请人"}).status_code == 404
    assert agent.post(place, {"field": "nothing", "why": "联系申请人"}).status_code == 404


def test_a_persons_words_are_words(console: ServedConsole, agent: Visitor) -> None:
    filed = file(console.desk, kind="unemployment-registration", name=EVIL, last_job=EVIL)
    console.desk.learn(filed.person, {"last_employer": EVIL})
    console.desk.cases.act(filed.reference, "return", "agent", "kunming", {"missing": EVIL})
    page = agent.get(f"/people/{filed.person}").text
    assert "<script>alert" not in page and "<img src=x" not in page
    assert str(escape(EVIL)) in page
    revealed = agent.htmx("POST", f"/people/{filed.person}/reveal", data={"field": "name", "why": "核对身份"})
    assert "<script>" not in revealed.text and "&lt;script&gt;" in revealed.text


def test_another_areas_person_does_not_exist(console: ServedConsole, stranger: Visitor) -> None:
    filed = file(console.desk)
    reveal = {"field": "mobile", "why": "联系申请人"}
    answers = [
        stranger.get(f"/people/{filed.person}"),
        stranger.post(f"/people/{filed.person}/reveal", reveal),
        stranger.post("/people", {"reference": filed.reference}),
        stranger.post("/people", {"identity": filed.number}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert all(MOBILE not in answer.text and filed.person not in answer.text for answer in answers[1:])
    for nobody in ("0" * 32, "%00" * 32, "x"):
        assert stranger.get(f"/people/{nobody}").status_code == 404
    assert audited(console.desk, filed.person) == []


def test_a_person_is_seen_by_who_sees_one_of_their_cases(
    console: ServedConsole, agent: Visitor, stranger: Visitor
) -> None:
    filed = file(console.desk)
    there = file(console.desk, "532901", kind="gig-market", sender=filed.sender, number=filed.number)
    for visitor, own, hidden in ((agent, filed, there), (stranger, there, filed)):
        page = visitor.get(f"/people/{filed.person}").text
        assert own.reference in page and hidden.reference not in page
        assert "另有 1 件不在您的区域" in page


def test_a_person_without_cases_is_seen_where_they_live(
    console: ServedConsole, agent: Visitor, stranger: Visitor
) -> None:
    person = console.desk.people.of("only a profile")
    console.desk.learn(person, {"county": "530102"})
    assert agent.get(f"/people/{person}").status_code == 200
    assert stranger.get(f"/people/{person}").status_code == 404


def test_a_forgotten_person_is_gone_and_their_case_says_so(console: ServedConsole, agent: Visitor) -> None:
    filed = file(console.desk)
    console.desk.forget(filed.sender)
    assert agent.get(f"/people/{filed.person}").status_code == 404
    assert agent.post("/people", {"identity": filed.number}).status_code == 404
    assert "本人已经要求删除" in agent.post("/people", {"reference": filed.reference}).text
    assert "只留下办件" in agent.get(f"/cases/{filed.reference}").text


def test_the_agent_has_a_copy_of_the_plan(console: ServedConsole, agent: Visitor, stranger: Visitor) -> None:
    filed = file(console.desk)
    place = f"/people/{filed.person}/plan"
    assert agent.get(f"{place}.pdf").status_code == 404
    facts = {"work": "none", "registered": False, "able_to_work": True, "age": 52, "sex": "female"}
    knowledge = policy_kb.load()
    plan = Planner(knowledge, Evaluator(knowledge)).plan(facts, date(2026, 11, 23))
    console.desk.plans.keep(filed.person, plan)
    assert f"/console{place}" in agent.get(f"/people/{filed.person}").text
    assert f"/console{place}" in agent.get(f"/cases/{filed.reference}").text
    page = agent.get(place).text
    assert all(step.label in page for step in plan.steps) and "52岁" not in page
    paper = agent.get(f"{place}.pdf")
    assert paper.content.startswith(b"%PDF") and paper.headers["cache-control"] == "no-store"
    assert [entry.action for entry in audited(console.desk, filed.person)][:2] == ["read_plan", "read_plan"]
    assert [stranger.get(f"{place}{tail}").status_code for tail in ("", ".pdf")] == [404, 404]
