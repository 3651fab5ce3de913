"""A whole run of one model over N items: bought, read back from the journal, written as Parquet.

`python -m bench.throughput_whole URL N_ITEMS` prints the CPU of its whole process in s, start-up included.
"""

import asyncio
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

from bench.throughput_engine import Load, engine_of
from bench.throughput_load import allow_files, cpu_s
from modelsearch.store.journal import Journal
from modelsearch.store.ledger import Ledger
from modelsearch.store.money_tables import call_rows, ledger_rows
from modelsearch.store.stage_tables import outcome_rows
from modelsearch.store.tables import write_table

N_IN_FLIGHT = 256


async def main(url: str, n_items: int) -> None:
    """Buy and write."""
    allow_files()
    load = Load(url=url, n_in_flight=N_IN_FLIGHT, n_models=1, n_items=n_items)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with engine_of(load, folder) as engine:
            await engine.buy(0, n_items)
        _, events = Journal.read(folder / "run" / "journal.bin")
        assert Ledger.from_events(Decimal(1_000_000), events).spend().n_calls == n_items
        tables = {"outcomes": outcome_rows(events), "calls": call_rows(events), "ledger": ledger_rows(events)}
        for table, rows in tables.items():
            write_table(folder / f"{table}.parquet", table, rows, fingerprint="f")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
    print(cpu_s())
