"""The graph gives what Rasa's own runner makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.exceptions import GraphComponentException, GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage

from bot.engine.runner import OrderedGraphRunner

INPUT = "number"


class Sum(GraphComponent):
    """Adds what it needs, and ``more``."""

    def __init__(self, more: int) -> None:
        self._more = more
        self.runs = 0

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Sum:
        return cls(config["more"])

    def add(self, first: int, second: int | None = None) -> int:
        self.runs += 1
        if self._more < 0:
            raise RuntimeError("less")
        return first + (second or 0) + self._more


def node(more: int, is_target: bool = False, **needs: str) -> SchemaNode:
    made = SchemaNode(needs=needs, uses=Sum, constructor_name="create", fn="add", config={"more": more}, eager=True)
    made.is_target = is_target
    return made


SCHEMA = GraphSchema(
    {
        "last": node(100, is_target=True, first="left", second="right"),
        "left": node(1, first="base"),
        "right": node(2, first="base", second=INPUT),
        "base": node(10, first=INPUT),
        "apart": node(1000, is_target=True, first=INPUT),
        "wrong": node(-1, first=INPUT),
    }
)


def runners(folder: Path) -> list[DaskGraphRunner]:
    storage, context = LocalModelStorage(folder), ExecutionContext(SCHEMA)
    return [kind.create(SCHEMA, storage, context) for kind in (DaskGraphRunner, OrderedGraphRunner)]


@pytest.mark.parametrize("targets", [None, ["last"], ["apart", "last"], ["left", "base"], ["right"]])
def test_the_same_inputs_and_targets_give_the_same(tmp_path: Path, targets: list[str] | None) -> None:
    rasas, ours = runners(tmp_path)
    for number in (0, 5, 5):
        expected = rasas.run({INPUT: number}, targets)
        assert ours.run({INPUT: number}, targets) == expected
        assert expected


def test_each_node_runs_once_and_only_if_needed(tmp_path: Path) -> None:
    _, ours = runners(tmp_path)
    ours.run({INPUT: 1}, ["last"])
    ran = {name: each._component.runs for name, each in ours._instantiated_nodes.items()}
    assert ran == {"last": 1, "left": 1, "right": 1, "base": 1, "apart": 0, "wrong": 0}


def test_what_fails_fails_the_same(tmp_path: Path) -> None:
    for runner in runners(tmp_path):
        with pytest.raises((GraphComponentException, GraphRunError)):
            runner.run({INPUT: 1}, ["wrong"])
