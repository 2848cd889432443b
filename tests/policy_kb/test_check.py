"""Each kind of damage is caught, by a line that names file, key and cure."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from policy_kb.__main__ import main
from policy_kb.check import Problem, check
from policy_kb.knowledge import HOME
from tests.policy_kb.damages import (
    DAMAGES,
    FACTS,
    HIRING_FILE,
    LOAN_FILE,
    SOURCE_FILE,
    TEXT_FILE,
    Damage,
    apply,
    fact,
    put,
)

DAY = date(2026, 11, 23)


def errors(home: Path) -> list[Problem]:
    return [problem for problem in check(home, DAY) if problem.severity == "error"]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_damage_is_caught(home: Path, damage: Damage) -> None:
    apply(home, damage)
    found = errors(home)
    lines = [str(each) for each in found if (each.file, each.key) == (damage.at or damage.file, damage.key)]
    assert any(all(word in line for word in damage.says) for line in lines), [str(each) for each in found]
    assert all(each.what and each.cure and "\n" not in str(each) for each in found)


def test_rewriting_alone_is_no_damage(home: Path) -> None:
    """So that what the tests above catch is the damage, and not how they write YAML."""
    for file in {damage.file for damage in DAMAGES}:
        apply(home, Damage("", file, lambda content: None, "", ()))
    assert not errors(home)


def replace(file: str, old: str, new: str) -> Callable[[Path], None]:
    def damage(home: Path) -> None:
        content = (home / file).read_text("utf-8")
        assert old in content
        (home / file).write_text(content.replace(old, new, 1), "utf-8")

    return damage


def written(file: str, content: bytes) -> Callable[[Path], None]:
    def damage(home: Path) -> None:
        (home / file).parent.mkdir(exist_ok=True)
        (home / file).write_bytes(content)

    return damage


def second_folder_with_the_same_id(home: Path) -> None:
    (home / "sources" / "zz").mkdir()
    (home / "sources" / "zz" / "source.yml").write_bytes((home / SOURCE_FILE).read_bytes())


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (
            replace(TEXT_FILE, "10万元以下", "20万元以下"),
            [SOURCE_FILE, "clauses 4.1.text", "10万元以下", "word for word"],
        ),
        (replace(TEXT_FILE, "四、支持", "附：另有一句。四、支持"), [SOURCE_FILE, "clauses", "另有一句", "add it"]),
        (lambda home: (home / TEXT_FILE).unlink(), [TEXT_FILE, "missing or not UTF-8", "put the published text"]),
        (written(TEXT_FILE, b"\xb9\xab\xce\xc4"), [TEXT_FILE, "missing or not UTF-8", "saved as UTF-8"]),
        (written(TEXT_FILE, b"\n"), [TEXT_FILE, "empty", "put the published text"]),
        (written(LOAN_FILE, b"id: \xff"), [LOAN_FILE, "the whole file", "not UTF-8", "save it as UTF-8"]),
        (replace(LOAN_FILE, "id: startup-loan", "id: startup-loan\nid: x"), [LOAN_FILE, "id", "twice", "keep one"]),
        (replace(LOAN_FILE, "audience: [", "audience: [["), [LOAN_FILE, "not valid YAML", "mend the indentation"]),
        (lambda home: (home / "menu.yml").unlink(), ["menu.yml", "the file is missing", "restore it"]),
        (
            lambda home: (home / LOAN_FILE).unlink(),
            ["menu.yml", "business.measures", "“startup-loan”", "correct the id"],
        ),
        (second_folder_with_the_same_id, ["sources/zz/source.yml", "id", SOURCE_FILE, "as its folder is named"]),
    ],
)
def test_damaged_files_are_caught(home: Path, damage: Callable[[Path], None], says: list[str]) -> None:
    damage(home)
    lines = [str(each) for each in errors(home)]
    assert any(all(word in line for word in says) for line in lines), lines
    assert not any("\n" in line for line in lines)


def warned(home: Path, day: date = DAY) -> list[str]:
    return [str(problem) for problem in check(home, day) if problem.severity == "warning"]


@pytest.mark.parametrize(("day", "expected"), [("11-30", False), ("12-01", True), ("12-31", True)])
def test_an_end_within_thirty_days_is_a_warning(home: Path, day: str, expected: bool) -> None:
    lines = warned(home, date.fromisoformat(f"2022-{day}"))
    found = [line for line in lines if HIRING_FILE in line and "validity.last_day" in line and "2022-12-31" in line]
    assert bool(found) is expected


def test_what_has_ended_is_no_longer_announced(home: Path) -> None:
    assert not any("ends on 2022" in line for line in warned(home, date(2023, 1, 1)))


def test_a_fact_that_ends_is_a_warning(home: Path) -> None:
    apply(home, Damage("", FACTS, fact("F-58", put("last_day", to="2026-12-01")), "", ()))
    assert any(FACTS in line and "F-58.last_day" in line and "2026-12-01" in line for line in warned(home))


def test_phased_facts_that_are_told_are_one_line(home: Path) -> None:
    apply(home, Damage("", FACTS, fact("F-58", put("currency", to="phased")), "", ()))
    (line,) = [line for line in warned(home) if "phased" in line]
    assert line.startswith(f"warning: {FACTS}: currency: ")
    assert "F-58" in line
    assert "F-52" not in line, "it is phased, but nothing tells it"


def test_a_measure_that_nothing_leads_to_is_a_warning(home: Path) -> None:
    for path in home.glob("measures/*.yml"):
        apply(home, Damage("", f"measures/{path.name}", put("related", to=[]), "", ()))
    lines = warned(home)
    assert any("measures/flexible-employment.yml: id: in no menu group" in line for line in lines)
    assert not any("measures/startup-loan.yml: id:" in line for line in lines), "the menu offers it"


def test_the_command_fails_on_errors_only(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--home", str(home), "--day", "2022-12-15"]) == 0
    assert "0 errors" in capsys.readouterr().out
    apply(home, Damage("", LOAN_FILE, put("audience", to=[]), "", ()))
    assert main(["check", "--home", str(home), "--day", "2022-12-15"]) == 1
    first, *others, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"error: {LOAN_FILE}: audience: ")
    assert all(line.startswith("warning: ") for line in others)
    assert "1 error," in last


@pytest.mark.parametrize("arguments", [[], ["check", "--day", "31.12.2022"], ["chek"]])
def test_a_wrong_command_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_it_runs_as_a_module() -> None:
    run = subprocess.run([sys.executable, "-m", "policy_kb", "check"], cwd=HOME.parent, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert "0 errors" in run.stdout
