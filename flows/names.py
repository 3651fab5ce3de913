"""Names of flow runs: what happens, in words that a list of runs has room for. Parameters are strangers' words too."""

from collections.abc import Mapping
from typing import Any

from modelsearch.report.plain import clean

MAX_CHARS = 60
"""Of a task's or a model's name."""


def search_told(asked: Mapping[str, Any], *, is_resumed: bool = False) -> str:
    """A search by its request as JSON: `search classification vs gpt-4o, 5 USD`."""
    source = str(asked.get("task") or asked.get("recorded") or "")
    what = _cut(source.rsplit("/", 1)[-1].removesuffix(".yaml").removesuffix(".yml")) or "a task given inline"
    baseline = _cut(str(asked.get("baseline") or "").rsplit("/", 1)[-1]) or "its baseline"
    emulated = ", emulated" if asked.get("is_emulated") or asked.get("emulator_url") else ""
    return f"{'go on with ' if is_resumed else ''}search {what} vs {baseline}{_budget(asked)}{emulated}"


def night_told(name: object, day: object, only: object = "") -> str:
    """The night of one task."""
    new = f", new model {_cut(str(only))}" if only else ""
    return f"night of {_cut(str(name))}, {_cut(str(day))}{new}"


def nightly_told(day: object, task: object, budget_usd: object = "") -> str:
    """The night of all tasks, or of one."""
    limit = f", {_cut(str(budget_usd))} USD in all" if budget_usd else ""
    return f"nightly {_cut(str(day))}, {_cut(str(task)) if task else 'all tasks'}{limit}"


def new_model_told(endpoint_id: object, task: object = "") -> str:
    """A newcomer's test."""
    return f"test new model {_cut(str(endpoint_id))} for {_cut(str(task)) if task else 'all tasks'}"


def _budget(asked: Mapping[str, Any]) -> str:
    usd, share = asked.get("budget_usd"), asked.get("budget_share")
    if usd:
        return f", {_cut(str(usd))} USD"
    return f", {100 * share:.4g} % of its cost" if isinstance(share, int | float) else ""


def _cut(text: str) -> str:
    whole = clean(text)
    return whole if len(whole) <= MAX_CHARS else f"{whole[: MAX_CHARS - 1]}\N{HORIZONTAL ELLIPSIS}"
