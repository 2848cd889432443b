"""The guides come to an end on every path, and damage to one is caught by a line that names file, key and cure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from policy_kb.checks.guides import paths
from policy_kb.knowledge import HOME, load
from policy_kb.procedures import Branch, Guide, GuideStep
from tests.policy_kb.damages import FACTS, Change, Damage, apply, fact, put
from tests.policy_kb.test_check import errors

KNOWLEDGE = load()
GUIDES = (
    "complaint",
    "hardship-recognition",
    "jobseeker-registration",
    "registration-counter",
    "registration-disabled",
    "registration-online",
    "startup-loan",
    "training-subsidy",
    "unemployment-benefit",
)
REGISTRATIONS = [each for each in GUIDES if "registration" in each]
FILE = "guides/startup-loan.yml"


def test_the_guides_are_there() -> None:
    assert tuple(sorted(KNOWLEDGE.guides)) == GUIDES
    assert not [each for each in errors(HOME) if each.file.startswith("guides/")]


@pytest.mark.parametrize("guide_id", GUIDES)
def test_every_path_ends_after_four_to_eight_steps(guide_id: str) -> None:
    guide = KNOWLEDGE.guides[guide_id]
    ways = list(paths(guide))
    assert all(4 <= len(way) <= 8 for way in ways), ways
    assert all(guide.step(way[-1]).last for way in ways)
    assert {each for way in ways for each in way} == {step.id for step in guide.steps}


@pytest.mark.parametrize("guide_id", GUIDES)
def test_what_a_guide_files_is_its_measure(guide_id: str) -> None:
    guide = KNOWLEDGE.guides[guide_id]
    assert guide.application == guide.measure
    assert KNOWLEDGE.measure(guide.measure).fileable


@pytest.mark.parametrize("guide_id", REGISTRATIONS)
def test_nobody_under_sixteen_is_led_to_registration(guide_id: str) -> None:
    guide = KNOWLEDGE.guides[guide_id]
    under = [way for way in paths(guide) if "under-sixteen" in way]
    assert [way[1:] for way in under] == [("under-sixteen", "under-sixteen-work", "under-sixteen-later")]
    assert all("F-16" in guide.step(each).supplements for each in under[0][1:])


@pytest.mark.parametrize("guide_id", REGISTRATIONS)
def test_a_pension_leads_to_the_jobseekers_registration(guide_id: str) -> None:
    retired = [way for way in paths(KNOWLEDGE.guides[guide_id]) if "retired" in way]
    ends = "after" if guide_id == "jobseeker-registration" else "jobseeker"
    assert retired
    assert {way[-1] for way in retired} == {ends}


def test_what_a_guide_tells_people_to_say_leads_to_a_guide() -> None:
    told = {
        words
        for guide in KNOWLEDGE.guides.values()
        for step in guide.steps
        for words in re.findall("跟我说“(.+?)”", step.text)
    }
    assert told
    assert told <= {phrase for guide in KNOWLEDGE.guides.values() for phrase in guide.phrases}


def step(found: str, change: Change) -> Change:
    return lambda guide: change(next(each for each in guide["steps"] if each["id"] == found))


def padded(guide: Any) -> None:
    """Six more steps before the last one."""
    guide["steps"][-1:-1] = [{"id": f"more-{number}", "text": "先问。", "ask": "loan-service"} for number in range(6)]


def step_twice(guide: Any) -> None:
    guide["steps"].append(dict(guide["steps"][-1]))


DAMAGES = (
    Damage("an unknown measure", FILE, put("measure", to="none"), "measure", ("no measure “none”", "correct the id")),
    Damage("an unknown application", FILE, put("application", to="none"), "application", ("“none”", "correct the id")),
    Damage(
        "an application for what cannot be filed",
        FILE,
        put("application", to="startup-services"),
        "application",
        ("no fileable measure “startup-services”",),
    ),
    Damage(
        "an unknown fact",
        FILE,
        step("after", put("supplements", to=["F-999"])),
        "steps after.supplements",
        ("no supplement “F-999”", "correct the id"),
    ),
    Damage(
        "an unknown contact",
        FILE,
        step("after", put("ask", to="none")),
        "steps after.ask",
        ("no contact “none”", "correct the id"),
    ),
    Damage(
        "a branch to nowhere",
        FILE,
        step("stage", put("branches", 0, "to", to="none")),
        "steps stage.branches[0].to",
        ("no step “none”", "correct the id"),
    ),
    Damage(
        "a step to nowhere", FILE, step("small", put("to", to="none")), "steps small.to", ("no step “none”", "correct")
    ),
    Damage(
        "a quote with a word changed",
        FILE,
        step("small", put("quotes", 0, "quote", to="对20万元以下的创业担保贷款")),
        "steps small.quotes[0]",
        ("is not in clause 4.1", "word for word"),
    ),
    Damage(
        "a quote under another clause",
        FILE,
        step("small", put("quotes", 0, "clause", to="4.2")),
        "steps small.quotes[0]",
        ("is not in clause 4.2", "name the right clause"),
    ),
    Damage(
        "a quote of an unknown clause",
        FILE,
        step("small", put("quotes", 0, "clause", to="9.9")),
        "steps small.quotes[0]",
        ("no clause “9.9”", "correct the id"),
    ),
    Damage(
        "a blank quote", FILE, step("small", put("quotes", 0, "quote", to=" \n ")), "steps small.quotes[0]", ("“”",)
    ),
    Damage(
        "a fact that may not be told",
        FILE,
        step("after", put("supplements", to=["F-57"])),
        "steps after.supplements",
        ("F-57 may not be told", "S, local", "take it out"),
    ),
    Damage(
        "a fact that has become history",
        FACTS,
        fact("F-59", put("currency", to="historical")),
        "steps after.supplements",
        ("F-59 may not be told", "historical"),
        at=FILE,
    ),
    Damage(
        "a local fact told as if it held everywhere",
        FILE,
        step("after", put("text", to="批不批由银行决定。")),
        "steps after.text",
        ("F-59 may differ", "以窗口为准"),
    ),
    Damage(
        "a step that rests on nothing",
        FILE,
        step("place", lambda each: each.pop("ask")),
        "steps place.text",
        ("rests on nothing", "name under ask"),
    ),
    Damage("a figure in a title", FILE, put("title", to="贷5万元"), "title", ("5万元 is stated", "take it out")),
    Damage(
        "an amount that no source has",
        FILE,
        step("place", put("text", to="带上50万元的流水。")),
        "steps place.text",
        ("50万元 is stated but not cited", "take it out"),
    ),
    Damage(
        "days in words that no source has",
        FILE,
        step("place", put("text", to="十五天就批下来。")),
        "steps place.text",
        ("15天 is stated",),
    ),
    Damage(
        "an amount on a button",
        FILE,
        step("amount", put("branches", 0, "title", to="30万元以下")),
        "steps amount.branches[0].title",
        ("30万元 is stated",),
    ),
    Damage(
        "a number to call",
        FILE,
        step("place", put("text", to="打0871-65111111问。")),
        "steps place.text",
        ("0871-65111111 is stated",),
    ),
    Damage(
        "an address on the net",
        FILE,
        step("place", put("text", to="到hrss.yn.gov.cn申请。")),
        "steps place.text",
        ("gov.cn is stated",),
    ),
    Damage(
        "the last step leads on",
        FILE,
        step("small", put("last", to="true")),
        "steps small.last",
        ("leads on", "remove last"),
    ),
    Damage(
        "branches and a way beside them",
        FILE,
        step("stage", put("to", to="loans")),
        "steps stage.to",
        ("also has to", "remove one"),
    ),
    Damage(
        "one branch alone",
        FILE,
        step("stage", lambda each: each["branches"].pop()),
        "steps stage.branches",
        ("no choice", "add the other answer"),
    ),
    Damage(
        "an end that is not marked",
        FILE,
        step("after", lambda each: each.pop("last")),
        "steps after.last",
        ("leads nowhere", "add last: true"),
    ),
    Damage(
        "a step that nothing leads to",
        FILE,
        step("amount", lambda each: each["branches"].pop()),
        "steps unsure",
        ("nothing leads to it", "remove it"),
    ),
    Damage("a path in a circle", FILE, step("small", put("to", to="amount")), "steps", ("comes back", "to the end")),
    Damage("a path too long", FILE, padded, "steps", ("more than 10 steps", "join or remove")),
    Damage("no steps", FILE, put("steps", to=[]), "steps", ("no steps", "write what to do")),
    Damage(
        "a long text",
        FILE,
        step("place", put("text", to="问" * 121)),
        "steps place.text",
        ("121 characters", "shorten it to 120"),
    ),
    Damage(
        "a text of blanks", FILE, step("place", put("text", to="  ")), "steps place.text", ("empty", "a person reads")
    ),
    Damage(
        "a long button",
        FILE,
        step("stage", put("branches", 0, "title", to="开" * 15)),
        "steps stage.branches[0].title",
        ("15 characters", "shorten it to 14"),
    ),
    Damage("a step twice", FILE, step_twice, "steps after", ("stands twice", "another id")),
    Damage(
        "one answer for two branches",
        FILE,
        step("stage", lambda each: each["branches"][1]["also"].append("开了")),
        "steps stage.branches",
        ("“开了”", "已经开起来了 and 正打算做", "keep it in one"),
    ),
    Damage(
        "one name for two guides",
        FILE,
        lambda guide: guide["phrases"].append("怎么投诉公司"),
        "phrases",
        ("“怎么投诉公司”", "guides/complaint.yml", "keep it in one place"),
    ),
    Damage("an unknown key", FILE, put("amount", to="1"), "amount", ("unknown field",)),
    Damage("the id of another guide", FILE, put("id", to="complaint"), "id", ("complaint", "make them the same")),
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_damage_is_caught(home: Path, damage: Damage) -> None:
    apply(home, damage)
    found = errors(home)
    lines = [str(each) for each in found if (each.file, each.key) == (damage.at or damage.file, damage.key)]
    assert any(all(word in line for word in damage.says) for line in lines), [str(each) for each in found]
    assert all(each.what and each.cure and "\n" not in str(each) for each in found)


def test_rewriting_alone_is_no_damage(home: Path) -> None:
    apply(home, Damage("", FILE, lambda content: None, "", ()))
    assert not [each for each in errors(home) if each.file == FILE]


def test_the_telephone_number_of_a_contact_may_be_told(home: Path) -> None:
    apply(home, Damage("", FILE, step("place", put("text", to="打12333问清楚再去。")), "", ()))
    assert not [each for each in errors(home) if each.file == FILE]


def test_paths_stop_where_they_go_wrong() -> None:
    """At a step that they have met, and at one that is not there."""
    both = (Branch("去", to="a"), Branch("回", to="b"), Branch("错", to="none"))
    circle = Guide("x", "x", "x", (GuideStep("a", "a", branches=both), GuideStep("b", "b", last=True)))
    assert list(paths(circle)) == [("a", "a"), ("a", "b"), ("a", "none")]
    assert list(paths(Guide("x", "x", "x", ()))) == []
