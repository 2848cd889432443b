"""A verdict says why."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from policy_kb.eligibility import DONT_KNOW, Evaluator, Known, Range, Trace, WrongFact
from policy_kb.knowledge import KnowledgeBase, load

KNOWLEDGE = load()
EVALUATOR = Evaluator(KNOWLEDGE)
DAY = date(2026, 11, 23)
LAID_OFF: dict[str, Known] = {
    "work": "none",
    "benefit": "none",
    "registered": True,
    "job_wish": "clear",
    "insured_months": 40,
    "job_loss_reason": "dismissed",
}


def test_all_fifty_have_a_rule() -> None:
    assert KNOWLEDGE.rules.keys() == KNOWLEDGE.measures.keys()
    assert len(KNOWLEDGE.rules) == 50
    assert len(EVALUATOR.personal) == 41


def test_a_no_names_its_condition_and_its_source() -> None:
    verdict = EVALUATOR.judge_one("unemployment-benefit", {**LAID_OFF, "job_loss_reason": "resigned"}, DAY)
    assert verdict.outcome == "no"
    assert {each.fact for each in verdict.decisive} == {"job_loss_reason"}
    assert {each.source for each in verdict.citations} == {"《社会保险法》第45条"}
    assert verdict.remedies == ()


def test_a_no_that_registering_would_mend_says_so() -> None:
    verdict = EVALUATOR.judge_one("unemployment-benefit", {**LAID_OFF, "registered": False}, DAY)
    assert (verdict.outcome, verdict.remedies) == ("no", ("unemployment-registration",))
    both = EVALUATOR.judge_one("unemployment-benefit", {**LAID_OFF, "registered": False, "insured_months": 3}, DAY)
    assert both.remedies == ()


def test_an_unknown_names_what_could_settle_it() -> None:
    facts = {**LAID_OFF, "insured_months": DONT_KNOW}
    del facts["job_loss_reason"]
    verdict = EVALUATOR.judge_one("unemployment-benefit", facts, DAY)
    assert (verdict.outcome, verdict.live) == ("unknown", ("job_loss_reason",))
    assert EVALUATOR.judge_one("unemployment-benefit", {**facts, "job_loss_reason": "resigned"}, DAY).outcome == "no"


def test_an_unknown_that_nothing_can_settle_has_no_live_facts() -> None:
    verdict = EVALUATOR.judge_one("unemployment-benefit", {**LAID_OFF, "insured_months": DONT_KNOW}, DAY)
    assert (verdict.outcome, verdict.live) == ("unknown", ())


def test_a_review_says_what_the_agency_looks_at() -> None:
    verdict = EVALUATOR.judge_one("unemployment-benefit", {**LAID_OFF, "job_loss_reason": "contract_ended"}, DAY)
    assert verdict.outcome == "needs_review"
    assert [each.supplement for each in verdict.looks_at] == ["F-26"]
    recognition = EVALUATOR.judge_one("hardship-recognition", {"registered": True, "disability": True}, DAY)
    assert [each.supplement for each in recognition.looks_at] == ["F-20"]


def test_a_number_without_a_value_in_force_is_left_to_the_agency() -> None:
    facts: dict[str, Known] = {"work": "employed", "certificate": True, "certificate_date": DAY, "insured_months": 1}
    verdict = EVALUATOR.judge_one("skills-upgrade-subsidy", facts, DAY)
    assert verdict.outcome == "needs_review"
    assert "失业保险缴费缴满规定的月数" in [each.says for each in verdict.looks_at]
    assert EVALUATOR.judge_one("skills-upgrade-subsidy", facts, date(2025, 12, 31)).outcome == "no"


def test_what_has_ended_cites_its_end() -> None:
    verdict = EVALUATOR.judge_one("hiring-subsidy", {}, DAY)
    assert verdict.outcome == "not_in_force"
    assert [each.quote for each in verdict.citations] == ["政策试点执行期限截至2022年年底"]


def test_a_company_is_told_of_its_own_measures() -> None:
    verdicts = EVALUATOR.judge({}, DAY, "employer")
    reviewed = {measure for measure, each in verdicts.items() if each.outcome == "needs_review"}
    assert reviewed == set(EVALUATOR.for_employers) - {"hiring-subsidy"}
    assert {"key-enterprise-service", "gig-market"} <= reviewed
    assert verdicts["unemployment-benefit"].outcome == "no"
    assert verdicts["hiring-subsidy"].outcome == "not_in_force"
    assert all(each.citations for each in verdicts.values())


def test_the_trace_can_be_stored_and_holds_no_answer() -> None:
    trace = EVALUATOR.judge_one("unemployment-benefit", {**LAID_OFF, "insured_months": 4711}, DAY).trace
    stored = msgspec.json.encode(trace)
    assert b"4711" not in stored and b"dismissed" not in stored
    assert msgspec.json.decode(stored, type=Trace) == trace
    assert trace is not None and (trace.kind, trace.truth) == ("all", "yes")


def test_a_version_changes_with_what_its_rule_rests_on(home: Path) -> None:
    def versions(knowledge: KnowledgeBase) -> dict[str, str]:
        return {measure: each.version for measure, each in Evaluator(knowledge).judge({}, DAY).items()}

    before = versions(KnowledgeBase(home))
    assert before == versions(KNOWLEDGE)
    file = home / "parameters.yml"
    file.write_text(file.read_text("utf-8").replace('value: "100000"', 'value: "200000"'), "utf-8")
    after = versions(KnowledgeBase(home))
    assert {each for each in before if before[each] != after[each]} == {"startup-loan-no-counter-guarantee"}


@pytest.mark.parametrize(
    "facts",
    [{"shoe_size": 42}, {"registered": 1}, {"age": True}, {"age": "55"}, {"work": "astronaut"}, {"birth_date": 1970}],
    ids=str,
)
def test_what_is_no_fact_is_refused_without_its_value(facts: dict[str, Known]) -> None:
    with pytest.raises(WrongFact) as refused:
        EVALUATOR.judge(facts, DAY)
    assert str(*facts.values()) not in str(refused.value)


def test_a_range_goes_upwards_and_is_of_one_kind() -> None:
    with pytest.raises(ValueError, match="upwards"):
        Range(49, 40)
    with pytest.raises(ValueError, match="whole numbers or of days"):
        Range(40, DAY)


def test_not_and_at_least_are_kleenes(home: Path) -> None:
    ground = 'clause: "5.2", quote: 运用公益性岗位予以安置'
    leaf = "{{fact: {}, is: yes, says: 一条, " + ground + "}}"
    two = ", ".join(leaf.format(each) for each in ("disability", "low_income", "zero_employment"))
    tree = f"{{all: [{{at_least: 2, of: [{two}]}}, {{not: {leaf.format('dibao')}}}]}}"
    (home / "rules" / "public-welfare-post.yml").write_text(f"id: public-welfare-post\nconditions: {tree}\n", "utf-8")
    evaluator = Evaluator(KnowledgeBase(home))

    def outcome(**facts: Known) -> str:
        return evaluator.judge_one("public-welfare-post", facts, DAY).outcome

    assert outcome() == "unknown"
    assert outcome(disability=True, low_income=True, dibao=False) == "yes"
    assert outcome(disability=True, low_income=True) == "unknown"
    assert outcome(disability=True, low_income=True, dibao=True) == "no"
    assert outcome(disability=False, low_income=True, dibao=False) == "unknown"
    assert outcome(disability=False, low_income=False) == "no"
