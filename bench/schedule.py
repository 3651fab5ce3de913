"""`make bench-schedule`: runs are scheduled after a deploy, at the right hour, and nights that overlap never both run.

On a real server with PostgreSQL, with the project's own `prefect.yaml`: after `prefect deploy --all`, once more after
it is deployed again, the scheduled runs of `nightly` and `sync` are read back by API and held against the cron lines,
time zone and change of clocks included. Then stand-in nights that take a while (`bench.slow_night`, declared with the
limit of the real one) are started together and one after the other, with two workers: how many were running at any
moment is told by the nights themselves, in a file.
"""

import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bench.unattended import SKIPPED, Installation, await_it, installation
from flows.deployments import own_deployments
from flows.own_postgres import has_postgres

N_AT_ONCE, N_LATER, NIGHT_S = 3, 2, 12.0
LIMIT_S = 300.0
BERLIN = ZoneInfo("Europe/Berlin")


def main() -> int:
    """Run both parts; 0 only if both hold."""
    if not has_postgres():
        print("skipped: needs PostgreSQL")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, installation({"BENCH_NIGHTS": f"{folder}/nights"}) as installed:
        installed.run("work-pool", "create", "local", "--type", "process", module="prefect")
        is_scheduled = scheduled(installed)
        is_alone = overlapping(installed, Path(folder))
    is_held = is_scheduled and is_alone
    print(f"schedule: runs are there after deploys, nights never overlap: {'holds' if is_held else 'BROKEN'}")
    return 0 if is_held else 1


def scheduled(installed: Installation) -> bool:
    """Whether the scheduler has made the runs that the file asks for, deployed once and twice."""
    oks = []
    for time_of in ("first", "second"):
        installed.run("--no-prompt", "deploy", "--all", module="prefect")
        began_s = time.monotonic()
        nights = await_it(lambda: automatic(installed, "nightly"), "scheduled nights", 60)
        syncs = await_it(lambda: automatic(installed, "sync"), "scheduled syncs", 60)
        waited_s = time.monotonic() - began_s
        at = [datetime.fromisoformat(run["expected_start_time"]).astimezone(BERLIN) for run in nights]
        is_right = all((each.hour, each.minute) == (2, 15) for each in at)
        is_once = len(set(at)) == len(at) and len({run["expected_start_time"] for run in syncs}) == len(syncs)
        is_hourly = all(datetime.fromisoformat(run["expected_start_time"]).minute == 40 for run in syncs)
        print(
            f"{time_of} deploy: {len(nights)} nights (next {min(at):%Y-%m-%d %H:%M %Z}) and {len(syncs)} syncs "
            f"scheduled within {waited_s:.0f} s; each once: {is_once}"
        )
        oks.append(is_right and is_once and is_hourly)
    return all(oks)


def automatic(installed: Installation, deployment: str) -> list[dict[str, Any]] | None:
    """Runs that the scheduler has made; None before there are three, as many as it makes at least."""
    found = [run for run in installed.flow_runs(deployment) if run["auto_scheduled"]]
    return found if len(found) >= 3 else None


def overlapping(installed: Installation, folder: Path) -> bool:
    """Whether nights that were started on top of each other ran one at a time, and one of them did."""
    path = folder / "slow.yaml"
    nightly = next(
        each for each in yaml.safe_load(own_deployments().read_text())["deployments"] if each["name"] == "nightly"
    )
    slow = {"name": "slow", "entrypoint": "bench.slow_night.slow_night", "work_pool": {"name": "local"}}
    slow["concurrency_limit"] = nightly["concurrency_limit"]
    path.write_text(yaml.safe_dump({"name": "bench", "deployments": [slow]}))
    installed.run("--no-prompt", "deploy", "--all", "--prefect-file", str(path), module="prefect")
    worker = ("worker", "start", "--pool", "local", "--limit", "4")
    with (
        installed.running("worker-a", *worker, "--name", "a", module="prefect"),
        installed.running("worker-b", *worker, "--name", "b", module="prefect"),
    ):
        ids = [installed.start("slow_night", "slow", seconds=NIGHT_S) for _ in range(N_AT_ONCE)]
        await_it(lambda: (folder / "nights").exists() or None, "the first night", LIMIT_S)
        for _ in range(N_LATER):
            ids.append(installed.start("slow_night", "slow", seconds=NIGHT_S))
            time.sleep(2)
        states = [await_it(lambda run_id=run_id: ended(installed, run_id), "the end", LIMIT_S) for run_id in ids]  # type: ignore[misc]
        last = installed.await_run(installed.start("slow_night", "slow", seconds=1.0), LIMIT_S)
    most, n_ran = most_at_once(folder / "nights")
    n_done, n_cancelled = states.count("COMPLETED"), states.count("CANCELLED")
    print(
        f"overlap: {len(ids)} nights started on top of each other: {n_done} completed, {n_cancelled} cancelled, "
        f"{n_ran - 1} really ran, at most {most} at a time; one started afterwards: {last['state_type']}"
    )
    return most == 1 and n_done >= 1 and n_done + n_cancelled == len(ids) and n_ran == n_done + 1


def ended(installed: Installation, run_id: str) -> str | None:
    """How a run ended; None while it has not."""
    state = str(installed.ask(f"/flow_runs/{run_id}")["state_type"])
    return state if state in {"COMPLETED", "CANCELLED", "FAILED", "CRASHED"} else None


def most_at_once(path: Path) -> tuple[int, int]:
    """How many nights were running at the worst moment, and how many ran at all, as they told themselves."""
    lines = [line.split() for line in path.read_text().splitlines()]
    steps = sorted((float(at), 1 if what == "begin" else -1) for what, at in lines)
    running = most = 0
    for _, step in steps:
        running += step
        most = max(most, running)
    return most, sum(step == 1 for _, step in steps)


if __name__ == "__main__":
    sys.exit(main())
