"""Assist over real HTTP: facts, questions, verdicts, a filing for a caller, marks; and what attacks it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest
from markupsafe import escape
from sqlalchemy import text

import policy_kb
from casework.staff.staff import Staff
from policy_kb.procedures import Application
from tests.actions.persona import MARKS, answer
from tests.app.conftest import FakeEngine

from .case_files import audited
from .conftest import ServedConsole, Visitor, without_engine

EVIL = "<script>alert(1)</script>'\"{{7*7}} 失业金"
BENEFIT = policy_kb.load().applications["unemployment-benefit"]
NUMBERS = itertools.count(700)
CALL = re.compile(r'name="call" value="([0-9a-f]{32})"')
ERRAND = re.compile(r'name="errand" value="([0-9a-f]{32})"')


class Desk:
    """An agent at work: what is typed, pressed and filled in."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        found = CALL.search(visitor.get("/assist").text)
        assert found is not None
        self.call = found[1]
        self.home = f"/assist/{self.call}"

    @property
    def staff(self) -> Staff:
        assert self.visitor.staff is not None
        return self.visitor.staff

    def type(self, words: str) -> str:
        return self.visitor.htmx("POST", "/assist", data={"call": self.call, "text": words}).text

    def press(self, step: str, **data: str) -> str:
        return self.visitor.htmx("POST", f"{self.home}/{step}", data=data).text

    def begin(self, measure: str = "unemployment-benefit") -> str:
        """To the form, read aloud and agreed to; gives the page."""
        self.visitor.get(self.home)
        assert self.visitor.post(f"{self.home}/file", {"measure": measure}).status_code == 303
        self.visitor.get(f"{self.home}/form")
        self.step("consent", whose="self")
        return self.visitor.get(f"{self.home}/form").text

    def step(self, step: str, **data: str) -> int:
        found = ERRAND.search(self.visitor.get(f"{self.home}/form").text)
        assert found is not None
        return self.visitor.post(f"{self.home}/form/{step}", {"errand": found[1], **data}).status_code


@pytest.fixture(scope="module")
def shared_engine() -> Iterator[FakeEngine]:
    engine = FakeEngine()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def served(shared_engine: FakeEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedConsole]:
    """One server for all tests, which have agents and callers of their own on it."""
    folder = tmp_path_factory.mktemp("assist")
    served = ServedConsole(without_engine(folder, engine_url=shared_engine.url))
    yield served
    served.stop()


@pytest.fixture
def engine(shared_engine: FakeEngine) -> Iterator[FakeEngine]:
    """As it was at first, whatever a test does to it."""
    shared_engine.parsed.clear()
    yield shared_engine
    shared_engine.behaviour = "echo"


@pytest.fixture
def at(served: ServedConsole) -> Desk:
    return Desk(served.signed_in("agent", "53"))


def caller(served: ServedConsole, at: Desk) -> str:
    return served.desk.people.of(str(served.desk.calls.get(at.call, at.staff.login).sender))


def answers(application: Application) -> dict[str, str]:
    """Of somebody else each time."""
    number = next(NUMBERS)
    fields = [field for field in application.fields if field.type != "file" and field.told_by is None]
    said = {f"f-{field.id}": answer(field, number) for field in fields}
    chosen = {f"f-{field.id}": field.choices[0].id for field in fields if field.type == "choice"}
    return {**said, **chosen}


# What stands beside the notes


def test_a_fragment_brings_the_answer_and_what_to_ask(at: Desk) -> None:
    page = at.type("厂子垮了，55岁，失业金")
    measure = policy_kb.load().measure("unemployment-benefit")
    assert measure.passages[0].quote in page and measure.aspects.conditions.answer in page
    assert "通知没写的" in page and "阶段性" in page
    assert "年龄：55岁" in page and "没工作的原因：单位关了、破产了" in page
    assert "您办过失业登记吗？" in page and "替对方申请" in page


def test_an_answer_leads_to_the_next_question_and_in_the_end_to_a_verdict(at: Desk) -> None:
    page = at.type("厂子垮了 交了8年社保\n失业金")
    for _ in range(8):
        question = re.search(r'name="fact" value="(\w+)">\s*<button name="value" value="(\w+)"', page)
        if question is None:
            break
        page = at.press("told", fact=question[1], value="none" if question[1] == "benefit" else question[2])
    assert "下一句问" not in page
    assert "条件都对得上" in page or "由单位认定" in page


def test_a_fact_is_corrected_and_taken_out(at: Desk) -> None:
    at.type("55岁 失业金")
    assert "年龄：40岁到49岁" in at.press("told", fact="age", value="四十多")
    assert "请说一个整数" in at.press("told", fact="age", value="啊")
    assert "年龄：" not in at.press("not-so", fact="age")
    assert "年龄：50岁" in at.type("55岁 失业金\n50岁")


def test_everything_is_gone_through_on_demand(at: Desk) -> None:
    assert "能办什么" not in at.type("55岁")
    page = at.press("check", measure="all")
    assert "照说的情况，能办什么" in page and page.count('class="badge') > 20
    assert "能办什么" not in at.press("check")


def test_what_is_typed_lasts_until_the_call_ends(at: Desk, served: ServedConsole) -> None:
    at.type("55岁 失业金")
    assert "55岁 失业金" in at.visitor.get("/assist").text
    assert at.visitor.post(f"{at.home}/end").headers["location"] == "/console/assist"
    assert "55岁" not in at.visitor.get("/assist").text
    assert at.visitor.get(at.home).status_code == 404
    with pytest.raises(KeyError):
        served.desk.calls.get(at.call, at.staff.login)


def test_personal_values_go_no_further_than_the_door(at: Desk, engine: FakeEngine, served: ServedConsole) -> None:
    page = at.type("我叫欧阳秋菊 13887654321 530602197805060075 失业金")
    assert "13887654321" not in page and "530602197805060075" not in page
    assert engine.parsed and not any("13887654321" in each or "530602" in each for each in engine.parsed)
    at.press("told", fact="age", value="13887654321")
    with served.desk.engine.connect() as connection:
        assert "13887654321" not in repr(connection.execute(text('SELECT * FROM "call"')).all())


def test_only_what_is_new_is_understood_again(at: Desk, engine: FakeEngine) -> None:
    at.type("厂子垮了\n失业金")
    at.press("not-so", fact="work")
    at.type("厂子垮了\n失业金\n贷款")
    assert engine.parsed == ["厂子垮了", "失业金", "贷款"]


def test_an_engine_that_is_down_leaves_what_was_heard(at: Desk, engine: FakeEngine) -> None:
    engine.behaviour = "fail"
    page = at.type("55岁 失业金")
    assert "没查成" in page and "年龄：55岁" in page
    engine.behaviour = "echo"
    assert "没查成" not in at.type("55岁 失业金 ") and "失业保险金" in at.type("55岁 失业金")


def test_it_works_without_scripts(at: Desk) -> None:
    moved = at.visitor.post("/assist", {"call": at.call, "text": "失业金"})
    assert moved.status_code == 303
    page = at.visitor.get(at.home).text
    assert "失业保险金" in page
    assert at.visitor.post(f"{at.home}/told", {"fact": "age", "value": "55"}).status_code == 303
    assert "年龄：55岁" in at.visitor.get(at.home).text


# A filing for the caller


def test_a_caller_files_by_telephone(at: Desk, served: ServedConsole) -> None:
    at.type("厂子垮了 昆明五华 失业金")
    page = at.begin()
    assert "五华区" in page and 'value="employer_closed" selected' in page
    assert at.step("review", **answers(BENEFIT)) == 303
    review = at.visitor.get(f"{at.home}/form").text
    assert "欧阳秋菊" in review and "13887654321" in review and "6222021234567894" not in review
    found = ERRAND.search(review)
    assert found is not None
    sent = at.visitor.post(f"{at.home}/form/send", {"errand": found[1]})
    reference = sent.headers["location"].rsplit("/", 1)[1]
    told = at.visitor.get(f"{at.home}/filed/{reference}").text
    assert f"{reference[:4]} {reference[4:8]} {reference[8:]}" in told
    view = served.desk.cases.by_reference(reference)
    assert view is not None and (view.history[0].by, view.history[0].role) == (at.staff.login, "agent")
    assert "坐席代办" in at.visitor.get(f"/cases/{reference}").text
    (consent,) = served.desk.consents.of(str(view.person))
    assert at.staff.login in consent.words
    assert {"began_filing", "read_back"} <= {entry.action for entry in audited(served.desk, str(view.person))}
    assert at.visitor.get(f"{at.home}/form").status_code == 404


def test_one_answer_is_read_as_soon_as_it_is_typed(at: Desk) -> None:
    errand = ERRAND.search(at.begin("startup-loan"))
    assert errand is not None
    path, same = f"{at.home}/form/field", {"errand": errand[1]}
    assert "少了 8 位" in at.visitor.htmx("POST", path, data={**same, "f-mobile": "123"}).text
    right = at.visitor.htmx("POST", path, data={**same, "f-mobile": "13887654321"}).text
    assert "138****4321" in right and "13887654321" not in right
    more = at.visitor.htmx("POST", path, data={**same, "f-stage": "running"}).text
    assert 'id="field-business_name"' in more and 'hx-swap-oob="true"' in more
    assert "field-project" not in more


def test_what_is_wrong_is_said_by_name_and_nothing_is_lost(at: Desk) -> None:
    at.begin()
    given = {**answers(BENEFIT), "f-mobile": "123", "f-bank_card": ""}
    assert at.step("review", **given) == 422
    errand = ERRAND.search(at.visitor.get(f"{at.home}/form").text)
    assert errand is not None
    page = at.visitor.post(f"{at.home}/form/review", {"errand": errand[1], "f-mobile": "123"}).text
    assert 'href="#in-mobile"' in page and 'href="#in-bank_card"' in page and 'href="#in-name"' not in page


def test_who_does_not_agree_leaves_nothing(at: Desk, served: ServedConsole) -> None:
    at.visitor.post(f"{at.home}/file", {"measure": "unemployment-benefit"})
    assert at.step("consent", whose="no") == 303
    assert at.visitor.get(f"{at.home}/form").status_code == 404
    person = caller(served, at)
    assert served.desk.consents.of(person) == [] and served.desk.errands.of_person(person) == []


def test_given_up_a_form_is_gone_and_a_call_that_ends_keeps_it_for_the_person(at: Desk, served: ServedConsole) -> None:
    at.begin()
    at.step("review", **{"f-name": "欧阳秋菊"})
    person = caller(served, at)
    at.visitor.post(f"{at.home}/end")
    (saved,) = served.desk.errands.saved(person)
    assert saved.subject == "unemployment-benefit"


def test_a_form_that_is_kept_goes_on_in_a_chat(at: Desk, served: ServedConsole) -> None:
    at.begin()
    at.step("review", **{"f-name": "欧阳秋菊"})
    errand = ERRAND.search(at.visitor.get(f"{at.home}/form").text)
    assert errand is not None
    page = at.visitor.post(f"{at.home}/form/keep", {"errand": errand[1]}).text
    code = re.search(r'class="reference number">([\d ]+)<', page)
    assert code is not None
    sender = served.desk.log.sender(served.desk.log.key(f"chat of {at.call}"))
    person = served.desk.people.of(sender)
    resumed = served.desk.errands.resume_by_code(sender, person, code[1].replace(" ", ""))
    assert resumed is not None and resumed.id == errand[1] and "name" in resumed.state["answers"]
    assert at.visitor.get(f"{at.home}/form").status_code == 404


def test_no_value_stands_in_the_database_in_plain(at: Desk, served: ServedConsole) -> None:
    at.begin()
    at.step("review", **answers(BENEFIT))
    with served.desk.engine.connect() as connection:
        for table in ("errand", "call", "audit", "vault", "profile_fact", "turn"):
            rows = repr(connection.execute(text(f'SELECT * FROM "{table}"')).all())
            assert not [mark for mark in MARKS if mark in rows], table


# Attacks


def test_a_call_is_nobody_elses(at: Desk, served: ServedConsole) -> None:
    at.type("55岁 失业金")
    errand = ERRAND.search(at.begin())
    assert errand is not None
    other = served.signed_in("supervisor")
    other.get("/assist")
    paths = ["told", "not-so", "may-ask", "check", "mark", "file", "end"]
    paths += [f"form/{step}" for step in ("consent", "field", "review", "change", "send", "keep", "drop")]
    data = {"fact": "age", "value": "1", "may": "true", "opinion": "useful", "measure": "unemployment-benefit"}
    for path in paths:
        given = {**data, "errand": errand[1], "whose": "self"}
        assert other.post(f"{at.home}/{path}", given).status_code == 404, path
    for path in ("", "/form", "/filed/123456789012"):
        assert other.get(at.home + path).status_code == 404
    assert other.post("/assist", {"call": at.call, "text": "x"}).status_code == 404
    assert "55岁" in at.visitor.get(at.home).text


def test_without_the_token_nothing_is_changed(at: Desk) -> None:
    at.type("55岁")
    for path in ("told", "not-so", "check", "mark", "file", "end", "form/send"):
        assert at.visitor.http.post(f"/console{at.home}/{path}", data={"fact": "age"}).status_code == 403
    assert at.visitor.http.post("/console/assist", data={"call": at.call, "text": ""}).status_code == 403
    assert "年龄：55岁" in at.visitor.get(at.home).text


def test_a_page_of_another_form_changes_nothing(at: Desk) -> None:
    first = ERRAND.search(at.begin())
    assert first is not None
    at.begin("startup-loan")
    stale = at.visitor.post(f"{at.home}/form/review", {"errand": first[1], "f-name": "张三"})
    assert stale.status_code == 409
    assert at.visitor.post(f"{at.home}/form/send", {"errand": first[1]}).status_code == 409


def test_a_receipt_is_shown_to_whose_call_it_is(at: Desk, served: ServedConsole) -> None:
    at.begin()
    at.step("review", **answers(BENEFIT))
    errand = ERRAND.search(at.visitor.get(f"{at.home}/form").text)
    assert errand is not None
    reference = at.visitor.post(f"{at.home}/form/send", {"errand": errand[1]}).headers["location"].rsplit("/", 1)[1]
    other = Desk(served.signed_in("agent", "53"))
    assert other.visitor.get(f"{other.home}/filed/{reference}").status_code == 404


def test_a_callers_words_stay_words(at: Desk) -> None:
    at.type(EVIL)
    at.press("mark", opinion="wrong", measure="unemployment-benefit", note=EVIL)
    page = at.visitor.get(at.home).text
    assert "<script>alert" not in page and str(escape(EVIL)) in page
    at.begin("startup-loan")
    at.step("review", **{"f-project": EVIL, "f-name": EVIL, "f-mobile": EVIL})
    form = at.visitor.get(f"{at.home}/form").text
    assert "<script>alert" not in form and "&lt;script&gt;" in form


@pytest.mark.parametrize(
    ("step", "data"),
    [
        ("told", {"fact": "nothing", "value": "1"}),
        ("not-so", {"fact": "../../x"}),
        ("check", {"measure": "nothing"}),
        ("mark", {"opinion": "useful", "measure": "nothing"}),
        ("mark", {"opinion": "useful"}),
        ("mark", {"opinion": "praise", "measure": "startup-loan"}),
        ("file", {"measure": "nothing"}),
    ],
)
def test_what_does_not_exist_is_refused(at: Desk, step: str, data: dict[str, str]) -> None:
    at.visitor.get(at.home)
    assert at.visitor.post(f"{at.home}/{step}", data).status_code == 422


# Marks


def test_marks_are_worked_through(at: Desk, served: ServedConsole) -> None:
    at.type("13887654321 问 贷款")
    assert "记下了：不对" in at.press("mark", opinion="wrong", measure="startup-loan", note="问的是延期")
    assert "记下了：不对" in at.visitor.get(at.home).text
    at.type("身份证掉了")
    assert "记下了" not in at.type("身份证掉了")
    at.press("mark", opinion="missing", note="应该说去派出所")
    assert "记下了" in at.visitor.get(at.home).text
    assert "本来应该有" in at.type("户口本掉了")
    keeper = served.signed_in("supervisor")
    page = keeper.get("/marks").text
    assert "条要处理" in page and "问的是延期" in page and "应该说去派出所" in page and "13887654321" not in page
    assert "问的是延期" not in keeper.get("/marks?opinion=missing&settled=false").text
    mark = served.desk.marks.page(settled=False, opinion="wrong")[0]
    assert keeper.post(f"/marks/{mark.id}", {"note": " "}).status_code == 422
    assert keeper.post(f"/marks/{mark.id}", {"note": "加了一条说法"}).status_code == 303
    assert keeper.post(f"/marks/{mark.id}", {"note": "又一次"}).status_code == 409
    assert keeper.post("/marks/nothing", {"note": "x"}).status_code == 404
    assert "加了一条说法" in keeper.get("/marks?settled=true").text
    assert [entry.action for entry in audited(served.desk, mark.id)] == ["mark_settled", "marked"]
    assert "处理标记" in keeper.get("/audit").text


def test_marks_are_for_who_keeps_the_knowledge(at: Desk) -> None:
    assert at.visitor.get("/marks").status_code == 403
    assert at.visitor.post("/marks/anything", {"note": "x"}).status_code == 403
    assert 'href="/console/marks"' not in at.visitor.get("/assist").text
