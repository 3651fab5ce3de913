"""Labelled rows as items of a task: with both input and target, once each, under ids that differ."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from modelsearch.core.ids import Json
from modelsearch.taskfile.propose_columns import Roles
from modelsearch.taskfile.propose_doubts import Doubt, Labelled, doubt
from modelsearch.taskfile.propose_kind import folded, parsed, text_of
from modelsearch.taskfile.propose_table import Table
from modelsearch.taskfile.propose_text import told
from modelsearch.taskfile.read import MAX_ITEM_BYTES, Row

MAX_ID_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """Items of a task; all four are (n_items,).

    Attributes:
        ids: distinct.
        clusters: "" = its own.
        answers: what today's model answered; "" = not known.
        doubts: about rows that were left out or changed.
    """

    rows: tuple[Labelled, ...]
    ids: tuple[str, ...]
    clusters: tuple[str, ...]
    answers: tuple[str, ...]
    doubts: tuple[Doubt, ...] = ()


def items_of_table(table: Table, roles: Roles, *, is_every_copy_kept: bool = False) -> Items:
    """The rows that can be items."""
    whole, doubts = _whole(table, roles)
    if not is_every_copy_kept:
        whole, copies = _once(whole, roles)
        doubts = (*doubts, *copies)
    ids, told = _ids([(number, _text(row.get(roles.id))) for number, row in whole])
    return Items(
        rows=tuple(_labelled(number, row, roles) for number, row in whole),
        ids=ids,
        clusters=tuple(_text(row.get(roles.cluster)) for _, row in whole),
        answers=tuple(_text(row.get(roles.answers)) for _, row in whole),
        doubts=(*doubts, *told),
    )


def with_labels(items: Items, labels: Sequence[str]) -> Items:
    """Targets in the labels' own spelling; items of other targets are left out. Without labels nothing changes."""
    if not labels:
        return items
    by_fold = {folded(label): label for label in labels}
    targets = [by_fold.get(folded(text_of(row.target))) for row in items.rows]
    odd = [row for row, target in zip(items.rows, targets, strict=True) if target not in {None, text_of(row.target)}]
    out = [row.line for row, target in zip(items.rows, targets, strict=True) if target is None]
    doubts = list(items.doubts)
    if odd:
        example = text_of(odd[0].target)
        usual = by_fold[folded(example)]
        n_odd = told(len(odd), "target is", "targets are")
        message = f"{n_odd} spelt otherwise than most ({example!r} for {usual!r}): made alike"
        doubts.append(doubt("spelling", [row.line for row in odd], message))
    if out:
        doubts.append(
            doubt(
                "other_label",
                out,
                f"{told(len(out), 'row has a target', 'rows have targets')} that is no label: left out",
            )
        )
    kept = [at for at, target in enumerate(targets) if target is not None]
    return Items(
        rows=tuple(replace(items.rows[at], target=targets[at]) for at in kept),
        ids=tuple(items.ids[at] for at in kept),
        clusters=tuple(items.clusters[at] for at in kept),
        answers=tuple(items.answers[at] for at in kept),
        doubts=tuple(doubts),
    )


def items_text(items: Items) -> str:
    """The items as JSON lines, for a task spec."""
    parts = zip(items.ids, items.rows, items.clusters, strict=True)
    return _lines(
        [
            {"id": item_id, "input": row.input, "target": row.target} | ({"cluster": cluster} if cluster else {})
            for item_id, row, cluster in parts
        ]
    )


def answers_text(items: Items) -> str:
    """What today's model answered, for `--baseline-outcomes`; "" where nothing is known."""
    pairs = zip(items.ids, items.answers, strict=True)
    return _lines([{"id": item_id, "answer": answer} for item_id, answer in pairs if answer])


def _lines(rows: Sequence[Mapping[str, Json]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _whole(table: Table, roles: Roles) -> tuple[list[tuple[int, Row]], tuple[Doubt, ...]]:
    """The rows that have what they need, and what the others lack."""
    without_input = [number for number, row in table.rows if not all(name in row for name in roles.inputs)]
    gone = set(without_input)
    without_target = [number for number, row in table.rows if roles.target not in row and number not in gone]
    gone |= set(without_target)
    large = [
        number for number, row in table.rows if number not in gone and len(_shown(row, roles).encode()) > MAX_ITEM_BYTES
    ]
    gone |= set(large)
    found = (
        ("empty_input", without_input, f"without {' or without '.join(roles.inputs)}"),
        ("empty_target", without_target, f"without {roles.target}"),
        ("too_large", large, f"of more than {MAX_ITEM_BYTES:,} bytes"),
    )
    doubts = tuple(
        doubt(code, lines, f"{told(len(lines), 'row', 'rows')} {lack}: left out")
        for code, lines, lack in found
        if lines
    )
    return [(number, row) for number, row in table.rows if number not in gone], doubts


def _once(rows: Sequence[tuple[int, Row]], roles: Roles) -> tuple[list[tuple[int, Row]], tuple[Doubt, ...]]:
    """Each input with its target once: copies are no further evidence."""
    kept: dict[tuple[str, str], tuple[int, Row]] = {}
    copies = []
    for number, row in rows:
        key = (" ".join(_shown(row, roles).split()), folded(_text(row[roles.target])))
        if key in kept:
            copies.append(number)
        else:
            kept[key] = (number, row)
    n_copies = told(len(copies), "row is a copy", "rows are copies")
    message = f"{n_copies} of another: left out; --keep-copies leaves copies in"
    return list(kept.values()), (doubt("copy", copies, message),) if copies else ()


def _ids(given: Sequence[tuple[int, str]]) -> tuple[tuple[str, ...], tuple[Doubt, ...]]:
    """Distinct ids: the given ones, a number behind those that are there again; of a row without one, its line."""
    counts = Counter(item_id for _, item_id in given if item_id)
    again = [number for number, item_id in given if counts[item_id] > 1]
    ids: dict[str, None] = {}
    for number, item_id in given:
        base = item_id if 0 < len(item_id) <= MAX_ID_CHARS and item_id.isprintable() else f"row-{number:04d}"
        name, count = base, 2
        while name in ids:
            name, count = f"{base}-{count}", count + 1
        ids[name] = None
    message = f"{len(again):,} rows share their id with others: a number was put behind all but the first"
    return tuple(ids), (doubt("duplicate_id", again, message),) if again else ()


def _labelled(number: int, row: Row, roles: Roles) -> Labelled:
    value: Json = {name: row[name] for name in roles.inputs} if len(roles.inputs) > 1 else row[roles.inputs[0]]
    return Labelled(line=number, input=value, text=_shown(row, roles), target=parsed(row[roles.target]))


def _shown(row: Row, roles: Roles) -> str:
    return "\n".join(_text(row[name]) for name in roles.inputs)


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
