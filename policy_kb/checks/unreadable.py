"""A knowledge base that the loader refuses, told as problems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from policy_kb.checks.problem import SUPPLEMENTS, Problem, clashes, error
from policy_kb.loading import KnowledgeError, read_yaml

_LISTS = (SUPPLEMENTS, "contacts.yml", "aspects.yml", "menu.yml")
_KEY = re.compile(r"field `(?P<field>[^`]+)`|key “?(?P<key>\w+)")
_WHERE = re.compile(r"at `\$\.?(?P<where>[^`]*)`")


def unreadable(home: Path, refusal: KnowledgeError) -> tuple[Problem, ...]:
    """What the loader's refusal is about; it stops at the first, so mending it may bring up another."""
    return tuple(_ids_that_stand_twice(home)) or (_from_message(home, str(refusal)),)


def _ids_that_stand_twice(home: Path) -> Iterator[Problem]:
    """The loader names the id but not the files."""
    for file in _LISTS:
        for found, _ in clashes((each, file) for each in _ids(home / file)):
            yield error(file, "id", f"“{found}” stands twice", "give one of the two another id")
    folders = {path: path.relative_to(home).as_posix() for path in sorted(home.glob("sources/*/source.yml"))}
    for found, files in clashes((each, file) for path, file in folders.items() for each in _ids(path)):
        yield error(files[-1], "id", f"“{found}” is also the id of {files[0]}", "name it as its folder is named")


def _ids(path: Path) -> Iterator[str]:
    try:
        content = read_yaml(path)
    except KnowledgeError:
        return
    for each in content if isinstance(content, list) else [content]:
        if isinstance(each, dict) and isinstance(each.get("id"), str):
            yield each["id"]


def _from_message(home: Path, message: str) -> Problem:
    """“PATH: WHAT; CURE”, as policy_kb.loading words it."""
    path, _, rest = message.partition(": ")
    what, _, cure = rest.rpartition("; ")
    file = path.removeprefix(f"{home}/")
    return error(file, _key(rest), " ".join((what or rest).split()), cure or "mend the file")


def _key(message: str) -> str:
    named, where = _KEY.search(message), _WHERE.search(message)
    parts = [where["where"] if where else "", (named["field"] or named["key"]) if named else ""]
    return ".".join(part for part in parts if part) or "the whole file"
