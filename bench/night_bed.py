"""A night for several workers: a project with one task and newcomers, its models behind an emulator with a log.

`one` model is used now and dear; newcomers are as good or clearly worse by turns. The first night is carried out by one
worker beforehand; what is measured is the second, in which every newcomer is tested.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import yaml

from bench.postgres_server import postgres_server
from bench.prefect_server import free_port
from modelsearch.api.registered import register
from modelsearch.catalog.load import load_market
from modelsearch.core.ids import TaskId
from modelsearch.core.registered import RegisteredTask
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.bill import LogLine, read_log
from modelsearch.emulator.faults import Faults, Latency
from modelsearch.emulator.replies import Asked, EmulatedReply
from modelsearch.emulator.server import spawned_emulator
from modelsearch.settings import Settings, read_settings

TASK = "colours"
N_ITEMS = 120
BASELINE = "now/m"
FIRST, SECOND = date(2026, 11, 23), date(2026, 11, 24)
NIGHT_USD = Decimal(5)
LEASE_S = 5.0
PLANS = read_settings().catalogs / "plans"


FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
"""Where beds are made: what a disk does beside other programs is no part of what is measured."""


class Models:
    """Who answers: each model is right on a share of the items, which its number says."""

    def reply(self, asked: Asked) -> EmulatedReply | None:
        """The answer to `is N odd?`."""
        number = int("".join(c for c in asked.prompt_text if c.isdecimal()))
        luck = int(sha256(f"{asked.provider_id} {number}".encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
        is_right = luck < _p_right(asked.provider_id)
        text = "yes" if (number % 2 == 1) == is_right else "no"
        return EmulatedReply(text=text, input_tokens=100, output_tokens=3, model="m", item=f"q{number:03d}")


def _p_right(provider: str) -> float:
    """Newcomers with even numbers are as good as the baseline, the others worse."""
    if not provider.startswith("new"):
        return 1.0 if provider == "now" else 0.5
    return 1.0 if int(provider.removeprefix("new")) % 2 == 0 else 0.6


def make_app(catalogs: str, log_path: str, latency_s: float) -> EmulatorApp:
    """What `spawned_emulator` starts."""
    market = load_market(Path(catalogs), as_of=datetime.now(UTC).date())
    latency = Latency(median_s=latency_s) if latency_s else None
    return EmulatorApp(Models(), market, EmulatorOptions(faults=Faults(latency=latency), log_path=Path(log_path)))


@dataclass(frozen=True, kw_only=True)
class Bed:
    """One project: its folder, its emulator, its database."""

    root: Path
    url: str
    port: int

    @property
    def environ(self) -> dict[str, str]:
        """All that a worker needs."""
        return {
            "MODELSEARCH_HOME": str(self.root / "home"),
            "MODELSEARCH_CATALOGS": str(self.root / "catalogs"),
            "MODELSEARCH_DATABASE_URL": self.url,
            "MODELSEARCH_LEASE_S": str(LEASE_S),
            "EMULATOR_KEY": "emulator",
        }

    @property
    def settings(self) -> Settings:
        return read_settings(self.environ)

    @property
    def log(self) -> Path:
        return self.root / "requests.jsonl"

    def lines(self, n_before: int = 0) -> list[LogLine]:
        """What the emulator was asked, after so many requests."""
        return read_log(self.log)[n_before:]

    def n_requests(self) -> int:
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    @contextmanager
    def emulator(self, latency_s: float) -> Iterator[None]:
        """The models, awake."""
        values: Mapping[str, Any] = {
            "catalogs": str(self.root / "catalogs"), "log_path": str(self.log), "latency_s": latency_s,
        }  # fmt: skip
        with spawned_emulator("bench.night_bed:make_app", values, port=self.port):
            yield

    def worker(self, day: date) -> "subprocess.Popen[str]":
        """A worker in a process of its own; it says `ready`, and begins at a line on its standard input."""
        asked = json.dumps({"environ": self.environ, "day": day.isoformat()})
        command = [sys.executable, "-m", "bench.night_worker", asked]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **ONE_THREAD}
        )

    def offer(self, newcomers: Sequence[str]) -> None:
        """Write task and catalogue, with newcomers on sale."""
        root = self.root
        spec = {
            "id": TASK, "kind": "classification", "items": "items.jsonl", "prompt": "{{ input }}", "scorer": "choice",
            "labels": ["yes", "no"], "max_output_tokens": 16, "margin": 0.05,
        }  # fmt: skip
        root.mkdir(parents=True, exist_ok=True)
        (root / "task.yaml").write_text(yaml.safe_dump(spec))
        rows = ({"id": f"q{n:03d}", "input": f"is {n} odd?", "target": ("no", "yes")[n % 2]} for n in range(N_ITEMS))
        (root / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        prices = {"now": 10.0, "poor": 2.0} | {name: 1.0 + n / 100 for n, name in enumerate(newcomers)}
        (root / "catalogs" / "providers").mkdir(parents=True, exist_ok=True)
        shutil.copytree(PLANS, root / "catalogs" / "plans", dirs_exist_ok=True)
        for name, content in _catalog(prices, self.port).items():
            (root / "catalogs" / name).write_text(yaml.safe_dump(content))

    def register(self) -> None:
        """The task, to be looked at every night."""
        register(
            RegisteredTask(
                id=TaskId(TASK), task=str(self.root / "task.yaml"), baseline=BASELINE, night_usd=NIGHT_USD,
                plan="cheap", rules={"drift_items": 20},
            ),
            self.settings,
        )  # fmt: skip

    def copied(self, name: str) -> "Bed":
        """The same project with a folder and a database of its own; nobody may use this one meanwhile."""
        root = self.root.with_name(name)
        shutil.copytree(self.root, root)
        base, _, database = self.url.rpartition("/")
        with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {database}".encode())
        registration = root / "home" / "tasks" / f"{TASK}.yaml"
        registration.write_text(registration.read_text().replace(str(self.root), str(root)))
        return Bed(root=root, url=f"{base}/{name}", port=self.port)


ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@contextmanager
def opened_bed(folder: Path, n_newcomers: int) -> Iterator[Bed]:
    """A project whose first night is over, with newcomers on sale for the second."""
    with postgres_server(folder / "postgres") as url:
        base, _, _ = url.rpartition("/")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE bed")
        bed = Bed(root=folder / "bed", url=f"{base}/bed", port=free_port())
        bed.offer([])
        bed.register()
        with bed.emulator(0.0):
            finished([bed.worker(FIRST)])
        bed.offer([f"new{n}" for n in range(n_newcomers)])
        yield bed


def finished(workers: Sequence["subprocess.Popen[str]"]) -> list[dict[str, Any]]:
    """Let workers begin at once, and wait for them; the report of each.

    Raises:
        RuntimeError: one failed.
    """
    for worker in workers:
        begin(worker)
    reports = []
    for worker in workers:
        printed, _ = worker.communicate(timeout=600)
        if worker.returncode != 0:
            raise RuntimeError(f"bench: a worker ended with exit code {worker.returncode}")
        reports.append(json.loads(printed.splitlines()[-1]))
    return reports


def begin(worker: "subprocess.Popen[str]") -> None:
    """Wait until a worker has started, and let it begin."""
    if worker.stdout is None or worker.stdin is None or worker.stdout.readline().strip() != "ready":
        raise RuntimeError("bench: a worker did not start")
    worker.stdin.write("go\n")
    worker.stdin.flush()


def _catalog(prices: Mapping[str, float], port: int) -> dict[str, Any]:
    data: dict[str, Any] = {
        "models.yaml": {"models": [{"id": f"m-{name}", "family": "f"} for name in prices]},
        "families.yaml": {"families": [{"id": "f"}]},
        "specialisations.yaml": {"specialisations": []},
        "task_kinds.yaml": {"task_kinds": [{"id": "classification", "scorer": "choice", "margin": 0.02}]},
        "tiers.yaml": {"tiers": [{"name": "all", "min_usd_per_mtok": 0}]},
        "complexity.yaml": {"weights": {"a": 1.0}, "bands": [{"below": 1.01, "max_params_b": 10}]},
    }
    return data | {f"providers/{name}.yaml": _provider(name, usd, port) for name, usd in prices.items()}


def _provider(name: str, usd: float, port: int) -> dict[str, Any]:
    price = {"input_mtok": usd, "output_mtok": 4 * usd, "observed_at": "2026-11-01", "source": "made up"}
    endpoint = {"wire": "m", "model": f"m-{name}", "context_tokens": 8192, "prices": [price]}
    return {
        "id": name, "name": name.title(), "dialect": "openai_chat", "base_url": f"http://127.0.0.1:{port}/p/{name}",
        "key_env": "EMULATOR_KEY", "pricing_class": "budget", "endpoints": [endpoint],
    }  # fmt: skip
