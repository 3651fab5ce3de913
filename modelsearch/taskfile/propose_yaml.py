"""The text of a first task spec: what was chosen, each with its reason beside it, for a person to go on with."""

from typing import Any

import yaml

from modelsearch.taskfile.propose import Proposal
from modelsearch.taskfile.propose_text import ascii_safe

ITEMS_FILE, ANSWERS_FILE, SCHEMA_FILE, TASK_FILE = "items.jsonl", "baseline.jsonl", "task.schema.json", "task.yaml"
_MAX_LISTED = 20
_BREAKS = "\x85\u2028\u2029"
"""What YAML takes for ends of lines outside of double quotes."""


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, one list on one line where it fits."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    has_marks = any(char in value for char in _BREAKS) or not all(char.isprintable() or char == "\n" for char in value)
    style = '"' if has_marks else "|" if "\n" in value else '"' if "{" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def task_text(proposal: Proposal) -> str:
    """`task.yaml`; it reads `ITEMS_FILE` beside it, and editors check it by `SCHEMA_FILE`."""
    kind, roles = proposal.kind, proposal.roles
    columns = f"input from {_line(', '.join(roles.inputs))}, target from {_line(roles.target)}"
    parts = [
        f"# yaml-language-server: $schema={SCHEMA_FILE}",
        f"# Made by `modelsearch init` of {_line(proposal.table.path.name)}: {columns}.",
        "# Every line is yours to change; `modelsearch preview` then shows the prompt as it is sent, and the cost.",
        _dumped({"id": proposal.name}),
        f"# {kind.kind}: {kind.because}",
        _dumped({"kind": kind.kind, "items": ITEMS_FILE}),
        "# What every model gets. Models do as well as they are told: say what you would tell a new colleague,",
        f"# such as {'what belongs in each category' if kind.labels else 'what a good answer has'}.",
        _prompt(proposal),
        *_scorer(proposal),
        "# The largest loss of quality that you accept for a lower bill: 0.02 is two points in a hundred.",
        _dumped({"margin": proposal.margin}),
        "# Room for an answer; it bounds what a call can cost. Models that think get reasoning_tokens (2048) on top.",
        _dumped({"max_output_tokens": proposal.max_output_tokens}),
        "# Limits and wishes, such as:",
        "# requirements: {max_latency_s: 3, needs: [zdr], providers: [openai, mistral], exclude: ['*/preview-*']}",
    ]
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


def _prompt(proposal: Proposal) -> str:
    prompt = proposal.prompt
    if not prompt.system:
        return _dumped({"prompt": _block(prompt.user)})
    return _dumped({"prompt": {"system": _block(prompt.system), "user": prompt.user}})


def _block(text: str) -> str:
    """With a line feed at its end, so that YAML's plain block `|` is it."""
    return text if text.endswith("\n") or "\n" not in text else f"{text}\n"


def _scorer(proposal: Proposal) -> list[str]:
    parts = ["# How an answer is judged; docs/scorers.md has the others.", _dumped({"scorer": proposal.kind.scorer})]
    if proposal.kind.labels:
        parts.append(_dumped({"labels": list(proposal.kind.labels)}))
    if proposal.metric != "mean":
        parts.append(_dumped({"metric": proposal.metric}))
    return parts


def _dumped(value: dict[str, Any]) -> str:
    is_flat = all(isinstance(part, list) and len(part) <= _MAX_LISTED for part in value.values())
    return yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=110,
        default_flow_style=None if is_flat else False,
    )


def _line(text: str) -> str:
    """Text of others inside a comment: one line of it."""
    return ascii_safe(" ".join(text.split()))
