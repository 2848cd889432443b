"""Every application filled by an agent on one page: the same answers, consent, judgement and ledger as in a chat."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

import policy_kb
from actions.filing.one_page import MISSING, OnePage, Sheet
from actions.filing.state import from_dict
from casework.cases.view import CaseView
from casework.desk import Desk
from casework.people.errands import Errand
from casework.people.vault import is_token
from policy_kb.procedures import Application
from tests.actions.persona import MARKS, answer
from tests.casework.case_samples import PNG

from .conftest import TODAY, Filer

KNOWLEDGE = policy_kb.load()
APPLICATIONS = list(KNOWLEDGE.applications.values())
NUMBERS = itertools.count(400)
BENEFIT = KNOWLEDGE.applications["unemployment-benefit"]


class Desktop:
    """An agent with one caller on the line."""

    def __init__(self, desk: Desk, application: Application, number: int | None = None) -> None:
        self.desk = desk
        self.application = application
        self.page = OnePage(KNOWLEDGE, desk, lambda: TODAY)
        self.call = secrets.token_hex(16)
        self.number = next(NUMBERS) if number is None else number
        self.person = desk.people.of(f"caller {self.call}")
        self.page.begin(self.call, self.person, application.id)

    @property
    def errand(self) -> Errand:
        errand = self.desk.errands.current(self.call)
        assert errand is not None
        return errand

    @property
    def typed(self) -> dict[str, str]:
        """All that a person would say to all fields; those that are not asked are sent by no page, but may be."""
        fields = [field for field in self.application.fields if field.type != "file" and field.told_by is None]
        return {field.id: answer(field, self.number) for field in fields}

    def reviewed(self) -> Sheet:
        self.page.agree(self.errand, "self", "wang")
        return self.page.review(self.errand, self.typed)

    def filed(self) -> CaseView:
        assert self.reviewed().complete
        heard = self.page.file(self.errand, "wang")
        assert heard.ending == "finished", heard
        view = self.desk.cases.by_reference(str(heard.messages[0].reference))
        assert view is not None
        return view


@pytest.fixture
def at(desk: Desk) -> Iterator[Desktop]:
    yield Desktop(desk, BENEFIT)


def plain(desk: Desk, answers: dict[str, Any]) -> dict[str, Any]:
    return {field: desk.vault.get(value) if is_token(value) else value for field, value in answers.items()}


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda each: each.id)
def test_a_case_is_the_same_as_in_a_conversation(desk: Desk, application: Application) -> None:
    number = next(NUMBERS)
    agent = Desktop(desk, application, number)
    case = agent.filed()
    # the same applicant, in a conversation, has to be another day's: the first case is closed before
    desk.cases.act(case.reference, "withdraw", "applicant", str(case.person), {})
    filer = Filer(desk, application, number=number).begin().fill()
    receipt = filer.press("确认提交").messages[-1]
    assert receipt.kind == "filing_receipt", receipt
    chat = desk.cases.by_reference(str(receipt.reference))
    assert chat is not None
    answers = [plain(desk, desk.cases.answers(each.reference, "agent", "wang")) for each in (case, chat)]
    assert answers[0] == answers[1]
    judged = [desk.cases.judgement(each.reference, "agent", "wang") for each in (case, chat)]
    assert judged[0] == judged[1]
    assert case.county == chat.county


def test_the_case_says_who_filed_it_and_the_consent_who_read_it(desk: Desk, at: Desktop) -> None:
    case = at.filed()
    filed = case.history[0]
    assert (filed.role, filed.by) == ("agent", "wang")
    assert case.person == at.person
    (consent,) = desk.consents.of(at.person)
    assert "wang" in consent.words and BENEFIT.consent.purpose in consent.words
    actors = [(entry.actor, entry.action) for entry in desk.audit.about(case.reference)]
    assert ("wang", "filed") in actors
    assert desk.errands.current(at.call) is None
    assert desk.people.profile(at.person)["job_loss_date"].value["from"]


def test_what_is_wrong_or_missing_is_said_and_the_rest_kept(at: Desktop) -> None:
    at.page.agree(at.errand, "self", "wang")
    sheet = at.page.review(at.errand, {**at.typed, "mobile": "123", "county": ""})
    wrong = {line.field.id: line.wrong for line in sheet.lines if line.wrong}
    assert wrong.keys() == {"mobile", "county"} and wrong["county"] == MISSING and "11 位" in wrong["mobile"]
    assert not sheet.complete
    assert at.page.file(at.errand, "wang").ending == "go_on"
    state = from_dict(at.errand.state)
    assert state.step == "fields" and "identity" in state.answers
    mended = at.page.review(at.errand, {"mobile": "13887654321", "county": "昭通镇雄"})
    assert mended.complete
    assert at.page.file(at.errand, "wang").ending == "finished"


def test_fields_come_and_go_with_what_they_depend_on(desk: Desk) -> None:
    loan = Desktop(desk, KNOWLEDGE.applications["startup-loan"])
    loan.page.agree(loan.errand, "self", "wang")

    def asked(sheet: Sheet) -> set[str]:
        return {line.field.id for line in sheet.lines if line.asked}

    assert "business_name" not in asked(loan.page.sheet(loan.errand))
    assert "business_name" in asked(loan.page.take(loan.errand, {"stage": "running"}))
    assert "business_name" in asked(loan.page.take(loan.errand, {"business_name": "米线店"}))
    gone = loan.page.take(loan.errand, {"stage": "planning"})
    assert "business_name" not in asked(gone) and "business_name" not in gone.state.answers


def test_what_the_number_tells_is_not_asked(desk: Desk) -> None:
    page = Desktop(desk, KNOWLEDGE.applications["unemployment-registration"])
    page.page.agree(page.errand, "self", "wang")
    lines = {line.field.id: line for line in page.page.sheet(page.errand).lines}
    assert not lines["birth_date"].asked
    lines = {line.field.id: line for line in page.page.take(page.errand, {"identity": page.typed["identity"]}).lines}
    told = lines["birth_date"].answer
    assert told is not None and told.told and not lines["birth_date"].asked


def test_an_answer_that_is_sent_again_as_it_was_stays(at: Desktop) -> None:
    at.page.agree(at.errand, "self", "wang")
    at.page.take(at.errand, at.typed)
    before = from_dict(at.errand.state).answers
    shown = {field: kept.shown for field, kept in before.items() if not kept.token}
    at.page.take(at.errand, {**shown, "name": "", "identity": " "})
    assert from_dict(at.errand.state).answers == before


def test_what_was_heard_answers_what_it_can(desk: Desk, at: Desktop) -> None:
    heard = {"job_loss_reason": "employer_closed", "county": "530102", "registered": True, "age": 55}
    at.page.agree(at.errand, "self", "wang", heard)
    answers = from_dict(at.errand.state).answers
    assert {field: answers[field].value for field in ("job_loss_reason", "county", "registered")} == {
        "job_loss_reason": "employer_closed",
        "county": "530102",
        "registered": True,
    }
    assert desk.people.profile(at.person)["age"].value == 55


def test_for_the_family_nothing_goes_into_the_callers_profile(desk: Desk, at: Desktop) -> None:
    at.page.agree(at.errand, "family", "wang", {"county": "530102"})
    assert at.page.review(at.errand, at.typed).complete
    assert at.page.file(at.errand, "wang").ending == "finished"
    assert desk.people.profile(at.person) == {}


def test_a_second_application_is_told_before_it_is_filled(desk: Desk, at: Desktop) -> None:
    reference = at.filed().reference
    again = Desktop(desk, BENEFIT, at.number)
    again.page.agree(again.errand, "self", "wang")
    sheet = again.page.take(again.errand, {"identity": again.typed["identity"]})
    assert sheet.open_case is not None and not sheet.complete
    assert reference not in sheet.open_case.text.replace(" ", ""), "another person's number is not told"
    assert again.page.review(again.errand, again.typed).complete is False
    at.page.begin(at.call, at.person, BENEFIT.id)
    at.page.agree(at.errand, "self", "wang")
    own = at.page.sheet(at.errand).open_case
    assert own is not None and reference in own.text.replace(" ", "")


def test_who_filed_the_same_in_this_moment_is_not_filed_twice(desk: Desk) -> None:
    one = Desktop(desk, BENEFIT)
    other = Desktop(desk, BENEFIT, one.number)
    assert one.reviewed().complete and other.reviewed().complete
    assert one.page.file(one.errand, "wang").ending == "finished"
    assert other.page.file(other.errand, "zhao").ending == "dropped"
    assert desk.errands.current(other.call) is None


def test_without_a_review_nothing_is_sent(at: Desktop) -> None:
    at.page.agree(at.errand, "self", "wang")
    at.page.take(at.errand, at.typed)
    assert at.page.file(at.errand, "wang").ending == "go_on"
    assert at.desk.cases.of_person(at.person) == []


def test_files_are_kept_or_refused(desk: Desk) -> None:
    with_file = next(each for each in APPLICATIONS if any(field.id == "proof" for field in each.fields))
    at = Desktop(desk, with_file)
    at.page.agree(at.errand, "self", "wang")
    assert "打不开" in at.page.attach(at.call, "proof", "x.exe", b"MZ nothing")
    assert at.page.attach(at.call, "proof", "证明.png", PNG) == ""
    assert at.page.review(at.errand, at.typed).complete
    heard = at.page.file(at.errand, "wang")
    answers = desk.cases.answers(str(heard.messages[0].reference), "agent", "wang")
    assert desk.documents.name(str(answers["proof"])) == "证明.png"


def test_no_personal_value_is_kept_in_plain(desk: Desk, at: Desktop) -> None:
    at.reviewed()
    with desk.engine.connect() as connection:
        rows = repr(connection.execute(text("SELECT * FROM errand")).all()).encode()
    assert rows and not [mark for mark in (*MARKS, at.typed["identity"]) if mark.encode() in rows]
