"""A room for each bad input: a small catalogue, a good task, a recorded table; each kind spoils one thing in it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

CATALOGS = Path(__file__).resolve().parent.parent / "catalogs"
LABELS = ("red", "green", "blue")
N_ITEMS = 60
KEYS = {"ALPHA_KEY": "alpha-right-key", "BETA_KEY": "beta-right-key", "GAMMA_KEY": "gamma-right-key"}
BASELINE = "alpha/alpha-large"
OFFERS = {"alpha": ("large", 10.0, "premium"), "beta": ("middle", 1.0, "variable"), "gamma": ("small", 0.1, "budget")}


@dataclass(frozen=True, kw_only=True)
class Room:
    """Paths of one room; everything in it is good until a kind spoils it."""

    root: Path

    @property
    def task(self) -> Path:
        return self.root / "task.yaml"

    @property
    def items(self) -> Path:
        return self.root / "items.jsonl"

    @property
    def catalogs(self) -> Path:
        return self.root / "catalogs"

    @property
    def plan(self) -> Path:
        return self.root / "plan.yaml"

    @property
    def known(self) -> Path:
        return self.root / "known.jsonl"

    @property
    def table(self) -> Path:
        return self.root / "table"

    @property
    def home(self) -> Path:
        return self.root / "home"

    def search(self, *more: str, baseline: str = BASELINE, budget: str = "5") -> list[str]:
        """Arguments of an ordinary search of this room's task, and more."""
        return ["search", str(self.task), "--baseline", baseline, "--budget-usd", budget, *more]

    def search_table(self, *more: str, baseline: str = "m0") -> list[str]:
        """Arguments of an ordinary search of this room's recorded table, and more."""
        return ["search", "--recorded", str(self.table), "--baseline", baseline, "--budget-share", "0.5", *more]

    def environ(self) -> dict[str, str]:
        """Where this room's home and catalogue are, and its keys."""
        return {"MODELSEARCH_HOME": str(self.home), "MODELSEARCH_CATALOGS": str(self.catalogs), **KEYS}

    def change_task(self, **changes: Any) -> None:
        """Set keys of the task; None removes one."""
        spec = yaml.safe_load(self.task.read_text())
        spec.update(changes)
        self.task.write_text(yaml.safe_dump({key: value for key, value in spec.items() if value is not None}))

    def write_items(self, rows: list[dict[str, Any]]) -> None:
        self.items.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def change_file(self, path: Path, old: str, new: str) -> None:
        text = path.read_text()
        assert old in text, f"{path}: {old!r} is not there to be changed"
        path.write_text(text.replace(old, new, 1))


def good_items(n_items: int = N_ITEMS) -> list[dict[str, Any]]:
    """Items whose input names the item, so that an emulator knows it."""
    return [
        {"id": f"q{n:03d}", "input": f"Question q{n:03d}: which colour?", "target": LABELS[n % 3]}
        for n in range(n_items)
    ]


def make_room(root: Path, *, base_url: str = "http://127.0.0.1:9") -> Room:
    """A good room; its providers are below `base_url`."""
    room = Room(root=root)
    root.mkdir(parents=True)
    spec = {
        "id": "colours", "kind": "classification", "items": room.items.name, "prompt": "{{ input }}",
        "scorer": "choice", "labels": list(LABELS), "margin": 0.02, "max_output_tokens": 16,
    }  # fmt: skip
    room.task.write_text(yaml.safe_dump(spec))
    room.write_items(good_items())
    room.known.write_text("".join(json.dumps({"id": row["id"], "score": 1.0}) + "\n" for row in good_items()))
    room.plan.write_text((CATALOGS / "plans" / "cheap.yaml").read_text())
    _write_catalogue(room, base_url)
    _write_table(room.table)
    return room


def _write_catalogue(room: Room, base_url: str) -> None:
    folder = room.catalogs
    (folder / "providers").mkdir(parents=True)
    shutil.copytree(CATALOGS / "plans", folder / "plans")
    for name in ("tiers.yaml", "complexity.yaml"):
        shutil.copy(CATALOGS / name, folder / name)
    kinds = {"task_kinds": [{"id": "classification", "scorer": "choice", "margin": 0.02}]}
    data: dict[str, Any] = {"task_kinds.yaml": kinds, "families.yaml": {"families": [{"id": "made_up"}]}}
    data["specialisations.yaml"] = {"specialisations": []}
    sizes = [f"{name}-{size}" for name, (size, _, _) in OFFERS.items()]
    data["models.yaml"] = {"models": [{"id": model, "family": "made_up"} for model in [*sizes, "unpriced"]]}
    for provider in OFFERS:
        data[f"providers/{provider}.yaml"] = _provider(provider, base_url)
    for name, content in data.items():
        (folder / name).write_text(yaml.safe_dump(content))


def _provider(name: str, base_url: str) -> dict[str, Any]:
    size, usd, pricing_class = OFFERS[name]
    price = {"input_mtok": usd, "output_mtok": 4 * usd, "observed_at": "2026-11-01", "source": "made up"}
    endpoints = [_endpoint(f"{name}-{size}", price)]
    if name == "alpha":
        endpoints.append(_endpoint("unpriced", {**price, "input_mtok": None, "output_mtok": None}))
    return {
        "id": name, "name": name.title(), "dialect": "openai_chat", "base_url": f"{base_url}/p/{name}",
        "key_env": f"{name.upper()}_KEY", "pricing_class": pricing_class, "endpoints": endpoints,
        "limits": {"max_concurrency": 16, "timeout_s": 20},
    }  # fmt: skip


def _endpoint(model: str, price: dict[str, Any]) -> dict[str, Any]:
    return {"wire": model, "model": model, "context_tokens": 8192, "max_output_tokens": 1024, "prices": [price]}


def _write_table(folder: Path) -> None:
    """Four models on 40 items; m0 is the dearest and the best."""
    folder.mkdir()
    rows = [
        {"model": f"m{m}", "item": f"i{i:02d}", "score": float((i * 7 + m) % 10 >= m), "cost_usd": 0.01 / 2**m}
        for m in range(4)
        for i in range(40)
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "outcomes.parquet")
    head = "model,provider,family,params_b,input_usd_per_mtok,output_usd_per_mtok,context_window\n"
    lines = "".join(f"m{m},p,f,,{10 / 2**m},{40 / 2**m},8192\n" for m in range(4))
    (folder / "models.csv").write_text(head + lines)
