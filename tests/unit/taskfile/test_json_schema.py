"""The JSON schemas of what users write: each key is told, and they refuse what the reader refuses."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from modelsearch.taskfile.json_schema import registration_schema, schema_text, task_schema

TASK = {"id": "x", "kind": "classification", "items": "x.csv", "prompt": "{{ input }}"}


def keys(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of every class, with what is said of it."""
    for name, part in [("file", schema), *schema.get("$defs", {}).items()]:
        for key, value in part.get("properties", {}).items():
            yield f"{name}.{key}", value


@pytest.mark.parametrize("schema", [task_schema(("a",), ("b",)), registration_schema()], ids=["task", "registration"])
def test_every_key_is_told_and_the_schema_is_one(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert [name for name, value in keys(schema) if not value.get("description")] == []
    assert schema_text(schema).endswith("}\n")


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"labels": ["a", 1]},
        {"scorer": "exact"},
        {"scorer": {"name": "numeric", "tolerance": 0.1}},
        {"scorer": {"python": "my.module:score"}},
        {"scorer": "of-a-plug-in", "kind": "of-my-own"},
        {"prompt": {"system": "s", "user": "u"}},
        {"requirements": {"max_cost_usd_per_1k": 0.5, "needs": ["zdr"]}, "counts_as": {"refused": None}},
        {"variants": [{"name": "hot", "temperature": 1.0}]},
        {"margin": 0, "alpha": 0.5, "temperature": None},
    ],
)
def test_what_may_be_written_is_valid(more: dict[str, Any]) -> None:
    assert list(Draft202012Validator(task_schema(("classification",), ("exact",))).iter_errors(TASK | more)) == []


@pytest.mark.parametrize(
    "more",
    [
        {"marign": 0.1},
        {"labels": [True]},
        {"margin": 1},
        {"alpha": 0},
        {"repeats": 0},
        {"scorer": {"tolerance": 1}},
        {"requirements": {"pricing": ["cheap"]}},
        {"items": ""},
        {"metric": "median"},
    ],
)
def test_what_may_not_be_written_is_invalid(more: dict[str, Any]) -> None:
    assert list(Draft202012Validator(task_schema(("classification",), ("exact",))).iter_errors(TASK | more))
