"""`docs/reference/task-file.md`: the keys of a task spec, from its pydantic models."""

from collections.abc import Iterator, Mapping
from typing import Any

from modelsearch.taskfile.schema import TaskFile

HEAD = """# Task file

Made from `modelsearch/taskfile/schema.py` by `python -m bench.docs_pages`; do not edit. Any other key is refused, with
the nearest one named. `modelsearch schema task` prints the same as JSON Schema for editors.

```yaml
id: support-desk
kind: classification              # one of catalogs/task_kinds.yaml: gives scorer and margin where the file does not
items: messages.csv               # JSONL, CSV or Parquet, relative to this file
prompt:
  system: Name the desk that must act first. Answer with the name alone.
  user: "{{ input }}"             # Jinja2 over input, item, labels, examples
scorer: choice
labels: [refund, billing, other]
margin: 0.02
```
"""
MEANINGS: Mapping[str, str] = {
    "id": "name of the task, in reports and for what past searches tell",
    "kind": "classification, extraction, reasoning, coding, creative_writing, summarisation, or one of your catalogue",
    "items": "file of the items: JSONL, CSV or Parquet, relative to the task file",
    "prompt": "the user text, or `{system, user}`; Jinja2",
    "prompts": "several prompts by name, in place of `prompt`: each endpoint is a candidate with each",
    "scorer": "a name, `{name: ..., more}`, `{python: module:function}` ([scorers](../scorers.md)); else the kind's",
    "labels": "the answers that are possible, for `choice`; without any, the targets",
    "examples": "shown in the prompt: a file, or a list of `{input, target}`; never scored",
    "metric": "how items are averaged; `class_weighted_mean`: every target weighs the same",
    "margin": "largest loss of quality accepted, in score units; by default the kind's, else 0.02",
    "alpha": "rate of false certificates accepted; by default 0.05",
    "max_output_tokens": "of an answer; sent with every call, so it bounds what a call can cost",
    "reasoning_tokens": "room on top of it for models that reason, whose thoughts are billed as output",
    "temperature": "null: the endpoint's own",
    "repeats": "how often each item is asked ([scorers](../scorers.md#repeats))",
    "counts_as": "score of `refused`, `truncated`, `invalid` replies; 0 unless given, null: no score",
    "requirements": "hard limits and wishes: below",
    "fields": "which column of the items holds what: below",
    "requirements.max_cost_usd_per_1k": "largest cost of serving 1,000 items",
    "requirements.max_latency_s": "largest 95th percentile of latency per item",
    "requirements.min_quality": "lowest quality accepted",
    "requirements.target_quality": "quality beyond which more earns nothing; by default the baseline's",
    "requirements.weights": "of the composite score that rankers use; by default cost 0.4, quality 0.4, latency 0.2",
    "requirements.min_context_tokens": "least context window",
    "requirements.providers": "only these",
    "requirements.pricing": "only these classes of providers",
    "requirements.include": "only endpoints that match one of these globs",
    "requirements.exclude": "no endpoint that matches one of these globs",
    "requirements.needs": "`open-weights`, `region=XX`, `zdr`, or a capability of endpoints such as `tools`",
    "requirements.is_kind_strict": "drop what the task kind avoids, in place of a lower rank",
    "fields.input": "what the prompt gets; a list of columns makes an object of them",
    "fields.target": "what the scorer expects",
    "fields.id": "id of the item; without the column, its line",
    "fields.cluster": "items of one cluster (a document, a user) count as one draw",
    "fields.weight": "weight of the item in the mean, above 0",
    "fields.human_answer": "an answer that people have scored, to check a judge",
    "fields.human_score": "that score, on the judge's scale",
    "prompt.user": "the user text; Jinja2",
    "prompt.system": "the system text; Jinja2",
}
"""What the models do not say of themselves: key -> meaning."""
ITEMS = """
## Items

One item a line (JSONL), a row (CSV, Parquet). `input` is text or an object whose fields the prompt names
(`{{ input.question }}`); `target` is what the scorer expects. CSV is read as UTF-8, with a header. An item without a
target is refused, except for a judge that needs none.

A task that lives on is registered with keys of its own: [every night](../nights.md#a-registered-task).
"""


def page() -> str:
    """The page in Markdown."""
    schema = TaskFile.model_json_schema()
    known = schema["$defs"]
    parts = [HEAD, _table("Keys", "", schema, known)]
    for name, title in (("RequirementRow", "requirements"), ("FieldRow", "fields"), ("PromptRow", "prompt")):
        parts.append(_table(f"Keys of `{title}`", f"{title}.", known[name], known))
    for name, each in known.items():
        if name not in {"RequirementRow", "FieldRow", "PromptRow"} and each.get("properties"):
            parts.append(_table(f"Keys of `{name}`", f"{name}.", each, known))
    return "\n".join(parts) + ITEMS


def undescribed() -> list[str]:
    """Keys that nobody says the meaning of."""
    schema = TaskFile.model_json_schema()
    rooms = {"": schema, "requirements.": schema["$defs"]["RequirementRow"], "fields.": schema["$defs"]["FieldRow"]}
    return [
        p + key for p, each in rooms.items() for key, told in each["properties"].items() if not _meaning(p + key, told)
    ]


def _table(title: str, prefix: str, schema: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = [
        f"| `{key}` | {_cell(_kind(told, known))} | {_default(told, is_required=key in required)} | "
        f"{_cell(_meaning(prefix + key, told))} |"
        for key, told in schema["properties"].items()
    ]
    return "\n".join([f"## {title}", "", "| key | takes | by default | meaning |", "|---|---|---|---|", *rows, ""])


def _meaning(key: str, told: Mapping[str, Any]) -> str:
    return MEANINGS.get(key) or str(told.get("description", ""))


def _default(told: Mapping[str, Any], *, is_required: bool) -> str:
    if is_required:
        return "required"
    default = told.get("default")
    if default in (None, [], {}, ""):
        return "-"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _kind(told: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """A JSON schema in a few words."""
    if "$ref" in told:
        return _referred(told["$ref"], known)
    if "anyOf" in told:
        return " or ".join(dict.fromkeys(_kind(each, known) for each in told["anyOf"] if each.get("type") != "null"))
    if "enum" in told:
        return " / ".join(f"`{value}`" for value in told["enum"])
    if told.get("type") == "array":
        return f"list of {_kind(told.get('items', {}), known)}"
    if told.get("type") == "object":
        return f"mapping to {_kind(told['additionalProperties'], known)}" if _has_kind(told) else "mapping"
    return " ".join([_name(told), *_limits(told)])


def _has_kind(told: Mapping[str, Any]) -> bool:
    return isinstance(told.get("additionalProperties"), Mapping)


def _referred(ref: str, known: Mapping[str, Any]) -> str:
    name = ref.rsplit("/", 1)[-1]
    given = known.get(name, {})
    return "mapping, see below" if given.get("properties") else _kind(given, known)


def _name(told: Mapping[str, Any]) -> str:
    names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes/no"}
    return names.get(str(told.get("type")), "anything")


def _limits(told: Mapping[str, Any]) -> Iterator[str]:
    for key, sign in (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<")):
        if key in told:
            yield f"{sign} {told[key]:g}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
