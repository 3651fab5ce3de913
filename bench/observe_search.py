"""One search for `bench.observe`, in a process of its own: its CPU per outcome, as JSON on the last line."""

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from modelsearch.api import session
from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.settings import read_settings


def main() -> None:
    mode, emulator_url, budget_usd, seed = sys.argv[1:]
    if mode == "bare":
        vars(session)["observed_run"] = _nothing
    task = Path(__file__).resolve().parent.parent / "catalogs" / "examples" / "classification.yaml"
    request = SearchRequest(
        baseline="",
        task=task,
        is_emulated=True,
        emulator_url=emulator_url,
        budget_usd=Decimal(budget_usd),
        seed=int(seed),
    )
    before_s, began_s = _cpu_s(), time.monotonic()
    result = search(request, Opening(settings=read_settings()))
    n_outcomes = sum(phase.n_outcomes for phase in result.phases)
    told = {"cpu_ms": 1000 * (_cpu_s() - before_s) / n_outcomes, "n_outcomes": n_outcomes}
    print(json.dumps({**told, "wall_s": time.monotonic() - began_s, "spend_usd": float(result.spend.settled_usd)}))


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@contextmanager
def _nothing(*given: Any) -> Iterator[Any]:
    """In place of the hook."""
    yield given[-1]


if __name__ == "__main__":
    main()
