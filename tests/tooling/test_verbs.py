"""The Makefile's verbs, and what `make check` makes of the validator's warnings."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tooling.__main__ import VERBS
from tooling.checks import unintended_warnings

ROOT = Path(__file__).resolve().parents[2]


def test_make_alone_lists_every_verb_with_one_line() -> None:
    listed = subprocess.run(["make", "-C", str(ROOT), "-s"], capture_output=True, text=True, check=True).stdout
    described = dict(re.findall(r"^  (\w+) +(\S.*)$", listed, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony and set(described) == set(phony.group(1).split())
    assert {*VERBS, "clean"} <= set(described)
    assert all(len(line) < 100 for line in listed.splitlines())


def test_an_unknown_verb_is_refused() -> None:
    finished = subprocess.run([sys.executable, "-m", "tooling", "fly"], cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 2 and "usage" in finished.stderr


@pytest.mark.parametrize(
    ("warning", "intended"),
    [
        ("The intent 'browse' is listed in the domain file, but is not found in the NLU training data.", True),
        ("The intent 'apply' is listed in the domain file, but is not found in the NLU training data.", False),
        ("Action 'utter_apply' is listed as a response action in the domain file, but", True),
        ("There is no such thing", False),
    ],
)
def test_only_intended_warnings_of_the_validator_pass(warning: str, intended: bool) -> None:
    output = f"\x1b[93m/x/site-packages/rasa/shared/utils/io.py:100: UserWarning: {warning}\nmore"
    assert unintended_warnings(output) == ([] if intended else [warning])
