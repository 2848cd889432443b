"""What the rules say of a filing: told before it is sent, never in its way, and kept with the case."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

import policy_kb
from actions.filing.conversation import FilingConversation
from casework.cases.judgements import Judgement, Reasoned
from casework.desk import Desk
from policy_kb import KnowledgeBase
from policy_kb.knowledge import HOME
from policy_kb.reply import Message, payload
from tests.actions.conftest import TODAY, Filer

KNOWLEDGE = policy_kb.load()
BENEFIT, SKILLS = "unemployment-benefit", "skills-upgrade-subsidy"
INSURED_18: Mapping[str, Any] = {"work": "none", "benefit": "none", "job_wish": "clear", "insured_months": 18}
CERTIFIED: Mapping[str, Any] = {
    "certificate": True,
    "benefit": "receiving",
    "work": "none",
    "insured_months": 6,
    "certificate_date": "2025-12-01",
}
LAST_DAY = date(2025, 12, 31)
"""On the day after it, no source gives the months of insurance that the skills subsidy takes."""
_persons = itertools.count(500)


@pytest.fixture(scope="module")
def stricter(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """Where the benefit takes two years of insurance."""
    home = tmp_path_factory.mktemp("judging") / "kb"
    shutil.copytree(HOME, home, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = home / "parameters.yml"
    had = '{value: "12", supplement: F-26}'
    written = path.read_text("utf-8")
    assert written.count(had) == 1
    path.write_text(written.replace(had, had.replace("12", "24")), "utf-8")
    return policy_kb.load(Path(home))


@dataclass
class Applicant:
    """Somebody of whom ``facts`` are known, filing ``kind``; ``says`` are answers to fields by their ids."""

    desk: Desk
    kind: str
    facts: Mapping[str, Any]
    says: Mapping[str, str] = field(default_factory=dict)
    day: date = TODAY
    consent: str = "同意，给自己办"

    def __post_init__(self) -> None:
        self.talk = Filer(self.desk, KNOWLEDGE.applications[self.kind], number=next(_persons))
        self.desk.learn(self.talk.person, self.facts)
        self.meanwhile(KNOWLEDGE, self.day)
        self.talk.press(self.consent)
        if self.talk.state.step == "reuse":
            self.talk.press("照着用")
        while (now := self.talk.pending) is not None:
            if now.id in self.says:
                self.talk.say(self.says[now.id])
            else:
                self.talk.fill_one(now)

    def meanwhile(self, knowledge: KnowledgeBase, day: date) -> None:
        """From now on these rules are in force, on this day."""
        self.talk.filing = FilingConversation(knowledge, self.desk, lambda: day)

    @property
    def review(self) -> Message:
        (message,) = self.talk.ask()
        assert message.kind == "filing_review"
        return message

    def file(self) -> Judgement | None:
        (message,) = self.talk.press("确认提交").messages
        assert message.kind == "filing_receipt" and message.reference is not None
        return self.desk.cases.judgement(message.reference, "agent", "agent-7")

    def press_file(self) -> None:
        """Confirms, and is shown the review again instead of a receipt."""
        heard = self.talk.press("确认提交")
        assert (heard.ending, heard.messages) == ("go_on", ())
        assert self.desk.cases.of_person(self.talk.person) == []


def yes(*fields: str) -> dict[str, str]:
    return {each: payload("answer", value="yes") for each in fields}


def leaves(node: Reasoned) -> list[Reasoned]:
    return [leaf for child in node.children for leaf in leaves(child)] if node.children else [node]


# What is kept


def test_the_verdict_is_kept_with_its_reasons_version_and_day(desk: Desk) -> None:
    kept = Applicant(desk, BENEFIT, INSURED_18, yes("registered")).file()
    assert kept is not None and kept.trace is not None
    assert (kept.measure, kept.outcome, kept.applicant, kept.day) == (BENEFIT, "yes", "person", TODAY)
    assert len(kept.version) == 12 and kept.decisive == kept.live == ()
    months = [leaf for leaf in leaves(kept.trace) if leaf.fact == "insured_months"]
    assert [(leaf.truth, leaf.sources) for leaf in months] == [("yes", ("F-26",))]
    assert set(kept.sources) <= set(KNOWLEDGE.supplements)


def test_clauses_are_kept_by_source_and_number(desk: Desk) -> None:
    kept = Applicant(desk, "hardship-recognition", {"disability": True}, yes("registered")).file()
    assert kept is not None and kept.outcome == "needs_review"
    assert "yunrenshefa-2022-57#5.1" in kept.sources


@pytest.mark.parametrize("kind", KNOWLEDGE.applications)
def test_every_kind_is_filed_with_what_its_rule_says(desk: Desk, kind: str) -> None:
    application = KNOWLEDGE.applications[kind]
    someone = Applicant(desk, kind, {})
    kept = someone.file()
    (view,) = desk.cases.of_person(someone.talk.person)
    desk.cases.act(view.reference, "withdraw", "applicant", someone.talk.person, {})  # others file for this company too
    assert (kept is not None) == (kind in KNOWLEDGE.rules)
    assert kept is None or kept.applicant == application.applicant


def test_nothing_of_it_is_readable_where_it_is_kept_and_reading_is_on_record(desk: Desk) -> None:
    someone = Applicant(desk, BENEFIT, INSURED_18, yes("registered"))
    assert someone.file() is not None
    (view,) = desk.cases.of_person(someone.talk.person)
    with Session(desk.engine) as session:
        newest = "SELECT * FROM case_judgement ORDER BY id DESC LIMIT 1"
        row = repr(session.execute(text(newest)).one())
    assert not [each for each in ("insured", "outcome", "失业", "F-26", BENEFIT) if each in row]
    (entry,) = [each for each in desk.audit.about(view.reference) if each.action == "read_judgement"]
    assert (entry.actor, entry.role, entry.details) == ("agent-7", "agent", {})


def test_staff_are_not_told_of_a_case_that_is_not_there(desk: Desk) -> None:
    with pytest.raises(KeyError):
        desk.cases.judgement("000000000000", "agent", "agent-7")


def test_for_a_relative_the_profile_of_the_person_says_nothing(desk: Desk) -> None:
    kept = Applicant(desk, BENEFIT, INSURED_18, yes("registered"), consent="同意，替家人办").file()
    assert kept is not None and kept.outcome == "unknown"
    assert {"work", "insured_months"} <= set(kept.live)


# What is told before it is sent


def test_what_speaks_for_it_needs_no_words(desk: Desk) -> None:
    review = Applicant(desk, BENEFIT, INSURED_18, yes("registered")).review
    assert review.text.startswith("请您看一遍") and review.citations == ()


def test_a_no_is_said_with_its_source_and_files_all_the_same(desk: Desk) -> None:
    someone = Applicant(desk, BENEFIT, INSURED_18)
    review = someone.review
    assert "要“办了失业登记”" in review.text and "还要交吗" in review.text
    assert f"依据：{review.citations[0].source}" in review.text
    kept = someone.file()
    assert kept is not None and (kept.outcome, kept.decisive) == ("no", ("办了失业登记",))


def test_a_no_out_of_the_notice_quotes_its_clause(desk: Desk) -> None:
    review = Applicant(desk, "hardship-recognition", {}).review
    quoted = next(each for each in review.citations if each.notice)
    assert f"原文（{quoted.clause}）：“{quoted.quote}”" in review.text


def test_answers_that_turn_it_round_are_named_as_the_cause(desk: Desk) -> None:
    someone = Applicant(desk, BENEFIT, {**INSURED_18, "registered": True, "job_loss_reason": "dismissed"})
    assert "变化" not in someone.review.text  # what was known before is taken over
    someone.talk.press("改办了失业登记")
    someone.talk.press("不是")
    assert "情况有变化：先前看是“条件对得上”，现在看是“对不上”" in someone.review.text
    kept = someone.file()
    assert kept is not None and kept.outcome == "no"


def test_rules_that_change_before_it_is_sent_are_shown_first(desk: Desk, stricter: KnowledgeBase) -> None:
    someone = Applicant(desk, BENEFIT, INSURED_18, yes("registered"))
    assert "变化" not in someone.review.text
    someone.meanwhile(stricter, TODAY)
    someone.press_file()
    assert "规则有变化：先前看是“条件对得上”，现在看是“对不上”" in someone.review.text
    kept = someone.file()
    assert kept is not None and (kept.outcome, kept.decisive) == ("no", ("失业保险费缴满1年",))


def test_a_new_version_that_says_the_same_is_kept_and_disturbs_nobody(desk: Desk, stricter: KnowledgeBase) -> None:
    facts = {**INSURED_18, "insured_months": 30}
    before = Applicant(desk, BENEFIT, facts, yes("registered")).file()
    someone = Applicant(desk, BENEFIT, facts, yes("registered"))
    someone.meanwhile(stricter, TODAY)
    kept = someone.file()
    assert kept is not None and before is not None
    assert kept.outcome == before.outcome and kept.version != before.version


def test_a_rule_that_ends_overnight_is_shown_first(desk: Desk) -> None:
    someone = Applicant(desk, SKILLS, CERTIFIED, {"certificate_date": "2025年12月1号"}, LAST_DAY)
    assert "要“失业保险缴费缴满规定的月数”" in someone.review.text
    someone.meanwhile(KNOWLEDGE, LAST_DAY.replace(year=2026, month=1, day=1))
    someone.press_file()
    assert "规则有变化：先前看是“对不上”，现在看是“由单位认定”" in someone.review.text
    kept = someone.file()
    assert kept is not None and (kept.outcome, kept.day) == ("needs_review", date(2026, 1, 1))


def test_who_reads_of_the_change_may_still_leave(desk: Desk, stricter: KnowledgeBase) -> None:
    someone = Applicant(desk, BENEFIT, INSURED_18, yes("registered"))
    someone.meanwhile(stricter, TODAY)
    someone.press_file()
    assert someone.talk.press("不办了").ending == "dropped"
    assert desk.cases.of_person(someone.talk.person) == []
