"""An engine that buys on command: `python -m bench.linear_engine URL FOLDER`, then a number of calls a line.

Prints for each line the CPU per call in s and the memory of the process then, in MB; ends with its input.
"""

import asyncio
import gc
import sys
from pathlib import Path

from bench.throughput_engine import Load, engine_of
from bench.throughput_load import cpu_s, rss_mb

N_IN_FLIGHT, N_MODELS, N_ITEMS = 64, 21, 10_000
N_ROUND = 1000


async def main(url: str, folder: Path) -> None:
    """Buy, in rounds as a search does, and tell."""
    load = Load(url=url, n_in_flight=N_IN_FLIGHT, n_models=N_MODELS, n_items=N_ITEMS)
    loop, n_bought = asyncio.get_running_loop(), 0
    async with engine_of(load, folder) as engine:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            start_s, n_calls = cpu_s(), int(line)
            for first in range(n_bought, n_bought + n_calls, N_ROUND):
                await engine.buy(first, min(first + N_ROUND, n_bought + n_calls))
            n_bought += n_calls
            used_s = cpu_s() - start_s
            gc.collect()
            print(used_s / n_calls, rss_mb(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
