"""The emulator of `bench.kill`, in a process of its own: the bundled classification task, slow enough to kill in."""

from datetime import UTC, datetime
from pathlib import Path

from modelsearch.api.emulated import world_app
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.market import Market
from modelsearch.core.task import TaskSpec
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.faults import Faults, Latency
from modelsearch.emulator.world_make import make_world
from modelsearch.settings import read_settings

TASK = read_settings().catalogs / "examples" / "classification.yaml"
LATENCY = Latency(kind="lognormal", median_s=0.05)


def task_and_market() -> tuple[TaskSpec, Market]:
    """The bundled task and the catalogue."""
    market = load_market(read_settings().catalogs, as_of=datetime.now(UTC).date())
    return read_task(TASK, market), market


def make_app(seed: int, log_path: str) -> EmulatorApp:
    """What `spawned_emulator` starts: the world of a seed, its requests logged."""
    task, market = task_and_market()
    options = EmulatorOptions(faults=Faults(seed=seed, latency=LATENCY), log_path=Path(log_path))
    return world_app(make_world(task, seed=seed, base=market), task, options)
