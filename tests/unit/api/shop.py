"""A made-up market on disk with a task, and providers that answer without a network."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import pytest
import yaml

from modelsearch.api.request import SearchRequest
from modelsearch.api.session import Opening
from modelsearch.core.ids import RunId
from modelsearch.core.market import Endpoint
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.settings import read_settings
from modelsearch.store.layout import RunDir
from tests.doubles import ok

USD = {"dear": 10.0, "mid": 2.0, "cheap": 0.5}
"""Input price by provider; each has one endpoint, `<provider>/m`, and a key."""
KEYS = {f"{name.upper()}_KEY": f"key-of-{name}" for name in USD}
N_ITEMS = 6
PLAN = """
name: shop
phases:
  - name: screen
    filters: [price_ceiling]
  - name: ask
    sampler: {round_robin: {step_items: 2}}
    max_rounds: 9
"""


@dataclass(frozen=True)
class Shop:
    """Paths of one shop, and what opens a search in it."""

    root: Path

    @property
    def task(self) -> Path:
        return self.root / "task.yaml"

    @property
    def plan(self) -> Path:
        return self.root / "plan.yaml"

    @property
    def known(self) -> Path:
        return self.root / "known.jsonl"

    @property
    def run(self) -> RunDir:
        return RunDir(self.root / "home" / "runs", RunId("20260101-000000-abcdef"))

    def request(self, **changes: Any) -> SearchRequest:
        plain = {"baseline": "dear/m", "task": self.task, "budget_usd": Decimal(5), "plan": str(self.plan)}
        return SearchRequest(**{**plain, **changes})

    def opening(self, keys: Mapping[str, str] | None = None, run: RunDir | None = None) -> Opening:
        """Opens with these keys (all by default), the run above unless told otherwise."""
        where = {"MODELSEARCH_HOME": str(self.root / "home"), "MODELSEARCH_CATALOGS": str(self.root / "catalogs")}
        return Opening(settings=read_settings({**where, **(KEYS if keys is None else keys)}), run=run or self.run)

    def without(self, *names: str) -> dict[str, str]:
        """The keys of all but these providers."""
        return {key: value for key, value in KEYS.items() if key not in {f"{name.upper()}_KEY" for name in names}}

    def write_known(self, n_items: int) -> Path:
        """Known scores of the baseline on the first items."""
        rows = ({"id": f"q{n}", "score": 1.0} for n in range(n_items))
        self.known.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return self.known

    def write_market(self, factor: float = 1.0) -> None:
        """All prices times a factor."""
        folder = self.root / "catalogs"
        (folder / "providers").mkdir(parents=True, exist_ok=True)
        data: dict[str, Any] = {
            "models.yaml": {"models": [{"id": "m", "family": "f"}]},
            "families.yaml": {"families": [{"id": "f"}]},
            "specialisations.yaml": {"specialisations": []},
            "task_kinds.yaml": {"task_kinds": [{"id": "classification", "scorer": "choice", "margin": 0.02}]},
            "tiers.yaml": {"tiers": [{"name": "all", "min_usd_per_mtok": 0}]},
            "complexity.yaml": {"weights": {"a": 1.0}, "bands": [{"below": 1.01, "max_params_b": 10}]},
        }
        data |= {f"providers/{name}.yaml": _provider(name, usd * factor) for name, usd in USD.items()}
        for name, content in data.items():
            (folder / name).write_text(yaml.safe_dump(content))


def make_shop(root: Path) -> Shop:
    """Three providers, six items, a plan whose first phase calls nobody."""
    root.mkdir(parents=True, exist_ok=True)
    shop = Shop(root)
    task = {
        "id": "colours", "kind": "classification", "items": "items.jsonl", "prompt": "{{ input }}", "scorer": "choice",
        "labels": ["yes", "no"], "max_output_tokens": 16,
    }  # fmt: skip
    shop.task.write_text(yaml.safe_dump(task))
    rows = ({"id": f"q{n}", "input": f"is {n} odd?", "target": ("no", "yes")[n % 2]} for n in range(N_ITEMS))
    (root / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shop.plan.write_text(PLAN)
    shop.write_market()
    return shop


def _provider(name: str, usd: float) -> dict[str, Any]:
    price = {"input_mtok": usd, "output_mtok": 4 * usd, "observed_at": "2026-11-01", "source": "made up"}
    return {
        "id": name, "name": name.title(), "dialect": "openai_chat", "base_url": f"http://127.0.0.1:9/{name}",
        "key_env": f"{name.upper()}_KEY", "pricing_class": "budget",
        "endpoints": [{"wire": "m", "model": "m", "context_tokens": 8192, "prices": [price]}],
    }  # fmt: skip


class Answering:
    """In place of the client: everybody is always right, and `sent` tells who was asked."""

    sent: list[str]

    def __init__(self, *_: object, **__: object) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        type(self).sent.append(endpoint.id)
        number = int(json.loads(wire.body)["messages"][-1]["content"].split()[1])
        return ok("yes" if number % 2 else "no")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop in which nothing leaves the process."""
    Answering.sent = []
    monkeypatch.setattr("modelsearch.api.session.ProviderClient", Answering)
    return make_shop(tmp_path / "shop")
