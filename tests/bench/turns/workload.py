"""What the load says: the same conversations, in the same order, for every peer.

`faq`: questions about one measure each.  `mix`: ten turns — a greeting, three questions and the first six turns of a
registration.  `long`: clerks' questions, for one conversation.  The questions are those of the evaluation set that name
one measure and carry no noise.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from tests.actions.persona import identity
from tests.eval.sets import policy

SEED = 20261123
LOADS = ("faq", "mix")
"""Those that many conversations say at once."""
QUESTIONS = 60
CONVERSATIONS = 40
QUESTIONS_A_CONVERSATION = 3
GREETING = "你好"
APPLY = "我要申请失业登记"
FORM = ("consent", "name", "identity", "mobile", "county", "education")
"""The field that each of the six turns asks for; the first of them begins the form."""


@dataclass(frozen=True)
class Turn:
    """``right``: the measure that a right answer is about, or the field that it asks for; empty: anything goes."""

    text: str
    right: str = ""


def questions(voice: str = "") -> list[Turn]:
    """``voice``: of one who asks like that; else of all."""
    clean = [each for each in policy() if len(each.measures) == 1 and each.noise == "clean"]
    fitting = [each for each in clean if voice in ("", each.voice)]
    return [Turn(each.text, each.measures[0]) for each in Random(SEED).sample(fitting, min(QUESTIONS, len(fitting)))]


def faq() -> list[list[Turn]]:
    """Conversations of ten questions."""
    asked, random = questions(), Random(SEED)
    return [random.sample(asked, 10) for _ in range(CONVERSATIONS)]


def long() -> list[list[Turn]]:
    """What a clerk asks: it begins nothing, so that a late turn differs from an early one by its place alone."""
    clean = [
        each for each in policy() if len(each.measures) == 1 and each.noise == "clean" and each.voice == "official"
    ]
    return [[Turn(each.text, each.measures[0]) for each in Random(SEED).sample(clean, 10)]]


def mix() -> list[list[Turn]]:
    asked, random = questions(), Random(SEED)
    return [
        [Turn(GREETING), *random.sample(asked, QUESTIONS_A_CONVERSATION), *_form(number)]
        for number in range(1, CONVERSATIONS + 1)
    ]


def _form(number: int) -> list[Turn]:
    said = (APPLY, "同意", "张建国", identity(number), "13900001111", "昆明市五华区")
    return [Turn(text, field) for text, field in zip(said, FORM, strict=True)]


def write(folder: Path) -> dict[str, Path]:
    """The workloads as files, for the client, which has a process and an environment of its own."""
    paths = {}
    for name, conversations in (("faq", faq()), ("mix", mix()), ("long", long())):
        paths[name] = folder / f"{name}.json"
        plain = [[asdict(turn) for turn in each] for each in conversations]
        paths[name].write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
    return paths
