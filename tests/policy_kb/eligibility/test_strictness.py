"""What does not fit is refused, by file and line; what the loader cannot see, `kb check` finds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from policy_kb.check import check
from policy_kb.knowledge import KnowledgeBase
from policy_kb.loading import KnowledgeError

POST = "rules/public-welfare-post.yml"
BENEFIT = "rules/unemployment-benefit.yml"
DAY = date(2026, 11, 23)


def replace(home: Path, file: str, old: str, new: str) -> int:
    """Returns the line on which the change begins."""
    content = (home / file).read_text("utf-8")
    assert old in content
    (home / file).write_text(content.replace(old, new, 1), "utf-8")
    return content[: content.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        pytest.param(POST, "fact: hardship", "factor: hardship", "unknown field `factor`", id="unknown key"),
        pytest.param(POST, "fact: hardship", "fact: hardships", "there is no fact “hardships”", id="unknown fact"),
        pytest.param(POST, "is: yes", "is: maybe", "“hardship” has no answer “maybe”", id="no answer of a bool"),
        pytest.param(POST, "is: [none,", "is: [nothing,", "“work” has no answer “nothing”", id="unknown choice"),
        pytest.param(
            POST,
            "is: yes",
            "min: working_age",
            "min compares a number, and “hardship” is a bool",
            id="bool with number",
        ),
        pytest.param(
            BENEFIT, "min: benefit_insured_months", "is: yes", "it cannot be compared with yes", id="number is"
        ),
        pytest.param(
            BENEFIT, "min: benefit_insured_months", "min: working_age", "“working_age” is in years", id="wrong unit"
        ),
        pytest.param(
            BENEFIT, "min: benefit_insured_months", "min: twelve", "there is no parameter “twelve”", id="parameter"
        ),
        pytest.param(POST, "agency_decides:", "not_for_persons:", "it must say one thing", id="two kinds of rule"),
        pytest.param(POST, "- says: 认定过", "- says: null\n      #", "a condition without says", id="no words"),
        pytest.param(POST, "fact: hardship", "left_open: true", "it compares without a fact", id="open, and compared"),
        pytest.param(
            "parameters.yml",
            '- {value: "12", starts: "2025-01-01"',
            '- {value: "9", starts: "2025-12-31", supplement: F-48}\n      - {value: "12", starts: "2025-01-01"',
            "two values of “skills_insured_months” are in force at once",
            id="two values at once",
        ),
        pytest.param("parameters.yml", 'value: "16"', 'value: "010x"', "int", id="no number"),
        pytest.param("facts.yml", "type: choice", "type: choices", "choices", id="unknown type"),
        pytest.param("facts.yml", "of: [birth_date]", "of: [birthday]", "age takes ('date',)", id="derive"),
        pytest.param("facts.yml", "one_of: [planning,", "one_of: [dreaming,", "no answer “dreaming”", id="when"),
    ],
)
def test_it_is_refused_by_file_and_line(home: Path, file: str, old: str, new: str, says: str) -> None:
    line = replace(home, file, old, new)
    with pytest.raises(KnowledgeError) as refused:
        KnowledgeBase(home)
    message = str(refused.value)
    assert says in message
    assert f"/{file}: line " in message
    told = int(message.split(": line ")[1].split(":")[0])
    assert abs(told - line) <= 3, message


def test_a_rule_under_another_name_is_refused(home: Path) -> None:
    (home / "rules" / "moon-base.yml").write_text((home / POST).read_text("utf-8"), "utf-8")
    with pytest.raises(KnowledgeError, match=r"moon-base.yml: line 1: the id is “public-welfare-post”"):
        KnowledgeBase(home)


def test_a_rule_for_no_measure_is_found(home: Path) -> None:
    rule = (home / POST).read_text("utf-8").replace("public-welfare-post", "moon-base")
    (home / "rules" / "moon-base.yml").write_text(rule, "utf-8")
    found = [each.what for each in check(home, DAY) if each.file == "rules/moon-base.yml"]
    assert found == ["there is no measure “moon-base”"]


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "says"),
    [
        (POST, "quote: 对通过市场渠道难以", "quote: 对通过市场渠道很难", "conditions.all[0]", "is not in clause 5.2"),
        (POST, 'clause: "5.2"', 'clause: "9.9"', "conditions.all[0]", "no clause “9.9”"),
        (POST, "says: 认定过就业困难人员", "says: 满50岁", "conditions.all[0]", "50岁 is stated but not quoted"),
        (POST, "  - 年龄的线", "  - 满50岁、年龄的线", "gaps[0]", "50岁 is stated but not quoted"),
        ("rules/training-catalogue.yml", "agency_decides:", "not_for_persons:", "not_for_persons", "is for persons"),
        ("facts.yml", "remedy: hardship-recognition", "remedy: none-such", "hardship.remedy", "no measure “none-such”"),
        ("parameters.yml", "对10万元以下", "对20万元以下", "counter_guarantee_free.values[0]", "is not in clause 4.1"),
        (BENEFIT, "supplement: F-36", "supplement: F-999", "conditions.all[0].any[0]", "no supplement “F-999”"),
        (BENEFIT, "supplement: F-36", "supplement: F-64", "conditions.all[0].any[0]", "F-64 may not be told"),
        ("parameters.yml", "supplement: F-90", "supplement: F-91", "retirement", "no supplement “F-91”"),
        (
            "parameters.yml",
            'last_day: "2025-12-31"',
            'last_day: "2026-12-31"',
            "skills_insured_months.values[0]",
            "it outlives F-48, which ends on 2025-12-31",
        ),
    ],
)
def test_the_check_finds_it(home: Path, file: str, old: str, new: str, key: str, says: str) -> None:
    replace(home, file, old, new)
    found = [each for each in check(home, DAY) if each.severity == "error" and each.file == file]
    assert any(each.key.startswith(key) and says in each.what for each in found), [str(each) for each in found]


def test_a_measure_without_a_rule_is_announced(home: Path) -> None:
    (home / POST).unlink()
    assert [each.key for each in check(home, DAY) if each.file == "rules"] == ["public-welfare-post"]


@pytest.mark.parametrize(("day", "warned"), [("2025-11-30", False), ("2025-12-01", True), ("2025-12-31", True)])
def test_the_end_of_a_parameter_is_announced(day: str, warned: bool) -> None:
    found = [each for each in check(day=date.fromisoformat(day)) if each.file == "parameters.yml"]
    assert bool(found) == warned


def test_every_rule_says_whom_a_company_asks_and_what_it_leaves_open(home: Path) -> None:
    file = home / "rules" / "order-based-training.yml"
    content = file.read_text("utf-8")
    file.write_text(content[: content.index("employer:")], "utf-8")
    found = {each.key for each in check(home, DAY) if each.file == "rules/order-based-training.yml"}
    assert found == {"employer", "gaps"}
