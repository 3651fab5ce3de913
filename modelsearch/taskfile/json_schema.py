"""The JSON schemas of what users write by hand: task specs, and registrations of tasks."""

import json

from modelsearch.taskfile.schema import TaskFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def task_schema_text() -> str:
    """The schema of a task spec, as an editor reads it."""
    schema = {"$schema": DIALECT, **TaskFile.model_json_schema(), "title": "A task spec of modelsearch"}
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
