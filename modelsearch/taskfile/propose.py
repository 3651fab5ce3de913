"""A first task spec from labelled rows: what its columns, kind, scorer, labels, prompt and margin most likely are.

Nothing is asked and nothing written here: rows and what a person has chosen go in, a `Proposal` comes out. What is
guessed is told with its reason, and what is doubtful about the rows as `Doubt`s.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from modelsearch.core.errors import OptionError, TaskFileError
from modelsearch.core.task import Metric
from modelsearch.taskfile.load import KindDefaults
from modelsearch.taskfile.propose_columns import Roles, check_column, guess_roles
from modelsearch.taskfile.propose_doubts import Doubt, doubts_of, personal_columns
from modelsearch.taskfile.propose_kind import Kind, class_labels, guess_kind, output_limit, spellings, text_of
from modelsearch.taskfile.propose_prompt import PromptText, guess_prompt
from modelsearch.taskfile.propose_rows import Items, items_of_table, with_labels
from modelsearch.taskfile.propose_table import Table
from modelsearch.taskfile.scorer import did_you_mean

NOTHING = "-"
"""In place of a column's name: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a person has said already; "" and None = whatever is guessed.

    Attributes:
        id, cluster, answers: columns; `-` = none, even if one looks like it.
        are_copies_kept: rows that are there twice stay.
    """

    inputs: tuple[str, ...] = ()
    target: str = ""
    id: str = ""
    cluster: str = ""
    answers: str = ""
    kind: str = ""
    scorer: str = ""
    labels: tuple[str, ...] = ()
    prompt: PromptText | None = None
    margin: float | None = None
    metric: Metric | None = None
    name: str = ""
    is_every_copy_kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A task spec before it is written.

    Attributes:
        roles: which column holds what.
        kind: with scorer, labels and the reason for them.
        items: of the task, with what today's model answered where that is known.
    """

    name: str
    table: Table
    roles: Roles
    kind: Kind
    prompt: PromptText
    items: Items
    margin: float
    metric: Metric
    max_output_tokens: int
    doubts: tuple[Doubt, ...]


def propose(table: Table, kinds: Mapping[str, KindDefaults], chosen: Chosen | None = None) -> Proposal:
    """A task spec for these rows.

    Args:
        table: labelled rows.
        kinds: of the catalogue, with what each takes by default.
        chosen: what a person has said.

    Raises:
        OptionError: a column or kind that there is not.
        TaskFileError: no row has both input and target, or all have the same target.
    """
    chosen = chosen or Chosen()
    roles = _roles(table, chosen)
    items = items_of_table(table, roles, is_every_copy_kept=chosen.is_every_copy_kept)
    if not items.rows:
        message = f"{table.path}: no row has both {' and '.join(roles.inputs)} and {roles.target}: name other columns"
        raise TaskFileError(message)
    kind = _kind(items, kinds, chosen)
    items = with_labels(items, kind.labels)
    if len({text_of(row.target) for row in items.rows}) < 2:
        message = (
            f"{table.path}: all {len(items.rows)} rows have the same {roles.target!r}: with one target there is "
            "nothing to tell apart: name another column by --target, or add rows"
        )
        raise TaskFileError(message)
    targets = [row.target for row in items.rows]
    doubts = (*items.doubts, *doubts_of(items.rows, kind), *_personal_doubt(roles))
    return Proposal(
        name=chosen.name or name_of(table.path.stem),
        table=table,
        roles=roles,
        kind=kind,
        prompt=chosen.prompt or guess_prompt(kind, roles.inputs, targets),
        items=items,
        margin=_margin(kind.kind, kinds, len(items.rows)) if chosen.margin is None else chosen.margin,
        metric=chosen.metric or "mean",
        max_output_tokens=output_limit(targets) if kind.scorer != "numeric" else 1024,
        doubts=doubts,
    )


def name_of(stem: str) -> str:
    """A file's name as the id of a task: letters, digits and hyphens, at most 60 characters."""
    return re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-").lower()[:60].rstrip("-") or "my-task"


def _roles(table: Table, chosen: Chosen) -> Roles:
    """What was chosen, and guesses for the rest."""
    given = {role: name for role in ("id", "cluster", "answers") if (name := _given(table, chosen, role)) is not None}
    inputs = tuple(check_column(name, table, "--input") for name in chosen.inputs)
    target = check_column(chosen.target, table, "--target") if chosen.target else ""
    if target in inputs:
        message = f"--input: expected other columns than the target {target!r}, got {', '.join(inputs)}"
        raise OptionError(message)
    roles = guess_roles(table, inputs=inputs, target=target, taken=tuple(name for name in given.values() if name))
    return Roles(
        inputs=roles.inputs,
        target=roles.target,
        id=given.get("id", roles.id),
        cluster=given.get("cluster", roles.cluster),
        answers=given.get("answers", roles.answers),
    )


def _given(table: Table, chosen: Chosen, role: str) -> str | None:
    """The column chosen for a role, "" for none; None = nothing was chosen."""
    name = getattr(chosen, role)
    if not name:
        return None
    return "" if name == NOTHING else check_column(name, table, f"--{role}")


def _kind(items: Items, kinds: Mapping[str, KindDefaults], chosen: Chosen) -> Kind:
    if chosen.kind and chosen.kind not in kinds:
        message = (
            f"--kind: expected one of {', '.join(kinds)}, got {chosen.kind!r}{did_you_mean(chosen.kind, tuple(kinds))}"
        )
        raise OptionError(message)
    targets = [row.target for row in items.rows]
    kind = guess_kind(targets, [row.text for row in items.rows])
    if chosen.labels:
        kind = Kind(kind="classification", scorer="choice", because="you named the labels", labels=chosen.labels)
    if chosen.kind and chosen.kind != kind.kind:
        kind = _as_kind(chosen.kind, kinds, [text_of(target) for target in targets])
    if chosen.scorer:
        labels = kind.labels if kind.kind == "classification" else ()
        kind = replace(kind, scorer=chosen.scorer, labels=labels, advice="")
    return kind


def _as_kind(name: str, kinds: Mapping[str, KindDefaults], texts: Sequence[str]) -> Kind:
    """Another kind than the targets suggest, with that kind's own scorer."""
    default = kinds[name].scorer
    labels = (class_labels(texts) or tuple(sorted(spellings(texts).values()))) if name == "classification" else ()
    return Kind(kind=name, scorer=default.name if default else "exact", because="you said so", labels=labels)


def _margin(kind: str, kinds: Mapping[str, KindDefaults], n_items: int) -> float:
    """The kind's own, but at least one item: less than that nobody can lose."""
    own = kinds[kind].margin if kind in kinds else KindDefaults().margin
    return max(own, math.ceil(100 / n_items) / 100)


def _personal_doubt(roles: Roles) -> tuple[Doubt, ...]:
    names = personal_columns((*roles.inputs, roles.cluster) if roles.cluster else roles.inputs)
    if not names:
        return ()
    told = f"the columns {', '.join(names)} look like personal data: inputs go to every provider that is asked"
    return (Doubt(code="personal_column", message=told),)
