"""The emulator of `bench.recorded`, in a process of its own, and what it says it charged."""

import json
import urllib.request
from decimal import Decimal
from pathlib import Path

from modelsearch.api.emulated import table_app
from modelsearch.emulator.app import EmulatorApp
from modelsearch.evaluate.recorded import recorded_market, recorded_task
from modelsearch.store.recorded import read_recorded_table


def make_app(folder: str) -> EmulatorApp:
    """What `spawned_emulator` starts: a recorded table."""
    table = read_recorded_table(Path(folder))
    return table_app(table, recorded_task(table), recorded_market(table))


def bill_usd(url: str) -> Decimal:
    """The emulator's own total."""
    with urllib.request.urlopen(f"{url}/__emulator/bill", timeout=10) as reply:  # noqa: S310 - loopback
        return Decimal(json.load(reply)["total_usd"])
