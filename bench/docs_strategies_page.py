"""`docs/strategies/index.md`: every registered strategy with its page and source, from the registry."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import modelsearch
from modelsearch.catalog.plan_file import read_plan
from modelsearch.core.registry import Registered, Role, lookup, names
from modelsearch.settings import read_settings

PAGES = Path(__file__).resolve().parents[1] / "docs" / "strategies"
ROLES: dict[Role, str] = {
    "filter": "Filters: who leaves",
    "ranker": "Rankers: who comes first",
    "sampler": "Samplers: what to pay for next",
    "combiner": "Combiners: which ensembles and cascades join",
}
HEAD = """# Strategies

Made from the registry by `python -m bench.docs_pages`; do not edit.

A search is a list of *phases*: a plan. In a phase, filters drop candidates, rankers order them, a sampler asks what to
buy next, combiners add ensembles and cascades. A strategy sees the whole history and keeps no state, so any goes with
any. Each name below can stand in a plan, with parameters as `{name: {parameter: value}}`; how to write a plan or a
strategy: [write a strategy](../how-to/write-a-strategy.md). *In plans* names the shipped plans that use it.
"""
_PLANS = ("cheap", "balanced", "thorough", "newcomer")
_KEYS: dict[Role, str] = {"filter": "filters", "ranker": "rankers", "sampler": "sampler", "combiner": "combiners"}


def built_in(role: Role) -> list[Registered]:
    """The strategies of a role that ship with modelsearch, sorted by name."""
    home = Path(modelsearch.__file__).parent
    found = [lookup(role, name) for name in names(role)]
    return [each for each in found if Path(each.file).is_relative_to(home)]


def page() -> str:
    """The page in Markdown."""
    used = {role: _used(role) for role in ROLES}
    parts = [HEAD]
    for role, title in ROLES.items():
        rows = [_row(each, used[role].get(each.name, [])) for each in built_in(role)]
        head = ["| name | decides | in plans | source |", "|---|---|---|---|"]
        parts.append("\n".join([f"## {title}", "", *head, *rows, ""]))
    return "\n".join(parts)


def _row(each: Registered, plans: list[str]) -> str:
    source = re.sub(r"\bdoi:(10\.\S+?)(?=[,;.]?(\s|$))", r"[doi:\1](https://doi.org/\1)", each.source)
    return f"| [`{each.name}`]({each.name}.md) | {_decides(each.name)} | {', '.join(plans) or '-'} | {source} |"


def _decides(name: str) -> str:
    """What its page says after **Decides**, to the end of the sentence."""
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    found = re.search(r"\*\*Decides\*\*\s+(.+?)(?:[.:](?:\s|$))", text, re.DOTALL)
    return " ".join(found.group(1).split()) if found else "?"


def _used(role: Role) -> dict[str, list[str]]:
    """Strategy -> the shipped plans that name it."""
    found: dict[str, list[str]] = {}
    for plan in _PLANS:
        for name in _names_in(read_plan(plan, read_settings({}).plan_folder(plan)), _KEYS[role]):
            if plan not in found.setdefault(name, []):
                found[name].append(plan)
    return found


def _names_in(plan: dict[str, Any], key: str) -> Iterator[str]:
    for phase in plan["phases"]:
        given = phase.get(key) or []
        for each in given if isinstance(given, list) else [given]:
            yield each if isinstance(each, str) else next(iter(each))
