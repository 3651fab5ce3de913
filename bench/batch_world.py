"""The emulator of `bench.batch`, in a process of its own: the bundled classification task, and batches."""

from pathlib import Path

from bench.kill_world import task_and_market
from modelsearch.api.emulated import world_app
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.batch import BatchHabits
from modelsearch.emulator.world_make import make_world


def make_app(seed: int, log_path: str, habits: dict[str, float]) -> EmulatorApp:
    """What `spawned_emulator` starts: the world of a seed, its requests logged."""
    task, market = task_and_market()
    options = EmulatorOptions(log_path=Path(log_path), batch=BatchHabits(seed=seed, **habits))  # type: ignore[arg-type]
    return world_app(make_world(task, seed=seed, base=market), task, options)
