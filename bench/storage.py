"""`make bench-storage`: runs in a bucket on a real S3 server (moto's) that errs, loses answers and goes away.

A search of a made-up recorded table for each seed: undisturbed and without a store; then with its run published every
second through a proxy that answers 10 % of requests with 503 and loses 5 % of the answers to what the server has done,
killed with -9 at a random moment, taken over by another machine (another home) from what was published, killed there,
and so on. Holds where every search ends in the recommendation and the spend of the undisturbed one, a reader finds a
whole publication at every moment that is looked at, no object is left that no manifest names, and the secret key is in
no object. Also prints what publishing costs undisturbed. Exit code 0 only then, 77 without moto.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.compared import SKIPPED
from bench.s3_server import BUCKET, KEYS, Faults, environ, harmed, s3_server, using
from modelsearch.core.errors import ObjectMissingError
from modelsearch.store.filesystem import Folder, open_folder
from modelsearch.store.publication import OBJECTS, read_piece, read_publication
from modelsearch.testing.worlds import WorldShape, make_recorded_world

SEEDS, N_KILLS = (0, 1, 2), 4
P_ERROR, P_LOST_ANSWER = 0.1, 0.05
LIMIT_S, BUDGET_SHARE = 240.0, 0.3


@dataclass(frozen=True, kw_only=True)
class Bed:
    """Where the lives of a search run: two machines, one bucket."""

    home: Path
    table: Path
    baseline: str
    budget_usd: str
    url: str
    port: int

    def start(self, machine: str, run_id: str, *, url: str | None) -> "subprocess.Popen[str]":
        """Begin the run, or go on with it, on a machine."""
        asked = {"run_id": run_id, "is_taken_over": True, "table": str(self.table)}
        asked |= {"baseline": self.baseline, "budget_usd": self.budget_usd}
        own = {"MODELSEARCH_HOME": str(self.home / machine), "MODELSEARCH_PUBLISH_S": "1"}
        own |= environ(self.port) | ({"MODELSEARCH_STORAGE": url} if url else {})
        command = [sys.executable, "-m", "bench.storage_life", json.dumps(asked)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **own})


def main() -> int:
    """Run all seeds; exit code 0 only if every one holds."""
    if find_spec("moto") is None or find_spec("s3fs") is None:
        print("skipped: needs moto and s3fs (the dev extra)")
        return SKIPPED
    print(
        f"make bench-storage: seeds {SEEDS}, {N_KILLS} kills each, {P_ERROR:.0%} errors, "
        f"{P_LOST_ANSWER:.0%} lost answers, a publication every second"
    )
    faults: list[str] = []
    with s3_server() as port, using(port), tempfile.TemporaryDirectory() as home:
        for seed in SEEDS:
            faults += of_seed(seed, port, Path(home) / str(seed))
        faults += secrets_in(open_folder(f"s3://{BUCKET}"))
    print(f"storage: {'; '.join(faults) if faults else 'holds'}")
    return 1 if faults else 0


def of_seed(seed: int, port: int, home: Path) -> list[str]:
    """One search in its three ways; what is wrong with it."""
    world = make_recorded_world(WorldShape(n_models=8, n_items=80), seed)
    world.write(home / "table")
    baseline = max(zip(world.quality, (model.name for model in world.table.models), strict=True))[1]
    budget = f"{world.table.exhaustive_usd * BUDGET_SHARE:.9f}"
    url = f"s3://{BUCKET}/{seed}"
    bed = Bed(home=home, table=home / "table", baseline=baseline, budget_usd=budget, url=url, port=port)
    alone, alone_s = ended(bed.start("alone", "", url=None))
    stored, stored_s = ended(bed.start("stored", "", url=f"{url}-undisturbed"))
    harm = Faults(p_error=P_ERROR, p_lost_answer=P_LOST_ANSWER, chance=random.Random(seed))
    with harmed(port, harm) as bad:
        found, looked = disturbed(replace(bed, port=bad), random.Random(seed), alone_s)
    same = [told(each) == told(alone) for each in (stored, found)]
    left = orphans(open_folder(url), found["run_id"])
    print(
        f"seed {seed}: {told(alone)}; same {same}; {harm.n_harmed} requests harmed; {looked} whole publications read; "
        f"{len(left)} objects left over; {alone_s:.1f} s alone, {stored_s:.1f} s published"
    )
    return [f"seed {seed} BROKEN: {stored} {found} {left}"] if not all(same) or left or not looked else []


def disturbed(bed: Bed, chance: random.Random, whole_s: float) -> tuple[dict[str, Any], int]:
    """The search, killed and taken over again and again; its end, and how many publications were read meanwhile."""
    run_id, n_looked, n_killed = "", 0, 0
    clean = open_folder(bed.url)
    while n_killed < N_KILLS:
        process = bed.start(("a", "b")[n_killed % 2], run_id, url=bed.url)
        ends_s = time.monotonic() + whole_s * chance.uniform(0.5, 0.9)
        while time.monotonic() < ends_s or not run_id:
            time.sleep(0.3)
            begun = next(iter(clean.folders("runs")), "")
            is_seen = is_whole(clean, begun)
            run_id, n_looked = begun if is_seen else run_id, n_looked + is_seen
            if process.poll() is not None:
                break
        is_over = process.poll() is not None
        process.kill()
        process.communicate()
        n_killed += 1
        if is_over:
            break
    return ended(bed.start("b", run_id, url=bed.url))[0], n_looked


def is_whole(folder: Folder, run_id: str) -> bool:
    """Whether a reader finds everything that the manifest names, as it says."""
    found = read_publication(folder, f"runs/{run_id}") if run_id else None
    if found is None:
        return False
    try:
        for piece in (*found.publication.files.values(), *found.publication.journal):
            read_piece(folder, f"runs/{run_id}", piece)
    except ObjectMissingError:  # replaced meanwhile: then there is a newer manifest
        newer = read_publication(folder, f"runs/{run_id}")
        return newer is not None and newer.version != found.version
    return True


def ended(process: "subprocess.Popen[str]") -> tuple[dict[str, Any], float]:
    """What a life told at its end, and how long it took."""
    began_s = time.monotonic()
    out, _ = process.communicate(timeout=LIMIT_S)
    lines = out.splitlines()
    return (json.loads(lines[-1]) if lines else {"run_id": "", "code": process.returncode}), time.monotonic() - began_s


def told(life: dict[str, Any]) -> tuple[Any, Any]:
    """What must be the same."""
    return life.get("candidate"), life.get("spend_usd")


def orphans(folder: Folder, run_id: str) -> list[str]:
    """Objects that no manifest names."""
    found = read_publication(folder, f"runs/{run_id}")
    named = set() if found is None else found.publication.objects
    prefix = f"runs/{run_id}/"
    return [name for name in folder.names(f"{prefix}{OBJECTS}") if name.removeprefix(prefix) not in named]


def secrets_in(folder: Folder) -> list[str]:
    """Objects that hold the secret key."""
    secret = KEYS["AWS_SECRET_ACCESS_KEY"].encode()
    names = folder.names()
    print(f"{len(names)} objects searched for the secret key")
    return [f"SECRET in {name}" for name in names if secret in folder.read_bytes(name)]


if __name__ == "__main__":
    sys.exit(main())
