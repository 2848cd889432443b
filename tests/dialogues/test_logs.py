"""One turn's id in the logs of the real processes, and nobody's words in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Stack

ID, MOBILE, NAME = "11010519491231002X", "13800138000", "欧阳标记"


@pytest.fixture
def said(stack: Stack, conversation: str) -> Iterator[dict[str, str]]:
    """What a few turns with personal values added to each log."""
    files = {name: Path(stack.folder / f"{name}.log") for name in ("engine", "app")}
    before = {name: file.stat().st_size for name, file in files.items()}
    for text in (
        "失业金怎么领",
        f"我叫{NAME}，身份证{ID}，电话{MOBILE}，转人工",
        f"/{NAME}",
        f'/inform{{"name": "{NAME}"}}',
        MOBILE,
    ):
        stack.say(text, conversation)
    yield {name: file.read_bytes()[before[name] :].decode() for name, file in files.items()}


def test_a_turn_is_found_in_both_logs_by_its_id(said: dict[str, str]) -> None:
    turns = re.findall(r"yunjiu\.gateway \[([0-9a-f]{16})\] turn kinds", said["app"])
    assert len(set(turns)) == 5
    assert set(re.findall(r"yunjiu\.engine \[([0-9a-f]{16})\] turn intent", said["engine"])) == set(turns)
    actions = set(re.findall(r"yunjiu\.actions \[([0-9a-f]{16})\] action", said["app"]))
    assert actions
    assert actions <= set(turns)


def test_nobody_is_in_either(said: dict[str, str]) -> None:
    for name, text in said.items():
        for secret in (ID, MOBILE, NAME):
            assert secret not in text, f"{secret} in the log of the {name}"


def test_the_intents_are_counted(stack: Stack, said: dict[str, str]) -> None:
    metrics = stack.client.get("/metrics").text
    assert re.search(r'yunjiu_intents_total\{intent="ask_policy"\} [1-9]', metrics)
    assert NAME not in metrics
