"""A first prompt for a task: plain, complete, and for a person to make better."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelsearch.core.ids import Json
from modelsearch.taskfile.propose_kind import Kind

_TEMPLATE_MARKS = ("{{", "{%", "{#")
_MAX_FIELDS = 30
_LOOP = "{% for label in labels %}\n- {{ label }}\n{% endfor %}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptText:
    """Jinja2 templates of a prompt; `system` may be empty."""

    user: str
    system: str = ""


def guess_prompt(kind: Kind, inputs: Sequence[str], targets: Sequence[Json]) -> PromptText:
    """A prompt that asks for what the scorer reads.

    Args:
        kind: of the task.
        inputs: names of the input's columns.
        targets: of all items.
    """
    shown = user_part(inputs)
    if kind.kind == "classification":
        return PromptText(system=_classes(kind.labels), user=shown)
    if kind.scorer == "json_fields":
        return PromptText(system=_fields(targets), user=shown)
    return PromptText(system=_PLAIN.get(_key(kind), _PLAIN["exact"]), user=shown)


_PLAIN: Mapping[str, str] = {
    "json_f1": "Answer with JSON alone, in the form that this task wants: no explanation, no code fence.",
    "numeric": 'Work the problem out, then end with a line "Answer: " and the number.',
    "exact": "Answer as briefly as possible, with the answer alone and no explanation.",
    "coding": "Answer with the code alone: no explanation, no code fence.",
    "summarisation": "Summarise the text in as few words as it needs. Answer with the summary alone.",
    "creative_writing": "Write what is asked for, and nothing else.",
}


def _key(kind: Kind) -> str:
    name = kind.scorer if isinstance(kind.scorer, str) else str(kind.scorer["name"])
    return kind.kind if kind.kind in {"coding", "summarisation", "creative_writing"} else name


def user_part(inputs: Sequence[str]) -> str:
    """The input: alone, or each of its columns under its name."""
    if len(inputs) == 1:
        return "{{ input }}"
    return "\n".join(f"{_heading(name)}: {{{{ input[{json.dumps(name, ensure_ascii=False)}] }}}}" for name in inputs)


def _heading(name: str) -> str:
    text = name.replace("_", " ").replace("{", "(").replace("}", ")").strip()
    return text[:1].upper() + text[1:]


def _classes(labels: Sequence[str]) -> str:
    """Labels by name; those that a template would read as its own come through the task's list."""
    is_plain = not any(mark in label for label in labels for mark in _TEMPLATE_MARKS)
    listed = "\n".join(f"- {label}" for label in labels) + "\n" if is_plain else f"{_LOOP}\n"
    return (
        "Sort the text into exactly one of these categories:\n"
        f"{listed}Answer with the name of one category and nothing else."
    )


def _fields(targets: Sequence[Json]) -> str:
    objects = [target for target in targets if isinstance(target, dict)]
    names = list(dict.fromkeys(name for target in objects for name in target))[:_MAX_FIELDS]
    quoted = (f"{_safe(name)} ({_type_of([target.get(name) for target in objects])})" for name in names)
    return (
        f"Read the text and answer with one JSON object with the fields {', '.join(quoted)}. Use null for what the "
        "text does not say. Answer with the JSON object alone: no explanation, no code fence."
    )


def _safe(name: str) -> str:
    return json.dumps(name.replace("{", "(").replace("}", ")"), ensure_ascii=False)


def _type_of(values: Sequence[Json]) -> str:
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int, float}:
        return "number"
    if kinds == {bool}:
        return "true or false"
    return "list" if kinds == {list} else "object" if kinds == {dict} else "text"
