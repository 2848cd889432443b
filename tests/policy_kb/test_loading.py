"""Reading YAML strictly, and objects that nobody can change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from policy_kb.knowledge import KnowledgeBase
from policy_kb.loading import KnowledgeError, read_as, read_yaml
from policy_kb.model import Frozen, Term


class Sample(Frozen):
    name: str
    day: date | None = None
    yes: bool = False


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "sample.yml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("scalar", "value"),
    [("no", "no"), ("010", "010"), ("1.10", "1.10"), ("2022-12-31", "2022-12-31"), ("null", None), ("", None)],
)
def test_scalars_stay_as_written(tmp_path: Path, scalar: str, value: str | None) -> None:
    assert read_yaml(written(tmp_path, f"name: {scalar}\n")) == {"name": value}


def test_the_type_asked_for_decides(tmp_path: Path) -> None:
    path = written(tmp_path, "name: no\nday: 2022-12-31\nyes: true\n")
    assert read_as(path, Sample) == Sample("no", date(2022, 12, 31), True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name: a\nname: b\n", ["line 2", "“name”", "twice", "keep one"]),
        ("name: a\nnane: b\n", ["nane", "model.py"]),
        ("yes: true\n", ["name", "model.py"]),
        ("name: a\nday: 2022-02-30\n", ["$.day"]),
        ("name: a\nyes: perhaps\n", ["$.yes"]),
        ("name: [a\n", ["not valid YAML", "mend"]),
        (b"name: \xff\xfe\n", ["not UTF-8", "save it as UTF-8"]),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, content: str | bytes, words: list[str]) -> None:
    path = written(tmp_path, content)
    with pytest.raises(KnowledgeError) as refusal:
        read_as(path, Sample)
    for word in ["sample.yml", *words]:
        assert word in str(refusal.value)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="missing"):
        read_as(tmp_path / "none.yml", Sample)


@pytest.mark.parametrize(
    "change",
    [
        lambda kb: setattr(kb.measures["startup-loan"], "label", "x"),
        lambda kb: setattr(kb.measures["startup-loan"].validity, "last_day", None),
        lambda kb: setattr(kb.measures["startup-loan"].aspects.amount, "answer", "x"),
        lambda kb: kb.measures.__setitem__("x", kb.measures["startup-loan"]),
        lambda kb: kb.supplements.pop("F-01"),
        lambda kb: kb.vocabulary.append(Term("x", ())),
        lambda kb: kb.measures["startup-loan"].phrases.append("x"),
    ],
)
def test_nothing_can_be_changed(home: Path, change: Callable[[Any], None]) -> None:
    with pytest.raises((AttributeError, TypeError)):
        change(KnowledgeBase(home))


def test_a_changed_copy_is_another_object(home: Path) -> None:
    measure = KnowledgeBase(home).measure("startup-loan")
    assert msgspec.structs.replace(measure, label="x").label == "x" != measure.label
