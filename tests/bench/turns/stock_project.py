"""Stock Rasa as `rasa init` sets it up, on this project's sentences: an intent and a custom action for each measure,
one form of five slots, twenty-five sentences an intent (seeded).  All sentences would take stock hours to train.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from pathlib import Path
from random import Random

import yaml

import policy_kb
from tests.bench.turns.workload import APPLY, FORM, GREETING, SEED

SENTENCES = 25
SOURCE = Path(__file__).with_name("stock")
TRAINING = Path(__file__).parents[3] / "data" / "nlu"
OTHERS = ("greet", "goodbye", "thanks", "help", "out_of_scope", "affirm", "deny", "talk_to_human")
STORIES = 60


def make(folder: Path) -> None:
    """Writes the whole project into ``folder``, anew."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCE, folder)
    knowledge = policy_kb.load()
    answers = {each.id: each.summary for each in knowledge.measures.values()}
    sentences = _sentences()
    measures = [each for each in answers if each in sentences]
    (folder / "data").mkdir()
    _write(folder / "answers.json", json.dumps(answers, ensure_ascii=False))
    _write(folder / "credentials.yml", "rest:\n")
    _write_yaml(folder / "domain.yml", _domain(measures))
    _write_yaml(folder / "data" / "nlu.yml", _nlu(measures, sentences))
    _write_yaml(folder / "data" / "rules.yml", _rules(measures))
    _write_yaml(folder / "data" / "stories.yml", _stories(measures))


def _sentences() -> dict[str, list[str]]:
    """By measure, or by intent where it names none."""
    found = defaultdict(list)
    for path in sorted(TRAINING.rglob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            _, _, measure = block["intent"].partition("/")
            lines = (line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- "))
            found[measure or block["intent"]] += [line for line in lines if not re.search(r"[\[\]{}]", line)]
    random = Random(SEED)
    return {name: random.sample(lines, min(SENTENCES, len(lines))) for name, lines in found.items()}


def _domain(measures: list[str]) -> dict[str, object]:
    slots = {
        name: {"type": "text", "mappings": [{"type": "from_text", "conditions": _asking(name)}]} for name in FORM[1:]
    }
    responses = {f"utter_{name}": [{"text": f"[{name}] 说说看。"}] for name in OTHERS}
    responses |= {f"utter_ask_{name}": [{"text": f"[{name}] 请填。"}] for name in FORM[1:]}
    responses |= {"utter_default": [{"text": "没听懂。"}], "utter_consent": [{"text": "[consent] 同意吗？"}]}
    return {
        "version": "3.1",
        "intents": [*(f"ask_{each}" for each in measures), *OTHERS, "register"],
        "actions": [*(f"action_{each}" for each in measures), "validate_registration_form"],
        "responses": responses,
        "slots": slots,
        "forms": {"registration_form": {"required_slots": list(FORM[1:])}},
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }


def _asking(slot: str) -> list[dict[str, str]]:
    return [{"active_loop": "registration_form", "requested_slot": slot}]


def _nlu(measures: list[str], sentences: dict[str, list[str]]) -> dict[str, object]:
    intents = {f"ask_{each}": sentences[each] for each in measures} | {each: sentences[each] for each in OTHERS}
    intents["register"] = [APPLY, "办失业登记", "帮我登记失业", "我来登记失业的", "给我办个失业登记", "想登记一下失业"]
    intents["greet"] = [GREETING, *intents["greet"]]
    return {"version": "3.1", "nlu": [_examples(name, lines) for name, lines in intents.items()]}


def _examples(intent: str, lines: list[str]) -> dict[str, str]:
    return {"intent": intent, "examples": "".join(f"- {line}\n" for line in dict.fromkeys(lines))}


def _rules(measures: list[str]) -> dict[str, object]:
    said = {f"ask_{each}": f"action_{each}" for each in measures} | {each: f"utter_{each}" for each in OTHERS[:-3]}
    said |= {"nlu_fallback": "utter_default", "talk_to_human": "utter_talk_to_human", "register": "utter_consent"}
    rules = [_rule(intent, {"intent": intent}, {"action": action}) for intent, action in said.items()]
    form = ({"intent": "affirm"}, {"action": "registration_form"}, {"active_loop": "registration_form"})
    return {"version": "3.1", "rules": [*rules, _rule("register", *form)]}


def _rule(name: str, *steps: dict[str, str]) -> dict[str, object]:
    return {"rule": name, "steps": list(steps)}


def _stories(measures: list[str]) -> dict[str, object]:
    random = Random(SEED)
    stories = []
    for number in range(STORIES):
        steps: list[dict[str, str]] = [{"intent": "greet"}, {"action": "utter_greet"}]
        for measure in random.sample(measures, 3):
            steps += [{"intent": f"ask_{measure}"}, {"action": f"action_{measure}"}]
        stories.append({"story": f"story {number}", "steps": steps})
    return {"version": "3.1", "stories": stories}


def _write_yaml(path: Path, content: object) -> None:
    yaml.SafeDumper.add_representer(str, _as_block)
    _write(path, yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000))


def _as_block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
