"""What `modelsearch init` says: the columns, what was guessed and why, doubts, what can be proven, what to do next."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelsearch.api.first_search import DISCORDANCE, Outlay, Proof
from modelsearch.api.first_task import FirstTask
from modelsearch.core.market import Market
from modelsearch.report.numbers import counted, usd
from modelsearch.settings import Settings
from modelsearch.taskfile.propose import Proposal
from modelsearch.taskfile.propose_columns import Column, profiles
from modelsearch.taskfile.propose_table import Table
from modelsearch.taskfile.propose_text import ascii_safe
from modelsearch.taskfile.propose_yaml import ANSWERS_FILE, TASK_FILE

DRY_RUN_USD = 2
PLACEHOLDER = "PROVIDER/MODEL"
_SHOWN_CHARS, _SHOWN_LABELS, _NAME_CHARS = 44, 12, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """About today's model.

    Attributes:
        outlay: None where its price is not known.
        missing_key: variable of its provider's key, where that is not set; else "".
    """

    baseline: str
    outlay: Outlay | None
    missing_key: str = ""
    monthly_items: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was written, and what is known of it."""

    first: FirstTask
    folder: Path
    paths: tuple[Path, ...]
    proof: Proof
    money: Money | None = None


def column_lines(table: Table) -> list[str]:
    """The file's columns with an example each, and what was made of the file."""
    lines = [f"{table.path}: {counted(len(table.rows), 'row')}, {counted(len(table.columns), 'column')}"]
    lines += [
        f"  {_fitted(column.name, _NAME_CHARS):<{_NAME_CHARS}}  {_values(column, table)}" for column in profiles(table)
    ]
    return lines + [f"  note: {note}" for note in table.notes]


def _values(column: Column, table: Table) -> str:
    example = next(str(row[column.name]) for _, row in table.rows if column.name in row)
    told = "all different" if column.is_unique else f"{column.n_distinct} different"
    empty = len(table.rows) - column.n_filled
    return f"{_fitted(example, _SHOWN_CHARS):<{_SHOWN_CHARS}}  {told}{f', {empty} empty' if empty else ''}"


def _fitted(text: str, width: int) -> str:
    """One line of at most so many characters, that can do nothing to a terminal."""
    line = ascii_safe(" ".join(text.split()))
    return line if len(line) <= width else f"{line[: width - 3]}..."


def kind_lines(proposal: Proposal) -> list[str]:
    """What kind of task it looks like, and its labels."""
    kind = proposal.kind
    scorer = kind.scorer if isinstance(kind.scorer, str) else str(kind.scorer["name"])
    lines = [f"It looks like {kind.kind}, scored by `{scorer}`: {kind.because}."]
    if kind.labels:
        more = f" and {len(kind.labels) - _SHOWN_LABELS} more" if len(kind.labels) > _SHOWN_LABELS else ""
        lines.append(f"Labels: {', '.join(_fitted(label, 40) for label in kind.labels[:_SHOWN_LABELS])}{more}")
    return lines


def prompt_lines(proposal: Proposal) -> list[str]:
    """The prompt as it would be written."""
    parts = (("system", proposal.prompt.system), ("user", proposal.prompt.user))
    return ["The prompt that every model would get:"] + [
        line for role, text in parts if text for line in (f"  --- {role}", *(f"  {each}" for each in text.splitlines()))
    ]


def endpoint_lines(ids: Sequence[str], market: Market, settings: Settings) -> list[str]:
    """Endpoints by number, and for which of them there is no key."""
    lines = []
    for number, endpoint_id in enumerate(ids, start=1):
        endpoint = next(each for key, each in market.endpoints.items() if key == endpoint_id)
        key_env = market.providers[endpoint.provider_id].key_env
        lack = f"  (needs {key_env})" if key_env and settings.key(key_env) is None else ""
        lines.append(f"  {number}  {endpoint_id}{lack}")
    return lines


def proof_lines(proof: Proof) -> list[str]:
    """What so many items can prove."""
    rule = f"rules of thumb, for a model that answers {DISCORDANCE:.0%} of the items otherwise"
    claim = f"that it loses no more than {_points(proof.margin)}"
    lines = [
        f"What {counted(proof.n_items, 'item')} can prove ({rule}):",
        f"  - {claim} on these very items: by buying about {proof.n_needed} of them",
    ]
    if proof.margin_elsewhere > proof.margin > 0:
        lines.append(
            f"  - on items like these that were never seen: no more than {_points(proof.margin_elsewhere)}; for "
            f"{_points(proof.margin)} it would take about {proof.n_elsewhere:,} items"
        )
    return lines


def _points(share: float) -> str:
    return f"{share * 100:.3g} points of 100"


def written_lines(done: Done) -> list[str]:
    """What was written, what to look at, what can be proven, and what it costs."""
    proposal = done.first.proposal
    files = ", ".join(str(path) for path in done.paths)
    lines = [f"wrote {files}: {counted(len(done.first.task.items), 'item')}, {proposal.kind.kind}"]
    if ANSWERS_FILE in done.first.files:
        lines.append(f"{ANSWERS_FILE}: what today's model answered, from {ascii_safe(proposal.roles.answers)}")
    notes = [*proposal.table.notes, *(doubt.message for doubt in proposal.doubts)]
    if notes:
        lines += ["", "Look at this before you spend:", *(f"  - {ascii_safe(note)}" for note in notes)]
    return [*lines, "", *proof_lines(done.proof), *_money_lines(done)]


def _money_lines(done: Done) -> Iterator[str]:
    money = done.money
    if money is None:
        return
    if money.outlay is None:
        yield f"The price of {money.baseline} is not known: add its rates to the catalogue, or name another endpoint."
        return
    outlay = money.outlay
    yield (
        f"What it costs, at list prices: {money.baseline} about {usd(outlay.item_usd * 1000)} per 1,000 items, so "
        f"{usd(outlay.pass_usd)} for these items once; {counted(outlay.n_candidates, 'candidate')} could replace it."
    )
    if outlay.month_usd is not None and money.monthly_items is not None:
        yield f"At {money.monthly_items:,} items a month that is about {usd(outlay.month_usd)} a month today."


def next_lines(done: Done) -> list[str]:
    """The two commands that come next, first for nothing, then for real."""
    lines = ["Next, without a key and for no money, against made-up models (a dry run):"]
    lines += [f"  {command}" for command in commands(done, is_emulated=True)]
    money = done.money
    if money is None:
        lines.append(f"Then for real, {PLACEHOLDER} being today's model (`modelsearch catalog list --match '*gpt*'`):")
    elif money.missing_key:
        lines.append(f"Then for real, with the key in {money.missing_key}:")
    else:
        lines.append("Then for real:")
    return lines + [f"  {command}" for command in commands(done, is_emulated=False)]


def commands(done: Done, *, is_emulated: bool) -> list[str]:
    """`preview` and `search` of the task, as they can be typed."""
    options = ["--emulated", "--budget-usd", str(DRY_RUN_USD)] if is_emulated else _real_options(done)
    task = str(done.folder / TASK_FILE)
    return [shlex.join(["modelsearch", command, task, *options]) for command in ("preview", "search")]


def _real_options(done: Done) -> list[str]:
    money = done.money
    budget = money.outlay.budget_usd if money is not None and money.outlay is not None else 5
    known = ["--baseline-outcomes", str(done.folder / ANSWERS_FILE)] if ANSWERS_FILE in done.first.files else []
    return ["--baseline", money.baseline if money is not None else PLACEHOLDER, "--budget-usd", str(budget), *known]


def as_data(done: Done) -> dict[str, Any]:
    """The same for programs."""
    proposal, money = done.first.proposal, done.money
    return {
        "task": str(done.folder / TASK_FILE),
        "files": [str(path) for path in done.paths],
        "n_items": len(done.first.task.items),
        "columns": {
            "input": list(proposal.roles.inputs),
            "target": proposal.roles.target,
            "id": proposal.roles.id or None,
            "cluster": proposal.roles.cluster or None,
            "answers": proposal.roles.answers or None,
        },
        "kind": proposal.kind.kind,
        "scorer": proposal.kind.scorer,
        "labels": list(proposal.kind.labels),
        "prompt": {"system": proposal.prompt.system, "user": proposal.prompt.user},
        "margin": proposal.margin,
        "notes": list(proposal.table.notes),
        "doubts": list(proposal.doubts),
        "proof": done.proof,
        "baseline": None if money is None else money.baseline,
        "outlay": None if money is None else money.outlay,
        "dry_run": commands(done, is_emulated=True),
        "next": commands(done, is_emulated=False),
    }
