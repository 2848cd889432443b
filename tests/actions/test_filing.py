"""One filing from the consent to the case: what is asked, what is kept, and that it is filed once."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import policy_kb
from actions.filing.words import spaced
from actions.said import Said
from casework.cases.cases import Cases
from casework.desk import Desk
from casework.people.documents import DocumentRow
from casework.people.vault import VaultRow
from policy_kb.knowledge import HOME
from policy_kb.reply import Message, payload
from tests.actions.conftest import Filer
from tests.actions.persona import ANSWERS, identity

APPLICATIONS = policy_kb.load().applications
REGISTRATION = APPLICATIONS["unemployment-registration"]
WITH_FILE = APPLICATIONS["temporary-relief"]
FOREIGN = "95315619900523001X"
OLD_FOREIGN = "CHN110012345678"
NEW_MOBILE = "13912345678"
CARD = ANSWERS["bank_card"]
_persons = itertools.count(100)


def filer(desk: Desk, kind: str = REGISTRATION.id) -> Filer:
    return Filer(desk, APPLICATIONS[kind], number=next(_persons)).begin()


def reviewed(desk: Desk, kind: str = REGISTRATION.id) -> Filer:
    talk = filer(desk, kind).fill()
    assert talk.state.step == "review"
    return talk


def asked_fields(talk: Filer) -> Iterator[str]:
    """Fills the form to its end; gives what was asked on the way."""
    while (now := talk.pending) is not None:
        yield now.id
        talk.fill_one(now)


def plain(talk: Filer, field: str) -> str:
    answer = talk.state.answers[field]
    return talk.desk.vault.get(answer.value) if answer.token else str(answer.value)


def same_answers(talk: Filer, *but: str) -> dict[str, object]:
    return {field: answer for field, answer in talk.state.answers.items() if field not in but}


def kept_for(desk: Desk, owner: str) -> int:
    with Session(desk.engine) as session:
        values = session.scalar(select(func.count()).where(VaultRow.owner == owner)) or 0
        return values + (session.scalar(select(func.count()).where(DocumentRow.owner == owner)) or 0)


# The consent


def test_consent_refused_leaves_nothing(desk: Desk) -> None:
    talk = Filer(desk, REGISTRATION)
    errand = talk.errand.id
    assert talk.press("不同意").ending == "dropped"
    assert desk.errands.of_person(talk.person) == []
    assert desk.consents.of(talk.person) == []
    assert desk.people.profile(talk.person) == {}
    assert kept_for(desk, errand) + kept_for(desk, talk.person) == 0


def test_nothing_sent_before_the_consent_is_kept(desk: Desk) -> None:
    talk = Filer(desk, REGISTRATION)
    talk.say(f"我叫{ANSWERS['name']}，电话{ANSWERS['mobile']}")
    assert talk.state.step == "consent"
    assert kept_for(desk, talk.errand.id) == 0


def test_the_consent_is_recorded_as_it_was_worded(desk: Desk) -> None:
    talk = Filer(desk, REGISTRATION)
    worded = talk.ask()[0].text
    talk.press("同意，给自己办")
    (record,) = desk.consents.of(talk.person)
    assert (record.application, record.version, record.words, record.on_behalf) == (
        REGISTRATION.id,
        REGISTRATION.consent.version,
        worded,
        "self",
    )


def test_for_oneself_the_profile_learns_and_for_the_family_it_does_not(desk: Desk) -> None:
    own, family = Filer(desk, REGISTRATION, number=next(_persons)), Filer(desk, REGISTRATION, number=next(_persons))
    own.press("同意，给自己办")
    family.press("同意，替家人办")
    for talk in (own, family):
        talk.fill()
        assert talk.press("确认提交").ending == "finished"
    facts = {each.fact for each in REGISTRATION.fields if each.fact} - {"skills_other"}
    assert set(desk.people.profile(own.person)) == facts
    assert desk.people.profile(family.person) == {}
    assert kept_for(desk, family.person) == 0


@pytest.mark.parametrize("kind", [each.id for each in APPLICATIONS.values() if not each.on_behalf])
def test_a_company_is_not_a_relative(desk: Desk, kind: str) -> None:
    talk = Filer(desk, APPLICATIONS[kind])
    assert "同意，替家人办" not in [each.title for each in talk.ask()[0].buttons]
    talk.say(payload("answer", value="family"))
    assert talk.state.step == "consent"


# What is asked


def test_a_number_sent_with_the_name_is_used_when_it_is_asked_for(desk: Desk) -> None:
    talk = filer(desk)
    talk.say(f"我叫{ANSWERS['name']}，电话{NEW_MOBILE}")
    assert plain(talk, "name") == ANSWERS["name"]
    assert talk.pending == REGISTRATION.field("identity")
    heard = talk.say(identity(talk.number))
    assert plain(talk, "mobile") == NEW_MOBILE
    assert "手机号" in heard.messages[0].text
    assert talk.pending == REGISTRATION.field("county")


@pytest.mark.parametrize(("asked", "sent", "field"), [("name", NEW_MOBILE, "mobile"), ("county", CARD, "bank_card")])
def test_a_number_alone_where_something_else_is_asked_waits(desk: Desk, asked: str, sent: str, field: str) -> None:
    talk = filer(desk, "unemployment-benefit").fill(until=asked)
    heard = talk.say(sent)
    assert talk.pending == talk.application.field(asked)
    assert field not in set(asked_fields(talk))
    assert plain(talk, field) == sent
    assert "直接用" in heard.messages[0].text, "it is told that the number was kept, not that the answer is wrong"


def test_what_the_number_tells_is_not_asked(desk: Desk) -> None:
    talk = filer(desk)
    assert not {"birth_date", "sex"} & set(asked_fields(talk))
    assert talk.state.answers["birth_date"].told and talk.state.answers["sex"].told
    assert plain(talk, "birth_date") == "1978年5月6日"
    assert plain(talk, "sex") == ("male" if int(identity(talk.number)[16]) % 2 else "female")


@pytest.mark.parametrize(("card", "asked"), [(FOREIGN, {"sex"}), (OLD_FOREIGN, {"sex", "birth_date"})])
def test_what_a_foreigners_card_does_not_tell_is_asked(desk: Desk, card: str, asked: set[str]) -> None:
    talk = filer(desk).fill(until="identity")
    talk.say(card)
    assert {"birth_date", "sex"} & set(asked_fields(talk)) == asked
    assert talk.state.step == "review"


@pytest.mark.parametrize("card", [FOREIGN, OLD_FOREIGN])
def test_what_the_changed_number_no_longer_tells_is_asked(desk: Desk, card: str) -> None:
    talk = reviewed(desk)
    talk.press("改证件号码")
    talk.say(card)
    assert talk.pending is not None and talk.pending.told_by == "identity"


# Changing answers


def test_a_changed_answer_drops_what_depended_on_it(desk: Desk) -> None:
    talk = reviewed(desk)
    dependent = {"job_loss_date", "last_job"}
    others = same_answers(talk, "job_loss_reason", *dependent)
    assert dependent < set(talk.state.answers)
    talk.press("改没工作的原因")
    talk.say("还没上过班")
    assert same_answers(talk, "job_loss_reason") == others
    assert talk.state.answers["job_loss_reason"].value == "never_worked"
    assert talk.state.step == "review"


def test_changed_back_it_asks_again_for_what_was_dropped(desk: Desk) -> None:
    talk = reviewed(desk)
    for reason in ("还没上过班", "自己辞职"):
        talk.press("改没工作的原因")
        talk.say(reason)
    assert list(asked_fields(talk)) == ["job_loss_date", "last_job"]


def test_a_new_choice_in_the_same_message(desk: Desk) -> None:
    talk = reviewed(desk)
    others = same_answers(talk, "education")
    heard = talk.say("学历改成高中", "correct")
    assert talk.state.answers["education"].value == "senior"
    assert same_answers(talk, "education") == others
    assert talk.state.step == "review" and "改好了" in heard.messages[0].text


@pytest.mark.parametrize("text", ["电话改成{}", "改电话，{}", "手机号错了，是{}", "{}"])
def test_a_new_number_in_the_same_message(desk: Desk, text: str) -> None:
    talk = reviewed(desk)
    others = same_answers(talk, "mobile")
    talk.say(text.format(NEW_MOBILE), "correct")
    assert plain(talk, "mobile") == NEW_MOBILE
    assert same_answers(talk, "mobile") == others
    assert talk.state.step == "review"
    assert talk.state.offered == {}


@pytest.mark.parametrize("text", ["电话改成{}", "{}"])
@pytest.mark.parametrize("phone", [NEW_MOBILE, "0871-63123456"])
def test_a_new_number_for_a_company(desk: Desk, text: str, phone: str) -> None:
    """Its telephone may be a mobile or not."""
    talk = reviewed(desk, "situation-reporting")
    talk.say(text.format(phone), "correct")
    assert plain(talk, "contact_phone").replace("-", "") == phone.replace("-", "")
    assert talk.state.step == "review"


# Files


@pytest.mark.parametrize(
    "kind", [each.id for each in APPLICATIONS.values() if any(f.type == "file" for f in each.fields)]
)
def test_a_file_is_an_answer(desk: Desk, kind: str) -> None:
    file = next(each.id for each in APPLICATIONS[kind].fields if each.type == "file")
    talk = filer(desk, kind).fill(until=file)
    talk.say(talk.intake.take_document(talk.conversation, "证明.png", b"\x89PNG\r\n\x1a\n" + bytes(20)))
    token = talk.state.answers[file].value
    assert token.startswith("d_") and desk.documents.name(token) == "证明.png"
    talk.fill()
    assert talk.press("确认提交").ending == "finished"
    assert desk.documents.name(token) == "证明.png", "it goes with the case, not away with the draft"


def test_a_file_added_to_the_errand_is_an_answer(desk: Desk) -> None:
    talk = filer(desk, WITH_FILE.id).fill(until="proof")
    token = desk.documents.add(talk.errand.id, "证明.pdf", b"%PDF-1.7\n")
    talk.say(payload("answer", token=token))
    assert talk.state.answers["proof"].value == token


# The review


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_the_review_shows_every_answer_with_a_way_to_change_it(desk: Desk, kind: str) -> None:
    talk = reviewed(desk, kind)
    (review,) = talk.ask()
    said = {field for field, answer in talk.state.answers.items() if not answer.told}
    assert said == {each.id for each in talk.application.fields if each.id in talk.state.answers} - told(talk)
    for field in talk.state.answers:
        assert f"· {talk.application.field(field).label}：" in review.text
    assert {each.payload for each in review.buttons if each.title.startswith("改")} == {
        payload("correct", field=each) for each in said
    }


def told(talk: Filer) -> set[str]:
    return {field for field, answer in talk.state.answers.items() if answer.told}


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_every_change_button_asks_for_its_field(desk: Desk, kind: str) -> None:
    talk = reviewed(desk, kind)
    for field in [each for each in talk.state.answers if each not in told(talk)]:
        talk.press(f"改{talk.application.field(field).label}")
        assert talk.pending is not None and talk.pending.id == field
        talk.fill()
        assert talk.state.step == "review", field


def test_personal_values_stand_in_full_only_before_their_owner(desk: Desk) -> None:
    talk = reviewed(desk)
    text = talk.ask()[0].text
    own, history = talk.intake.shown(text, whole=True), talk.intake.shown(text, whole=False)
    for value in (ANSWERS["name"], ANSWERS["mobile"]):
        assert value not in text and value not in history
        assert value in own
    number = identity(talk.number)
    assert number not in own and f"{number[:6]}********{number[-4:]}" in own
    assert "欧***" in history and "138****4321" in history
    assert "1978年5月6日" in own and "1978" not in history


# Filing


def case_count(desk: Desk, person: str) -> int:
    return len(desk.cases.of_person(person))


def reference_in(message: Message) -> str:
    assert message.kind == "filing_receipt" and message.reference is not None
    assert spaced(message.reference) in message.text
    return message.reference


def confirm(talk: Filer) -> Said:
    return Said(talk.conversation, "/answer", "answer", 1.0, {"value": "file"})


def test_confirmed_twice_it_is_one_case(desk: Desk) -> None:
    talk = reviewed(desk)
    errand = talk.errand
    first, second = (talk.filing.hear(errand, confirm(talk)) for _ in range(2))
    assert reference_in(first.messages[0]) == reference_in(second.messages[0])
    assert "没有重复交" in second.messages[0].text and "没有重复交" not in first.messages[0].text
    assert case_count(desk, talk.person) == 1


def test_confirmed_twenty_times_at_once_it_is_one_case(desk: Desk) -> None:
    talk = reviewed(desk)
    errand = talk.errand
    with ThreadPoolExecutor(20) as pool:
        heard = list(pool.map(lambda _: talk.filing.hear(errand, confirm(talk)), range(20)))
    assert len({reference_in(each.messages[0]) for each in heard}) == 1
    assert case_count(desk, talk.person) == 1
    assert {"name", "identity", "mobile", "county"} <= set(desk.people.profile(talk.person))


def test_words_that_are_no_confirmation_file_nothing(desk: Desk) -> None:
    talk = reviewed(desk)
    heard = talk.say("我再看看")
    assert heard.ending == "go_on" and "还没提交" in heard.messages[0].text
    assert case_count(desk, talk.person) == 0


def test_an_open_case_is_told_as_soon_as_the_applicant_is_known(desk: Desk) -> None:
    talk = reviewed(desk)
    reference = reference_in(talk.press("确认提交").messages[0])
    again = Filer(desk, REGISTRATION, conversation=talk.conversation, number=talk.number).begin()
    again.press("重新填")
    again.fill(until="identity")
    heard = again.say(identity(talk.number))
    assert (heard.ending, heard.messages[0].reference) == ("dropped", reference)


def test_an_open_case_is_told_where_the_number_comes_from_the_profile(desk: Desk) -> None:
    talk = reviewed(desk)
    reference = reference_in(talk.press("确认提交").messages[0])
    again = Filer(desk, REGISTRATION, conversation=talk.conversation, number=talk.number).begin()
    heard = again.press("照着用")
    assert (heard.ending, heard.messages[0].reference) == ("dropped", reference)


def test_an_open_case_is_told_where_the_number_came_with_the_name(desk: Desk) -> None:
    talk = reviewed(desk)
    talk.press("确认提交")
    stranger = Filer(desk, REGISTRATION, number=talk.number).begin()
    heard = stranger.say(f"我叫{ANSWERS['name']}，身份证{identity(talk.number)}")
    assert heard.ending == "dropped"


def test_somebody_elses_open_case_is_told_without_its_number(desk: Desk) -> None:
    talk = reviewed(desk)
    reference = reference_in(talk.press("确认提交").messages[0])
    stranger = Filer(desk, REGISTRATION, number=talk.number).begin().fill(until="identity")
    (message,) = stranger.say(identity(talk.number)).messages
    assert message.reference is None and "正在办" in message.text
    assert reference not in message.text.replace(" ", "")


def test_the_open_case_of_another_kind_is_no_hindrance(desk: Desk) -> None:
    talk = reviewed(desk)
    talk.press("确认提交")
    other = Filer(desk, APPLICATIONS["job-matching"], number=talk.number).begin().fill()
    assert other.press("确认提交").ending == "finished"


# The profile


@pytest.mark.parametrize("kind", ["jobseeker-registration", "hardship-recognition", "unemployment-benefit"])
def test_the_profile_answers_what_the_next_application_asks_too(desk: Desk, kind: str) -> None:
    first = reviewed(desk)
    first.press("确认提交")
    learnt = desk.people.profile(first.person)
    second = Filer(desk, APPLICATIONS[kind], conversation=first.conversation, number=first.number).begin()
    (offer,) = second.ask()
    assert ANSWERS["mobile"] not in offer.text
    assert ANSWERS["mobile"] in second.intake.shown(offer.text, whole=True)
    second.press("照着用")
    known = {each.id for each in second.application.fields if each.fact in learnt}
    assert {"name", "identity", "mobile", "county"} <= known
    unconditional = {each for each in known if not second.application.field(each).when}
    assert unconditional <= set(second.state.answers)
    assert not known & set(asked_fields(second))
    assert second.press("确认提交").ending == "finished"
    assert {each: desk.people.profile(first.person)[each].personal for each in learnt} == {
        each: fact.personal for each, fact in learnt.items()
    }


def test_the_profile_is_not_used_for_a_relative_or_where_it_is_not_wanted(desk: Desk) -> None:
    first = reviewed(desk)
    first.press("确认提交")
    for consent, reuse in (("同意，替家人办", None), ("同意，给自己办", "重新填")):
        talk = Filer(desk, APPLICATIONS["job-matching"], conversation=first.conversation)
        talk.press(consent)
        if reuse is not None:
            talk.press(reuse)
        assert (talk.state.step, talk.state.answers) == ("fields", {})


# A new kind of application


def test_a_new_kind_of_application_needs_no_code(desk: Desk, tmp_path: Path) -> None:
    home = Path(shutil.copytree(HOME, tmp_path / "kb", ignore=shutil.ignore_patterns("*.py", "__pycache__")))
    for folder, sample in (("measures", "training-needs-survey"), ("applications", "training-needs-survey")):
        text = (home / folder / f"{sample}.yml").read_text("utf-8")
        (home / folder / "night-school.yml").write_text(text.replace(f"id: {sample}", "id: night-school"), "utf-8")
    knowledge = policy_kb.load(home)
    cases = Cases(desk.engine, desk.sealed.ring, desk.vault, desk.documents, applications=knowledge.applications)
    extended = replace(desk, cases=cases)
    talk = Filer(extended, knowledge.applications["night-school"], knowledge, number=next(_persons)).begin().fill()
    (message,) = talk.press("确认提交").messages
    view = cases.by_reference(reference_in(message))
    assert view is not None and (view.application, view.status) == ("night-school", "filed")
    assert message.measures == ("night-school",)
