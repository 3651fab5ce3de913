"""A worker in a process of its own, for `shared_contract`: does what the JSON of its one argument says."""

import json
import random
import sys
import time
from decimal import Decimal
from typing import Any

from modelsearch.api.workers import Shared, open_shared
from modelsearch.core.ids import CallId
from modelsearch.settings import read_settings


def main() -> None:
    asked = json.loads(sys.argv[1])
    with open_shared(read_settings(environ=asked["environ"])) as shared:
        _DO[asked["do"]](shared, asked)


def _ready() -> None:
    """Wait to be killed."""
    _say("ready")
    time.sleep(60)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _claim(shared: Shared, asked: dict[str, Any]) -> None:
    claim = shared.claims.take("n", asked["key"])
    assert claim is not None
    shared.claims.note(claim, asked["note"])
    _ready()


def _work(shared: Shared, asked: dict[str, Any]) -> None:
    """Do jobs until all are done; be killed in the midst of the one after `stop_at`."""
    keys = [f"job-{number:02d}" for number in range(asked["n_jobs"])]
    done: list[str] = []
    while any(shared.claims.result("n", key) is None for key in keys):
        for key in keys:
            claim = shared.claims.take("n", key)
            if claim is None:
                continue
            if len(done) == asked.get("stop_at", -1):
                _ready()
            shared.claims.done(claim, shared.worker_id)
            done.append(key)
        time.sleep(0.05)
    _say(json.dumps(done))


def _reserve(shared: Shared, asked: dict[str, Any]) -> None:
    assert shared.budget("night", Decimal(1)).reserve(CallId(asked["call_id"]), Decimal(asked["amount"]))
    _ready()


def _spend(shared: Shared, asked: dict[str, Any]) -> None:
    """Reserve and settle at random; what was settled, how often it was refused, the most that was ever committed."""
    books = shared.budget("night", Decimal(asked["limit"]))
    rng = random.Random(asked["name"])
    settled, most, n_refused = Decimal(0), Decimal(0), 0
    for number in range(asked["n_calls"]):
        call_id, bound = CallId(f"{asked['name']}-{number}"), Decimal(rng.randrange(1, 400)) / 1000
        if not books.reserve(call_id, bound):
            n_refused += 1
            continue
        most = max(most, books.spend().committed_usd)
        cost = (bound / rng.choice([3, 7, 11, 20])).quantize(Decimal("1e-12"))
        books.close(call_id, settled_usd=cost, unknown_usd=Decimal(0))
        settled += cost
    _say(json.dumps({"settled": str(settled), "most": str(most), "n_refused": n_refused}))


def _lease(shared: Shared, asked: dict[str, Any]) -> None:
    shared.leases().renew(asked["account"], asked["n_total"], asked["n_total"])
    _ready()


_DO = {"claim": _claim, "work": _work, "reserve": _reserve, "spend": _spend, "lease": _lease}

if __name__ == "__main__":
    main()
