"""Kinds of bad input: what is spoilt, the command, and the words that its one line must hold."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.inputs_room import BASELINE, Room, good_items

BIG_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of bad input.

    Attributes:
        name: for the table.
        spoil: changes a good room, and gives the arguments of the command.
        says: each must be in the message, whatever its case.
        unset: variables of the environment to leave out; `put` are set.
    """

    name: str
    spoil: Callable[[Room], list[str]]
    says: tuple[str, ...]
    code: int = 2
    unset: tuple[str, ...] = ()
    put: dict[str, str] = field(default_factory=dict)


def _task(name: str, *says: str, **changes: object) -> Kind:
    """A key of the task file is changed; None removes it."""

    def spoil(room: Room) -> list[str]:
        room.change_task(**changes)
        return room.search()

    return Kind(name=name, spoil=spoil, says=says or ("task.yaml",))


def _items(name: str, rows: list[dict[str, object]], *says: str) -> Kind:
    def spoil(room: Room) -> list[str]:
        room.write_items(rows)
        return room.search()

    return Kind(name=name, spoil=spoil, says=says)


def _bytes(name: str, path: Callable[[Room], Path], content: bytes, *says: str) -> Kind:
    """A file of the room gets other bytes."""

    def spoil(room: Room) -> list[str]:
        path(room).write_bytes(content)
        return room.search()

    return Kind(name=name, spoil=spoil, says=says)


def _option(name: str, more: list[str], *says: str) -> Kind:
    return Kind(name=name, spoil=lambda room: room.search(*more), says=says)


def _budget(name: str, budget: str) -> Kind:
    return Kind(name=name, spoil=lambda room: room.search(budget=budget), says=("--budget-usd", "above 0", budget))


def _plan(name: str, phases: str, *says: str) -> Kind:
    def spoil(room: Room) -> list[str]:
        room.plan.write_text(phases)
        return room.search("--plan", str(room.plan))

    return Kind(name=name, spoil=spoil, says=says)


def _catalog(name: str, file: str, old: str, new: str, *says: str) -> Kind:
    def spoil(room: Room) -> list[str]:
        room.change_file(room.catalogs / file, old, new)
        return room.search()

    return Kind(name=name, spoil=spoil, says=(Path(file).stem, *says))


def _known(name: str, row: dict[str, object], *says: str) -> Kind:
    def spoil(room: Room) -> list[str]:
        room.known.write_text(json.dumps(row) + "\n")
        return room.search("--baseline-outcomes", str(room.known))

    return Kind(name=name, spoil=spoil, says=("--baseline-outcomes", *says))


def _command(name: str, arguments: list[str], *says: str) -> Kind:
    return Kind(name=name, spoil=lambda _: arguments, says=says)


def _changed(number: int, **changes: object) -> list[dict[str, object]]:
    """Good items, one of them changed; None removes a key."""
    rows = good_items()
    rows[number].update(changes)
    rows[number] = {key: value for key, value in rows[number].items() if value is not None}
    return rows


def _phase(text: str) -> str:
    return f"name: mine\nphases:\n  - name: only\n    {text}\n"


TASK_KINDS = [
    Kind(name="task file missing", spoil=lambda r: ["search", "no.yaml", *r.search()[2:]], says=("no such",)),
    Kind(name="task is a folder", spoil=lambda r: ["search", str(r.root), *r.search()[2:]], says=("task",)),
    Kind(name="no task at all", spoil=lambda r: ["search", *r.search()[2:]], says=("either", "--recorded")),
    _bytes("broken YAML", lambda r: r.task, b"id: [colours\nkind: x", "task.yaml", "yaml"),
    _bytes("YAML is a list", lambda r: r.task, b"- a\n- b\n", "task.yaml", "mapping"),
    _bytes("empty task file", lambda r: r.task, b"", "task.yaml", "mapping"),
    _bytes("task not UTF-8", lambda r: r.task, b"id: caf\xe9\n", "task.yaml", "utf-8"),
    _task("unknown key", "unknown key", "scorerr", scorerr="exact"),
    _task("unknown scorer", "scorer", "exat", scorer="exat"),
    _task("bad scorer parameter", "choice", "nonsense", scorer={"name": "choice", "nonsense": 1}),
    _task("broken regex", "task.yaml", "regex", scorer={"name": "regex", "pattern": "("}, labels=None),
    _task("unknown task kind", "kind", "sorting", kind="sorting"),
    _task("no items key", "items", "missing", items=None),
    _task("items file missing", "no such file", items="none.jsonl"),
    _task("items of unknown type", ".jsonl", ".txt", items="items.txt"),
    _task("no prompt", "prompt", prompt=None),
    _task("template error", "template", prompt="{% if %}{{ input }}"),
    _task("undefined variable", "unknown variable", "question", prompt="{{ question }} {{ input }}"),
    _task("template without input", "input", prompt="Which colour?"),
    _task("template fails on items", "fails on item", prompt="{{ input.nothing.there }}"),
    _task("margin above 1 in file", "margin", "1.5", margin=1.5),
    _task("alpha 0 in file", "alpha", alpha=0),
    _task("margin is text", "margin", "two percent", margin="two percent"),
    _task("label twice", "labels", "distinct", labels=["red", "red", "green", "blue"]),
    _task("labels miss a target", "labels", "blue", labels=["red", "green"]),
]  # fmt: skip

ITEM_KINDS = [
    _items("empty dataset", [], "no item"),
    _items("no targets", [{"id": "a", "input": "x"}], "target"),
    _items("one item without input", _changed(3, input=None), "q003", "input"),
    _items("duplicate ids", _changed(4, id="q003"), "q003", "2 times"),
    _items("one class only", [{**row, "target": "red"} for row in good_items()], "one class"),
    _items("NaN in an item", _changed(5, weight=float("nan")), "nan"),
    _items("negative weight", _changed(5, weight=-1), "q005", "weight"),
    _items("empty input", _changed(6, input="  "), "q006", "empty"),
    _items("an item of 10 MB", _changed(7, input="x" * BIG_BYTES), "line 8", "1000000"),
    _items("item longer than every context", _changed(8, input="word " * 60_000), "context", "8192"),
    _bytes("items not UTF-8", lambda r: r.items, b'{"input": "caf\xe9", "target": "red"}\n', "utf-8", "items.jsonl"),
    _bytes("items no JSON", lambda r: r.items, b'{"input": "a", "target": "red"}\n{"input": \n', "line 2", "json"),
    _bytes("items are lists", lambda r: r.items, b"[1, 2]\n", "line 1", "object"),
]

OPTION_KINDS = [
    Kind(name="unknown baseline", spoil=lambda r: r.search(baseline="alpha/alpha-lage"), says=(BASELINE, "--baseline")),
    Kind(name="no baseline", spoil=lambda r: r.search(baseline=""), says=("--baseline",)),
    Kind(name="baseline without price", spoil=lambda r: r.search(baseline="alpha/unpriced"), says=("price",)),
    _budget("budget 0", "0"),
    _budget("budget negative", "-3"),
    _budget("budget is text", "five"),
    _budget("budget NaN", "nan"),
    _budget("budget infinite", "inf"),
    Kind(name="no budget", spoil=lambda r: r.search()[:4], says=("--budget-usd",)),
    _option("two budgets", ["--budget-share", "0.1"], "exactly one"),
    _option("task and recorded", ["--recorded", "table"], "not both"),
    Kind(
        name="budget share without recorded",
        spoil=lambda r: [*r.search()[:4], "--budget-share", "0.1"],
        says=("--budget-share", "--recorded"),
    ),
    _option("margin above 1", ["--margin", "1.5"], "margin", "1.5"),
    _option("margin is text", ["--margin", "small"], "--margin", "small"),
    _option("alpha above 0.5", ["--alpha", "0.9"], "alpha", "0.9"),
    _option("unknown option", ["--bugdet", "1"], "--bugdet"),
    _option("max cost negative", ["--max-cost-usd-per-1k", "-1"], "--max-cost-usd-per-1k"),
    _option("max latency 0", ["--max-latency-s", "0"], "latency"),
    _option("min quality above 1", ["--min-quality", "7"], "quality", "7"),
    _option("min context negative", ["--min-context", "-5"], "context"),
    _option("unknown weight", ["--weights", "beauty=1"], "--weights", "beauty"),
    _option("weights without numbers", ["--weights", "cost=much"], "--weights", "much"),
    _option("weights all 0", ["--weights", "cost=0,quality=0"], "weights"),
    _option("bad pricing class", ["--pricing", "cheapish"], "--pricing", "cheapish", "budget"),
    _option("unknown provider", ["--providers", "betta"], "--providers", "betta", "did you mean 'beta'"),
    _option("empty providers", ["--providers", ","], "--providers"),
    _option("empty include", ["--include", ""], "no candidate is left"),
    _option("include matches nothing", ["--include", "beat/*"], "no candidate is left", "beat/*"),
    _option("everything excluded", ["--exclude", "*"], "no candidate is left", "excluded"),
    _option("everything too dear", ["--max-cost-usd-per-1k", "0.0000001"], "no candidate is left"),
    _option("context that nobody has", ["--min-context", "9999999"], "no candidate is left", "context"),
    _option("unknown requirement", ["--require", "open-wheights"], "--require", "open-weights"),
    _option("unknown plan", ["--plan", "frugal"], "--plan", "frugal", "cheap"),
    _option("plan file missing", ["--plan", "no.yaml"], "--plan", "no.yaml"),
    _option(
        "baseline outcomes missing",
        ["--baseline-outcomes", "no.jsonl"],
        "--baseline-outcomes",
        "no.jsonl",
        "no such file",
    ),
    _known("baseline outcomes of unknown items", {"id": "stranger", "score": 1}, "stranger"),
    _known("baseline outcomes with bad score", {"id": "q001", "score": 1.5}, "1.5", "[0, 1]"),
    _known("baseline outcomes without answer", {"id": "q001"}, "answer"),
    _known("baseline outcomes with bad latency", {"id": "q001", "score": 1, "latency_s": "slow"}, "latency_s", "slow"),
    _known("baseline outcomes with bad cost", {"id": "q001", "score": 1, "cost_usd": "free"}, "cost_usd", "free"),
    _known("baseline outcomes with negative cost", {"id": "q001", "score": 1, "cost_usd": -1}, "cost_usd", "-1"),
    Kind(name="no key of the baseline", spoil=lambda r: r.search(), says=("ALPHA_KEY",), unset=("ALPHA_KEY",)),
    Kind(name="no other key", spoil=lambda r: r.search(), says=("BETA_KEY",), unset=("BETA_KEY", "GAMMA_KEY")),
    Kind(name="key with a line break", spoil=lambda r: r.search(), says=("ALPHA_KEY",), put={"ALPHA_KEY": "a\nb"}),
]

PLAN_KINDS = [
    _plan("broken plan YAML", "name: [mine", "plan.yaml", "yaml"),
    _plan("plan is no mapping", "- a\n", "plan.yaml", "mapping"),
    _plan("plan without phases", "name: mine\n", "phases"),
    _plan("unknown key in plan", _phase("filtres: [racing]"), "filtres", "did you mean 'filters'"),
    _plan("unknown strategy", _phase("filters: [raccing]"), "filter", "raccing", "racing"),
    _plan("unknown strategy parameter", _phase("sampler: {random_order: {speed: 3}}"), "random_order", "speed"),
    _plan("bad strategy parameter", _phase("sampler: {cluster_representatives: {n_items: -4}}"), "n_items", "-4"),
    _plan("spend share above 1", _phase("spend_share: 3"), "spend_share", "3"),
    _plan("rounds 0", _phase("max_rounds: 0"), "max_rounds", "0"),
]

CATALOG_KINDS = [
    _catalog("broken catalogue YAML", "models.yaml", "models:", "models: [", "yaml"),
    _catalog("unknown key in catalogue", "providers/beta.yaml", "dialect:", "dialekt:", "dialekt"),
    _catalog("price is text", "providers/beta.yaml", "input_mtok: 1.0", "input_mtok: cheap", "input_mtok", "cheap"),
    _catalog("price per thousand", "providers/beta.yaml", "output_mtok: 4.0", "output_mtok: 40000", "output_mtok"),
    _catalog("unknown dialect", "providers/beta.yaml", "openai_chat", "morse", "dialect", "morse"),
    _catalog("unknown model in catalogue", "providers/beta.yaml", "model: beta-middle", "model: lost", "lost"),
    _catalog("key sent in the clear", "providers/beta.yaml", "http://127.0.0.1:9", "http://beta.example", "https"),
]
