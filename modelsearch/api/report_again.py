"""How to make the same search again: the command line that its request amounts to, and what identifies it."""

from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shlex import quote
from typing import Any

from modelsearch.core.ids import Json
from modelsearch.report.page_data import Again

_PLAIN: Mapping[str, tuple[str, Any]] = {
    "budget_usd": ("--budget-usd", None),
    "budget_share": ("--budget-share", None),
    "plan": ("--plan", None),
    "seed": ("--seed", None),
    "max_calls": ("--max-calls", None),
    "baseline_outcomes": ("--baseline-outcomes", None),
    "batch": ("--batch", "never"),
    "batch_deadline_h": ("--batch-deadline-h", 24.0),
    "batch_min_calls": ("--batch-min-calls", 200),
}
"""Option of each field, and the value that need not be said."""
_OF_TASK: Mapping[str, str] = {
    "margin": "--margin",
    "alpha": "--alpha",
    "max_cost_usd_per_1k": "--max-cost-usd-per-1k",
    "max_latency_s": "--max-latency-s",
    "min_quality": "--min-quality",
    "target_quality": "--target-quality",
    "min_context_tokens": "--min-context",
    "n_repeats": "--repeats",
}
_LISTS: Mapping[str, str] = {"providers": "--providers", "pricing": "--pricing", "needs": "--require"}
_MANY: Mapping[str, str] = {"include": "--include", "exclude": "--exclude"}


def again_of(header: Mapping[str, Json]) -> Again:
    """The command, and seed, versions, fingerprint and start, from a run's header (`run.json`)."""
    request = header.get("request")
    asked = request if isinstance(request, dict) else {}
    facts = (
        ("run", header.get("run_id")),
        ("begun", header.get("started_at")),
        ("seed", asked.get("seed")),
        ("fingerprint of task, pool, plan and budget", header.get("fingerprint")),
        ("modelsearch", _version()),
    )
    told = tuple((name, str(value)) for name, value in facts if value is not None and value != "")
    return Again(command=command_of(asked), facts=told)


def command_of(asked: Mapping[str, Any]) -> str:
    """The `modelsearch search` command of a request as JSON; "" where it cannot be said in a command.

    A task or market that was given as an object, or a choice of candidates by a night, has no option.
    """
    if asked.get("is_inline") or asked.get("market") or not (asked.get("task") or asked.get("recorded")):
        return ""
    words = ["modelsearch", "search"]
    words += [str(asked["task"])] if asked.get("task") else ["--recorded", str(asked["recorded"])]
    words += ["--baseline", str(asked["baseline"])] if asked.get("baseline") else []
    words += _options(asked)
    overrides = asked.get("overrides")
    words += _task_options(overrides if isinstance(overrides, dict) else {})
    return " ".join(map(quote, words))


def _options(asked: Mapping[str, Any]) -> Iterator[str]:
    for name, (option, silent) in _PLAIN.items():
        value = asked.get(name)
        if value is not None and value != silent:
            yield from (option, str(value))
    if asked.get("emulator_url"):
        yield from ("--emulator-url", str(asked["emulator_url"]))
    elif asked.get("is_emulated"):
        yield "--emulated"
    if asked.get("is_code_allowed"):
        yield "--allow-code-execution"
    past = asked.get("past")
    for folder in past or ():
        yield from ("--past", str(Path(folder)))
    if past == []:
        yield "--no-past"


def _task_options(given: Mapping[str, Any]) -> Iterator[str]:
    for name, option in _OF_TASK.items():
        if given.get(name) is not None:
            yield from (option, str(given[name]))
    for name, option in _LISTS.items():
        if given.get(name):
            yield from (option, ",".join(sorted(map(str, given[name]))))
    yield from (
        word for name, option in _MANY.items() for glob in given.get(name) or () for word in (option, str(glob))
    )
    if given.get("weights"):
        yield from ("--weights", ",".join(f"{name}={share}" for name, share in given["weights"].items()))
    if given.get("is_kind_strict"):
        yield "--strict-kind"


def _version() -> str:
    try:
        return version("modelsearch")
    except PackageNotFoundError:
        return ""
