"""The first nights of a made-up market as a project on disk: catalogue, task, registration, and who answers."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import yaml

from bench.year_market import FIRST_DAY, YearMarket
from modelsearch.core.ids import TaskId
from modelsearch.core.market import Endpoint
from modelsearch.core.recorded import RecordedTable
from modelsearch.core.registered import RegisteredTask
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.settings import Settings, read_settings
from modelsearch.taskfile.registration import registration_text
from modelsearch.testing.world_outcomes import Ints
from modelsearch.testing.world_year import NEVER, YearShape, YearWorld, make_year_world
from modelsearch.testing.worlds import OUTPUT_TO_INPUT

N_NIGHTS = 14
PROVIDER = "pool"
KEY = "POOL_KEY"
PLANS = Path(__file__).parents[1] / "catalogs" / "plans"
SHAPE = YearShape(n_start=16, n_items=150, margin=0.05, new=1.5, gone=0.0, repriced=0.0, burst=0, price_power=0.6)
ARRIVALS = (2, 3, 3, 5, 5, 5, 6, 8, 8, 9, 10, 11, 11, 12, 13, 13, 13, 13)
"""Night on which each newcomer comes."""
REPRICED, RETIRED = (4, 7, 9), (8, 10)
"""Nights of price moves; night on which one of the cheapest is told to go, and the first one without it."""


def short_world(seed: int) -> YearWorld:
    """A market of few models in which something happens almost every night."""
    world = make_year_world(SHAPE, seed)
    rng = np.random.default_rng([seed, 14])
    order = np.cumsum(world.arrives > 0) - 1
    arrives = np.where(world.arrives > 0, np.array(ARRIVALS)[order % len(ARRIVALS)], 0)
    models = rng.permutation(len(arrives))
    usd = world.table.cost_usd.mean(axis=1)
    leaves, told = np.full(len(arrives), NEVER), np.full(len(arrives), NEVER)
    cheap = int(np.argsort(usd + (arrives > 0) * usd.max())[1])
    leaves[cheap], told[cheap] = RETIRED[1], RETIRED[0]
    moves = tuple((day, int(model), 0.5) for day, model in zip(REPRICED, models, strict=False))
    return replace(
        world,
        table=_priced(world.table),
        arrives=np.asarray(arrives, dtype=np.int64),
        leaves=np.asarray(leaves, dtype=np.int64),
        told=np.asarray(told, dtype=np.int64),
        price_moves=moves,
        aliases=(),
        outages=frozenset(),
        quotes=(),
    )


def _priced(table: RecordedTable) -> RecordedTable:
    """Names as endpoints have them; prices of few digits, and every cell billed by its tokens."""
    models = tuple(
        replace(
            model,
            name=f"{PROVIDER}/{model.name}",
            input_usd_per_mtok=float(f"{model.input_usd_per_mtok:.3g}"),
            output_usd_per_mtok=float(f"{OUTPUT_TO_INPUT * float(f'{model.input_usd_per_mtok:.3g}'):.6g}"),
        )
        for model in table.models
    )
    price = np.array([model.input_usd_per_mtok for model in models], dtype=np.float64)[:, None]
    sent: Ints = np.clip(table.input_tokens // 8, 8, 60)  # a prompt here is a few bytes long
    got: Ints = np.minimum(table.output_tokens, 500)
    cost = (sent + OUTPUT_TO_INPUT * got) * price / 1e6
    return replace(table, models=models, cost_usd=np.round(cost, 12), input_tokens=sent, output_tokens=got)


class Models:
    """In place of the client that calls providers: answers, and bills, as the table says."""

    table: ClassVar[RecordedTable]
    columns: ClassVar[dict[str, int]] = {}

    def __init__(self, *_: object, **__: object) -> None:
        """Whatever a client takes."""

    @classmethod
    def serve(cls, market: YearMarket) -> None:
        """Answer from a market's table from now on."""
        cls.table = market.table
        cls.columns = {item: column for column, item in enumerate(market.table.item_ids)}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""

    async def send(self, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        """One reply in OpenAI's format."""
        row = self.table.row[f"{PROVIDER}/{endpoint.wire_name}"]
        column = self.columns[json.loads(wire.body)["messages"][-1]["content"].strip()]
        n_input, n_output = int(self.table.input_tokens[row, column]), int(self.table.output_tokens[row, column])
        message = {"role": "assistant", "content": str(self.table.answer[row, column])}
        usage = {"prompt_tokens": n_input, "completion_tokens": n_output, "total_tokens": n_input + n_output}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        body = {"id": "x", "model": endpoint.wire_name, "choices": [choice], "usage": usage}
        return RawReply(http_status=200, body=json.dumps(body).encode(), latency_s=0.1)


@dataclass(frozen=True)
class Project:
    """Its folder; `write` brings the catalogue up to a day."""

    root: Path
    market: YearMarket

    @property
    def environ(self) -> dict[str, str]:
        """Where everything is, and the key."""
        where = {"MODELSEARCH_HOME": str(self.root / "home"), "MODELSEARCH_CATALOGS": str(self.root / "catalogs")}
        return where | {KEY: "a-key"}

    @property
    def settings(self) -> Settings:
        """Of this project."""
        return read_settings(self.environ)

    @property
    def registered(self) -> RegisteredTask:
        """The one task, with money enough, so that nothing hangs on what a call is reserved at."""
        world = self.market.world
        return RegisteredTask(
            id=TaskId("short"),
            task=str(self.root / "task.yaml"),
            baseline=world.table.models[world.baseline].name,
            night_usd=Decimal(50),
            batch="never",
            rules={"drift_items": 10, "reserve": 30.0},
        )

    def write(self, day: int) -> None:
        """Catalogue, task and registration as of a day."""
        folder = self.root / "catalogs"
        (folder / "providers").mkdir(parents=True, exist_ok=True)
        (folder / "plans").mkdir(exist_ok=True)
        for plan in PLANS.glob("*.yaml"):
            (folder / "plans" / plan.name).write_text(plan.read_text())
        for name, content in self._catalogue(day).items():
            (folder / name).write_text(yaml.safe_dump(content))
        self._write_task()
        self.settings.tasks.mkdir(parents=True, exist_ok=True)
        (self.settings.tasks / "short.yaml").write_text(registration_text(self.registered))

    def _write_task(self) -> None:
        table = self.market.table
        labels = sorted(set(table.gold))
        spec = {
            "id": "short", "kind": "classification", "items": "items.jsonl", "prompt": "{{ input }}",
            "scorer": "choice", "labels": labels, "max_output_tokens": 512, "margin": SHAPE.margin,
        }  # fmt: skip
        (self.root / "task.yaml").write_text(yaml.safe_dump(spec))
        rows = ({"id": i, "input": i, "target": gold} for i, gold in zip(table.item_ids, table.gold, strict=True))
        (self.root / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def _catalogue(self, day: int) -> dict[str, Any]:
        offers, table = self.market.offers(day), self.market.table
        models = [table.models[table.row[str(name)]] for name in offers]
        families = sorted({model.family for model in models})
        endpoints = [self._endpoint(model.name, offers[model.name], day) for model in models]  # type: ignore[index]
        provider = {
            "id": PROVIDER, "name": "Pool", "dialect": "openai_chat", "base_url": "http://127.0.0.1:9/v1",
            "key_env": KEY, "pricing_class": "budget", "endpoints": endpoints,
        }  # fmt: skip
        return {
            "models.yaml": {"models": [{"id": f"w-{m.name.split('/')[1]}", "family": m.family} for m in models]},
            "families.yaml": {"families": [{"id": family} for family in families]},
            "specialisations.yaml": {"specialisations": []},
            "task_kinds.yaml": {"task_kinds": [{"id": "classification", "scorer": "choice", "margin": 0.05}]},
            "tiers.yaml": {"tiers": [{"name": "all", "min_usd_per_mtok": 0}]},
            "complexity.yaml": {"weights": {"a": 1.0}, "bands": [{"below": 1.01, "max_params_b": 10}]},
            f"providers/{PROVIDER}.yaml": provider,
        }

    def _endpoint(self, name: str, offer: Any, day: int) -> dict[str, Any]:
        wire = name.split("/")[1]
        price = {
            "input_mtok": offer.usd_per_mtok_input, "output_mtok": offer.usd_per_mtok_output,
            "observed_at": (FIRST_DAY + timedelta(days=day)).isoformat(), "source": "made up",
        }  # fmt: skip
        found = {"wire": wire, "model": f"w-{wire}", "context_tokens": 8192, "prices": [price]}
        return found if offer.deprecated_on is None else found | {"deprecated_on": offer.deprecated_on.isoformat()}
