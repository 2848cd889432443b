"""Conversations as data, through the real engine: one runner for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dialogues.conftest import Stack
from tests.eval import sets

WRITTEN_HERE = [
    dialogue
    for path in sorted(Path(__file__).parent.glob("*/*.yml"))
    for dialogue in yaml.safe_load(path.read_text(encoding="utf-8"))
]
AT_LEAST = 0.93
"""Of the evaluation's turns, which nobody has looked at while writing the training sentences."""


def problems(turn: dict[str, Any], messages: list[dict[str, Any]]) -> list[str]:
    """What of the turn's expectations the messages do not meet; [] where all is well."""
    expected = turn["expect"]
    kinds = expected["kind"] if isinstance(expected["kind"], list) else [expected["kind"]]
    found = [message["kind"] for message in messages]
    measures = {measure for message in messages for measure in message["measures"]}
    text = "\n".join(message["text"] for message in messages)
    wrong = []
    if not set(found) & set(kinds):
        wrong.append(f"kind {found}, not {kinds}")
    if "handoff" in kinds and len(kinds) == 1 and found[:1] != ["handoff"]:
        wrong.append(f"a person comes first, but {found}")
    if missing := set(expected.get("measures") or ()) - measures:
        wrong.append(f"measures {sorted(measures)} lack {sorted(missing)}")
    if expected.get("validity") and expected["validity"] not in [message["validity"] for message in messages]:
        wrong.append(f"validity is not {expected['validity']}")
    wrong += [f"lacks {part}" for part in expected.get("contains") or () if part not in text]
    wrong += [f"has {part}" for part in expected.get("not_contains") or () if part in text]
    return [f"“{turn['user']}”: {each}" for each in wrong]


@pytest.mark.parametrize("dialogue", WRITTEN_HERE, ids=lambda each: each["name"])
def test_dialogue(stack: Stack, conversation: str, dialogue: dict[str, Any]) -> None:
    wrong = [problem for turn in dialogue["turns"] for problem in problems(turn, stack.say(turn["user"], conversation))]
    assert not wrong, "\n".join(wrong)


def test_the_evaluation_dialogues(stack: Stack) -> None:
    turns, wrong = 0, []
    for dialogue in sets.dialogues():
        for turn in dialogue["turns"]:
            turns += 1
            found = problems(turn, stack.say(turn["user"], f"eval {dialogue['name']}"))
            wrong += [f"{dialogue['name']}: {'; '.join(found)}"] if found else []
    right = 1 - len(wrong) / turns
    print(f"\n{turns} turns, {right:.1%} as expected\n" + "\n".join(wrong))
    assert right >= AT_LEAST, "\n".join(wrong)
