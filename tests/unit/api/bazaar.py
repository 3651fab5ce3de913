"""A market on disk that changes from night to night, a registered task, and models that are right as often as told."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
import yaml

from modelsearch.api.night_open import NightCall
from modelsearch.api.night_stage import Waiting
from modelsearch.api.nights import run_night
from modelsearch.core.events import CallReserved, CallSettled
from modelsearch.core.ids import EndpointId, TaskId
from modelsearch.core.market import Endpoint
from modelsearch.core.money import ZERO_USD
from modelsearch.core.nights import NightReport, TaskState
from modelsearch.core.registered import RegisteredTask
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.settings import Settings, read_settings
from modelsearch.store.journal import Journal
from modelsearch.store.layout import list_runs
from modelsearch.store.night_store import STATE, NightStore
from modelsearch.taskfile.registration import registration_text
from tests.doubles import ok

N_ITEMS = 60
DAY = date(2026, 11, 24)
PLANS = Path(__file__).resolve().parents[3] / "catalogs" / "plans"
BASELINE = "dear/m"
OFFERS: Mapping[str, float] = {"dear": 10.0, "twin": 2.0, "poor": 1.0}
"""Input price by provider; each has one endpoint, `<provider>/m`."""
RIGHT: Mapping[str, float] = {"dear": 1.0, "twin": 1.0, "poor": 0.5, "late": 1.0, "weak": 0.4}
"""How often each is right."""


class Killed(BaseException):
    """What ends a process: nothing of ours catches it."""


class Models:
    """In place of the client: who is asked what, and who answers how. Shared by all sessions of a test."""

    right: ClassVar[dict[str, float]] = {}
    asked: ClassVar[list[tuple[str, str]]] = []
    fails: ClassVar[dict[str, Exception]] = {}
    dies_at: ClassVar[int | None] = None

    def __init__(self, *_: object, **__: object) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def share(self, _: object) -> None:
        """No limits here."""

    async def send(self, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        provider, item = str(endpoint.provider_id), json.loads(wire.body)["messages"][-1]["content"]
        if provider in self.fails:
            raise self.fails[provider]
        if self.dies_at is not None and len(self.asked) >= self.dies_at:
            raise Killed
        self.asked.append((str(endpoint.id), item))
        number = int(re.findall(r"\d+", item)[-1])
        luck = int(sha256(f"{provider} {number}".encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
        is_right = luck < self.right[provider]
        return ok("yes" if (number % 2 == 1) == is_right else "no", n_input=100, n_output=5, model="m")


@dataclass
class Bazaar:
    """Paths of one project, what is on sale in it, and its nights."""

    root: Path
    offers: dict[str, float] = field(default_factory=lambda: dict(OFFERS))
    more: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """Where everything is, and a key for each provider."""
        where = {"MODELSEARCH_HOME": str(self.root / "home"), "MODELSEARCH_CATALOGS": str(self.root / "catalogs")}
        return {**where, **{f"{name.upper()}_KEY": f"key-of-{name}" for name in self.offers}}

    @property
    def settings(self) -> Settings:
        return read_settings(self.environ)

    @property
    def task(self) -> Path:
        return self.root / "task.yaml"

    def night(self, n_nights: int = 0, *, registered: RegisteredTask | None = None, **changes: Any) -> NightReport:
        """Run the night of so many days after the first."""
        return asyncio.run(run_night(registered or self.registered(), self.settings, self.call(n_nights, **changes)))

    @property
    def store(self) -> NightStore:
        return NightStore(self.settings.nights / "colours")

    @property
    def state(self) -> TaskState:
        """What the nights have come to."""
        found = self.store.read(STATE, TaskState)
        assert found is not None
        return found

    def registered(self, **changes: Any) -> RegisteredTask:
        plain = RegisteredTask(
            id=TaskId("colours"), task=str(self.task), baseline=BASELINE, night_usd=Decimal(1), plan="cheap",
            rules={"drift_items": 10},
        )  # fmt: skip
        return replace(plain, **changes)

    def register(self, **changes: Any) -> RegisteredTask:
        task = self.registered(**changes)
        self.settings.tasks.mkdir(parents=True, exist_ok=True)
        (self.settings.tasks / f"{task.id}.yaml").write_text(registration_text(task))
        return task

    def call(self, n_nights: int = 0, **changes: Any) -> NightCall:
        """The night of so many days after the first."""
        plain = NightCall(day=DAY + timedelta(days=n_nights), waiting=Waiting(most_s=0.0))
        return replace(plain, **changes)

    def write(self) -> None:
        """The task, and the market as it is now."""
        spec = {
            "id": "colours", "kind": "classification", "items": "items.jsonl", "prompt": "{{ input }}",
            "scorer": "choice", "labels": ["yes", "no"], "max_output_tokens": 16, "margin": 0.05,
        }  # fmt: skip
        self.task.write_text(yaml.safe_dump(spec))
        rows = ({"id": f"q{n:03d}", "input": f"is {n} odd?", "target": ("no", "yes")[n % 2]} for n in range(N_ITEMS))
        (self.root / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        folder = self.root / "catalogs"
        (folder / "providers").mkdir(parents=True, exist_ok=True)
        data: dict[str, Any] = {
            "models.yaml": {"models": [{"id": f"m-{name}", "family": "f"} for name in self.offers]},
            "families.yaml": {"families": [{"id": "f"}]},
            "specialisations.yaml": {"specialisations": []},
            "task_kinds.yaml": {"task_kinds": [{"id": "classification", "scorer": "choice", "margin": 0.02}]},
            "tiers.yaml": {"tiers": [{"name": "all", "min_usd_per_mtok": 0}]},
            "complexity.yaml": {"weights": {"a": 1.0}, "bands": [{"below": 1.01, "max_params_b": 10}]},
        }
        data |= {f"providers/{name}.yaml": self._provider(name, usd) for name, usd in self.offers.items()}
        for name, content in data.items():
            (folder / name).write_text(yaml.safe_dump(content))
        for plan in PLANS.glob("*.yaml"):
            (folder / "plans").mkdir(exist_ok=True)
            (folder / "plans" / plan.name).write_text(plan.read_text())

    def add(self, name: str, usd: float, **more: Any) -> EndpointId:
        """Put another one on sale."""
        self.offers[name] = usd
        self.more[name] = more
        self.write()
        return EndpointId(f"{name}/m")

    def _provider(self, name: str, usd: float) -> dict[str, Any]:
        price = {"input_mtok": usd, "output_mtok": 4 * usd, "observed_at": "2026-11-01", "source": "made up"}
        endpoint: dict[str, Any] = {"wire": "m", "model": f"m-{name}", "context_tokens": 8192, "prices": [price]}
        endpoint |= self.more.get(name, {})
        return {
            "id": name, "name": name.title(), "dialect": "openai_chat", "base_url": f"http://127.0.0.1:9/{name}",
            "key_env": f"{name.upper()}_KEY", "pricing_class": "budget", "endpoints": [endpoint],
        }  # fmt: skip

    @property
    def asked(self) -> Counter[str]:
        """How many calls each endpoint got."""
        return Counter(name for name, _ in Models.asked)


def told(report: NightReport) -> list[tuple[str, str, str]]:
    """Kind, candidate and end of each job, in order."""
    return [(result.job.kind, str(result.job.candidate_id), result.end) for result in report.results]


def all_calls(bazaar: Bazaar) -> tuple[list[str], Decimal]:
    """Request keys that were ever reserved, and what all runs together paid."""
    keys, spend_usd = [], ZERO_USD
    for run in list_runs(bazaar.settings.runs):
        for event in Journal.read(run.journal)[1]:
            keys += [event.key] if isinstance(event, CallReserved) else []
            spend_usd += event.call.cost_usd if isinstance(event, CallSettled) else ZERO_USD
    return keys, spend_usd


def history(bazaar: Bazaar, name: str) -> list[str]:
    return [str(line["day"]) for line in bazaar.store.history(name)]


@pytest.fixture
def bazaar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bazaar:
    """A project in which nothing leaves the process."""
    monkeypatch.setattr("modelsearch.api.session.ProviderClient", Models)
    Models.right, Models.asked, Models.fails, Models.dies_at = dict(RIGHT), [], {}, None
    made = Bazaar(tmp_path)
    made.write()
    return made
