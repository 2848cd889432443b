"""The plan in the person's file: on the page and on paper, for its owner and nobody else."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from random import Random

import pytest
from pypdf import PdfReader

import policy_kb
from actions.planning import Planner
from bot.plans.printing import pdf
from bot.plans.sheet import sheet
from casework.desk import Desk
from casework.people.plans import Plan, Step
from policy_kb.eligibility import Evaluator
from policy_kb.model import Citation
from tests.app.conftest import Served, app, engine, settings  # noqa: F401  # fixtures
from tests.policy_kb.eligibility.people import person

DAY = date(2026, 11, 23)
KNOWLEDGE = policy_kb.load()
PLANNER = Planner(KNOWLEDGE, Evaluator(KNOWLEDGE))
PLAN = PLANNER.plan(
    {"work": "none", "registered": False, "able_to_work": True, "job_wish": "clear", "age": 52, "sex": "female"}, DAY
)


def without_spaces(text: str) -> str:
    return "".join(text.split())


def text_of(document: bytes) -> str:
    return without_spaces("".join(page.extract_text() for page in PdfReader(BytesIO(document)).pages))


@pytest.fixture
def conversation(app: Served) -> str:  # noqa: F811  # the fixture
    return str(app.client.post("/api/v1/web/conversations").json()["conversation_id"])


def desk_of(app: Served) -> Desk:  # noqa: F811  # the fixture
    desk: Desk = app.app.state.agents.desk
    return desk


def kept(app: Served, conversation: str, plan: Plan = PLAN) -> str:  # noqa: F811  # the fixture
    """Puts the plan into the file of the conversation's person; gives the person's id."""
    desk = desk_of(app)
    owner = desk.people.of(desk.log.sender(desk.log.key(conversation)))
    desk.plans.keep(owner, plan)
    return owner


def test_page_and_paper_say_what_was_told(app: Served, conversation: str) -> None:  # noqa: F811
    kept(app, conversation)
    place = f"/api/v1/web/conversations/{conversation}/plan"
    page = app.client.get(place)
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    paper = app.client.get(f"{place}.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    on_screen = without_spaces(re.sub(r"<[^>]+>", "", page.text))
    on_paper = text_of(paper.content)
    for shown in (on_screen, on_paper):
        assert "2026年11月23日排的" in shown
        assert "52岁" in shown
        for number, step in enumerate(PLAN.steps, start=1):
            assert without_spaces(f"{number}. {step.label}") in shown
    for step in PLAN.steps:
        for quote in step.citations:
            assert without_spaces(quote.quote) in on_screen
    assert "先办这一件" in on_paper


def test_the_chinese_font_is_in_the_document() -> None:
    reader = PdfReader(BytesIO(pdf(sheet(PLAN, (), ("甲号",)))))
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
        assert "CJK" in descriptor["/FontName"] or "WenQuanYi" in descriptor["/FontName"]


def test_without_a_plan_both_say_how_to_get_one(app: Served, conversation: str) -> None:  # noqa: F811
    place = f"/api/v1/web/conversations/{conversation}/plan"
    assert "给我排个计划" in app.client.get(place).text
    refused = app.client.get(f"{place}.pdf")
    assert refused.status_code == 404
    assert refused.json()["error"]["hint"]


def test_a_stranger_sees_no_plan(app: Served, conversation: str) -> None:  # noqa: F811
    kept(app, conversation)
    forged = conversation[:-1] + ("a" if conversation[-1] != "a" else "b")
    for tail in ("plan", "plan.pdf"):
        assert app.client.get(f"/api/v1/web/conversations/{forged}/{tail}").status_code == 404


def test_words_stay_words(app: Served, conversation: str) -> None:  # noqa: F811
    """Neither the page nor the printer takes a value for its own language."""
    nasty = '<script>alert(1)</script> #panic("x") $x$ *b* _i_ \\ @who <here> ]'
    cited = Citation(notice=None, source=nasty, clause=None, quote=nasty)
    step = Step("m", nasty, True, nasty, nasty, nasty, nasty, "staged", nasty, nasty, (cited,))
    kept(app, conversation, Plan(DAY, ((nasty, nasty),), (step,), ()))
    place = f"/api/v1/web/conversations/{conversation}/plan"
    assert "<script>" not in app.client.get(place).text
    assert text_of(app.client.get(f"{place}.pdf").content).count(without_spaces(nasty)) >= 8


def test_the_plan_is_exported_and_leaves_with_the_person(app: Served, conversation: str) -> None:  # noqa: F811
    desk, owner = desk_of(app), kept(app, conversation)
    sender = desk.log.sender(desk.log.key(conversation))
    exported = app.client.get(f"/api/v1/web/conversations/{conversation}/my-data").json()
    assert [step["label"] for step in exported["plan"]["steps"]] == [step.label for step in PLAN.steps]
    desk.forget(sender)
    assert desk.plans.of(owner) is None
    assert "52岁" not in app.client.get(f"/api/v1/web/conversations/{conversation}/plan").text


def test_a_new_plan_takes_the_place_of_the_old(app: Served, conversation: str) -> None:  # noqa: F811
    owner = kept(app, conversation)
    later = PLANNER.plan(person(Random(5), DAY).facts, date(2026, 12, 1))
    kept(app, conversation, later)
    assert desk_of(app).plans.of(owner) == later
