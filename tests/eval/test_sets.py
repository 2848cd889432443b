"""The evaluation sets are large enough, labelled with what exists, and not copied from the training data."""

from __future__ import annotations

import pytest

import policy_kb
from tests.eval import sets

KNOWLEDGE = policy_kb.load()


def test_they_are_large_enough() -> None:
    assert len(sets.policy()) >= 600
    assert len(sets.out_of_scope()) >= 200
    assert len(sets.dialogues()) >= 100


def test_every_measure_is_asked_about() -> None:
    assert {measure for question in sets.policy() for measure in question.measures} == set(KNOWLEDGE.measures)


def test_no_question_stands_twice() -> None:
    texts = [question.text for name in (sets.policy, sets.out_of_scope, sets.intents) for question in name()]
    assert len(texts) == len(set(texts))


def test_nothing_is_a_near_copy_of_a_training_sentence() -> None:
    questions = [question.text for name in (sets.policy, sets.out_of_scope, sets.intents) for question in name()]
    questions += [turn["user"] for dialogue in sets.dialogues() for turn in dialogue["turns"]]
    copies = [f"{a} ~ {b} ({share:.2f})" for a, b, share in sets.near_copies(questions, sets.training_sentences())]
    assert not copies, "\n".join(copies[:20])


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("创业担保贷款要什么材料", "创业担保贷款要什么材料？", True),
        ("创业担保贷款要什么材料", "低保的渐退期有几个月", False),
        ("谢谢", "谢谢", False),
    ],
)
def test_near_copies(one: str, other: str, near: bool) -> None:
    assert bool(list(sets.near_copies([one], [other]))) is near


def test_the_training_data_is_broad_enough() -> None:
    import yaml

    counts: dict[str, int] = {}
    for path in sets.TRAINING.rglob("*.yml"):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            name = block["intent"] if block["intent"].startswith("ask_policy/") else block["intent"].split("/")[0]
            counts[name] = counts.get(name, 0) + block["examples"].count("\n")
    assert {f"ask_policy/{measure}" for measure in KNOWLEDGE.measures} <= set(counts)
    for name, count in counts.items():
        wanted = 400 if name == "out_of_scope" else 100 if name.startswith("ask_policy/") else 60
        assert count >= wanted, f"{name}: {count} of {wanted}"
