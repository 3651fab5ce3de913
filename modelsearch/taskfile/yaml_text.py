"""A YAML file as plain values: keys twice and values that hold themselves are refused."""

import json
from pathlib import Path
from typing import Any

import yaml

from modelsearch.core.errors import TaskFileError
from modelsearch.taskfile.read import read_text


class _Loader(yaml.SafeLoader):
    """YAML's safe part, a key twice in one mapping being an error: the first would vanish without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is not None and key != "<<" and key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is there twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, what: str) -> Any:
    """The value of a YAML file.

    Args:
        path: of the file.
        what: whose file it is, for messages.

    Raises:
        TaskFileError: missing, not UTF-8, broken (line and column are told), nested without end.
    """
    text = read_text(path, what)
    try:
        raw = yaml.load(text, _Loader)  # noqa: S506 - a subclass of the safe loader
        json.dumps(raw, default=str)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise TaskFileError(f"{what} {path}{place}: broken YAML: {problem}") from error
    except (RecursionError, ValueError, TypeError) as error:
        # beside nesting: dates such as 2024-13-45, and keys that are lists
        raise TaskFileError(f"{what} {path}: broken YAML: {str(error).splitlines()[0]}") from error
    return raw
