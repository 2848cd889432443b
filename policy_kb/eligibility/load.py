"""facts.yml, parameters.yml and rules/*.yml, strictly: what does not fit is an error that names file and line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
import yaml

from policy_kb.eligibility import strictness
from policy_kb.eligibility.model import Fact, Parameters, Rule
from policy_kb.eligibility.strictness import Refused, Step
from policy_kb.loading import KnowledgeError, read_yaml

T = TypeVar("T")
_AT = re.compile(r" - at `(?:key in )?(?P<path>\$[^`]*)`")
_UNKNOWN_KEY = re.compile(r"unknown field `(?P<key>[^`]+)`")
_STEP = re.compile(r"\[(?P<index>\d+)\]|\.(?P<key>\w+)")


def load_facts(home: Path) -> Mapping[str, Fact]:
    """The closed set of facts, in the order of the file."""
    path = home / "facts.yml"
    facts = _read(path, tuple[Fact, ...])
    _check(path, strictness.of_facts(facts))
    return MappingProxyType({each.id: each for each in facts})


def load_parameters(home: Path) -> Parameters:
    path = home / "parameters.yml"
    parameters = _read(path, Parameters)
    _check(path, strictness.of_parameters(parameters))
    return parameters


def load_rules(
    home: Path,
    facts: Mapping[str, Fact],
    parameters: Parameters,
) -> Mapping[str, Rule]:
    """By measure id, in the order of the measures' files."""
    known = {each.id: each for each in parameters.parameters}
    rules: dict[str, Rule] = {}
    for path in sorted((home / "rules").glob("*.yml")):
        rule = _read(path, Rule)
        _check(path, strictness.of_rule(rule, path.stem, facts, known))
        rules[rule.id] = rule
    return MappingProxyType(rules)


def _read(path: Path, kind: type[T]) -> T:
    content = read_yaml(path)
    try:
        return msgspec.convert(content, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _refusal(path, str(error)) from None


def _refusal(path: Path, message: str) -> KnowledgeError:
    at, key = _AT.search(message), _UNKNOWN_KEY.search(message)
    steps = _steps(at["path"]) if at else ()
    steps += (key["key"],) if key else ()
    cure = "see policy_kb/eligibility/model.py for the keys and types"
    return KnowledgeError(f"{path}: line {line_of(path, steps)}: {message}; {cure}")


def _steps(path: str) -> tuple[Step, ...]:
    """``$.conditions.all[1].fact`` → conditions, all, 1, fact."""
    return tuple(int(each["index"]) if each["index"] else each["key"] for each in _STEP.finditer(path))


def _check(path: Path, refused: Iterable[Refused]) -> None:
    for each in refused:
        raise KnowledgeError(f"{path}: line {line_of(path, each.steps)}: {each.what}; {each.cure}")


def line_of(path: Path, steps: Collection[Step]) -> int:
    """The line on which the value stands that ``steps`` lead to, or the last of them that is there."""
    node: Any = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    line = node.start_mark.line if node else 0
    for step in steps:
        if isinstance(step, int) and isinstance(node, yaml.SequenceNode) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
        elif isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        else:
            break
    return int(line) + 1
