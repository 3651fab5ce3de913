"""A stand-in for a night that takes a while, for `bench.schedule`: it tells when it began and ended, in a file."""

import os
import time
from pathlib import Path

from prefect import flow


@flow(name="slow_night")
def slow_night(seconds: float) -> None:
    """Take so many seconds."""
    path = Path(os.environ["BENCH_NIGHTS"])
    for what in ("begin", "end"):
        with path.open("a") as file:
            file.write(f"{what} {time.time():.3f}\n")
        if what == "begin":
            time.sleep(seconds)
