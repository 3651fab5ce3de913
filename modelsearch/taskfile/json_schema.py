"""The JSON schemas of what users write by hand, for editors: task specs, and registrations of tasks."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from modelsearch.taskfile.registration import RegistrationFile
from modelsearch.taskfile.schema import TaskFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def task_schema(kinds: Sequence[str] = (), scorers: Sequence[str] = ()) -> dict[str, Any]:
    """The schema of a task spec.

    Args:
        kinds: task kinds that editors offer; any other text stays allowed, for catalogues are data.
        scorers: likewise, plug-ins included.
    """
    schema = _schema(TaskFile, "A task spec of modelsearch")
    keys = schema["properties"]
    keys["kind"] = _offered(keys["kind"], kinds)
    text, mapping, nothing = keys["scorer"]["anyOf"]
    mapping["properties"] = {"name": _offered({"type": "string"}, scorers), "python": {"type": "string"}}
    mapping["anyOf"] = [{"required": ["name"]}, {"required": ["python"]}]
    keys["scorer"]["anyOf"] = [_offered(text, scorers), mapping, nothing]
    return schema


def registration_schema() -> dict[str, Any]:
    """The schema of a registered task: a file that `modelsearch nightly` looks after."""
    return _schema(RegistrationFile, "A registered task of modelsearch")


def schema_text(schema: dict[str, Any]) -> str:
    """A schema as a file."""
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _schema(cls: type[BaseModel], title: str) -> dict[str, Any]:
    return {"$schema": DIALECT, **cls.model_json_schema(), "title": title}


def _offered(schema: dict[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """Text for which an editor offers these words; any other is as right."""
    if not words:
        return schema
    kept = {key: value for key, value in schema.items() if key in {"title", "description"}}
    rest = {key: value for key, value in schema.items() if key not in kept}
    return {**kept, "anyOf": [{"enum": list(words)}, rest]}
