"""Strict YAML into typed, immutable objects.

Plain YAML reads ``no`` as false and ``010`` as 8, and keeps the last of two equal keys without a word.
Here every scalar is a string until the target type says otherwise, and a key twice is an error.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

T = TypeVar("T")

_BaseLoader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class KnowledgeError(Exception):
    """The knowledge base cannot be read; the message names the file, the key and what to do."""


class _StrictLoader(_BaseLoader):  # type: ignore[misc]
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.value in seen:
                line = key_node.start_mark.line + 1
                raise KnowledgeError(f"line {line}: key “{key_node.value}” stands twice; keep one of them")
            seen.add(key_node.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


_StrictLoader.add_constructor("tag:yaml.org,2002:map", lambda loader, node: loader.construct_mapping(node, deep=True))


def _null_if_empty(value: Any) -> Any:
    """An empty scalar or ``null`` means absent; everything else stays as it was written."""
    if isinstance(value, dict):
        return {key: _null_if_empty(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_null_if_empty(item) for item in value]
    return None if value in ("", "null", "~") else value


def read_yaml(path: Path) -> Any:
    """The file's content with every scalar as ``str`` or ``None``."""
    try:
        return _null_if_empty(yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader))
    except FileNotFoundError:
        raise KnowledgeError(f"{path}: the file is missing; restore it or remove what refers to it") from None
    except UnicodeDecodeError as error:
        raise KnowledgeError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise KnowledgeError(f"{path}: not valid YAML: {error}; mend the indentation or quoting there") from None
    except KnowledgeError as error:
        raise KnowledgeError(f"{path}: {error}") from None


def read_as(path: Path, kind: type[T]) -> T:
    """The file as ``kind``; unknown keys, missing keys and wrong types are errors that name the key."""
    return as_kind(path, read_yaml(path), kind)


def as_kind(path: Path, content: Any, kind: type[T]) -> T:
    """What was read from ``path``, as ``kind``."""
    try:
        return msgspec.convert(content, kind, strict=False)
    except msgspec.ValidationError as error:
        shapes = "see policy_kb/model.py and policy_kb/procedures.py for the keys and types"
        raise KnowledgeError(f"{path}: {error}; {shapes}") from None
