"""`make bench-trigger`: a new model in a listing starts a run, which moves a recommendation, which is told.

On a real installation (`bench.unattended`): the emulated market's pages are read by the sync deployment; a model that
answers like the best, at a tenth of the price of the one recommended, is put into the OpenRouter listing; the next
sync emits an event; the automation starts `on-new-model` with its endpoint as parameter, which is read back by API; a
process worker runs it; the recommendation moves, and a local webhook is told. A screenshot of the run in the UI is
written to .modelsearch/bench/trigger.png. Seed 0; data: catalogs/examples/classification.yaml, emulated.
"""

import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.browser import browser
from bench.prefect_server import HOST, free_port
from bench.unattended import (
    ROOT,
    SKIPPED,
    Installation,
    Webhook,
    asked,
    await_it,
    browser_path,
    installation,
    missing,
    webhook,
)
from modelsearch.core.nights import TaskState
from modelsearch.settings import read_settings
from modelsearch.store.night_store import STATE, NightStore

TASK = ROOT / "catalogs" / "examples" / "classification.yaml"
NAME, PROVIDER, WIRE = "bench", "pennyroute", "fresh/newcomer"
PICTURE = ROOT / ".modelsearch" / "bench" / "trigger.png"


def main() -> int:
    """Run it; 0 only if every step came to be."""
    lacking = missing()
    if lacking:
        print(f"skipped: needs {' and '.join(lacking)}")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, webhook() as hook:
        catalogs, port = Path(folder) / "catalogs", free_port()
        more = {
            "MODELSEARCH_CATALOGS": str(catalogs), "EMULATED_KEY": "any", "MODELSEARCH_ALERTS_WEBHOOK": hook.url,
        }  # fmt: skip
        with installation(more) as installed, emulated(installed, catalogs, port) as url:
            set_up(installed, TASK)
            with installed.running("worker", "worker", "start", "--pool", "local", "--limit", "4", module="prefect"):
                return watched(installed, url, hook)


@contextlib.contextmanager
def emulated(installed: Installation, catalogs: Path, port: int) -> Iterator[str]:
    """The market, and its catalogue files; its URL."""
    arguments = ["emulate", str(TASK), "--port", str(port), "--catalogs-out", str(catalogs)]
    with installed.running("emulator", *arguments, without="MODELSEARCH_CATALOGS"):
        url = f"http://{HOST}:{port}"

        def look() -> object:
            with contextlib.suppress(OSError, RuntimeError):
                return asked("GET", f"{url}/__emulator/listing/sources")
            return None

        await_it(look, "the emulator", 120)
        yield url


def set_up(installed: Installation, task: Path) -> None:
    """Pool, deployments, alerts, and a registered task whose baseline is the dearest model."""
    installed.run("work-pool", "create", "local", "--type", "process", module="prefect")
    installed.run("--no-prompt", "deploy", "--all", module="prefect")
    print("deployed:", ", ".join(each["name"] for each in installed.ask("/deployments/filter", {})))
    print(installed.run("alerts", "apply").splitlines()[-1])
    baseline = dearest(installed)
    installed.run(
        "tasks", "add", str(task), "--baseline", baseline, "--night-usd", "5", "--name", NAME, "--batch", "never"
    )
    print(f"task {NAME}: baseline {baseline}")


def dearest(installed: Installation) -> str:
    """The endpoint with the highest list price of its output, of those that the emulator knows by the same id."""
    rows = [line.split() for line in installed.run("catalog", "list").splitlines()[1:-1]]
    return max(
        (row for row in rows if row[2] != "?" and not row[0].startswith(PROVIDER)), key=lambda row: float(row[2])
    )[0]


def state_of(installed: Installation) -> TaskState:
    """What the task has come to, from disk."""
    found = NightStore(read_settings(installed.environ).nights / NAME).read(STATE, TaskState)
    if found is None:
        message = "the task has no state yet"
        raise RuntimeError(message)
    return found


def watched(installed: Installation, url: str, hook: Webhook) -> int:
    """First sync and first night, then the newcomer; every step is printed with its time."""
    began_s = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began_s:6.1f} s  {what}", flush=True)

    installed.await_run(installed.start("sync", "sync", emulator_url=url))
    say("first sync")
    installed.await_run(installed.start("nightly", "nightly"))
    before = state_of(installed)
    say(f"first night: {before.incumbent_id} is recommended in place of {before.baseline_id}")
    added = add_like(installed, url, like=best_of(before), cheaper_than=str(before.incumbent_id))
    hook.told.clear()
    n_before = len(installed.flow_runs("on-new-model"))
    installed.await_run(installed.start("sync", "sync", emulator_url=url))
    say(f"second sync, with {added}")
    run = await_it(lambda: new_run(installed, added), "a run of on-new-model", 120)
    say(f"event -> run {run['name']!r} with {run['parameters']}, created by {run['created_by']['display_value']!r}")
    ended = installed.await_run(run["id"])
    after = state_of(installed)
    say(f"run ended: {ended['state_type']}; {after.incumbent_id} recommended, ${after.spend_usd:.4f} spent in all")
    told = await_it(lambda: moved(hook), "a notification", 60)
    say(f"told: {told['subject']}: {told['body']}")
    size = pictured(installed, ended)
    say(f"screenshot: {PICTURE.relative_to(ROOT)}, {size} bytes")
    is_moved = str(after.incumbent_id) == added and added in told["body"]
    is_one = len(installed.flow_runs("on-new-model")) == n_before + 1
    is_held = is_moved and is_one and run["parameters"] == {"endpoint_id": added} and size > 20_000
    print(
        f"trigger: listing -> event -> run with its parameter -> recommendation -> notification, one run a model: "
        f"{'holds' if is_held else 'BROKEN'}"
    )
    return 0 if is_held else 1


def best_of(state: TaskState) -> str:
    """Who answered best of those that the emulator knows by the same id."""
    known = [each for name, each in state.standings.items() if not str(name).startswith(PROVIDER)]
    return str(max(known, key=lambda each: each.quality).candidate_id)


def add_like(installed: Installation, url: str, *, like: str, cheaper_than: str) -> str:
    """Put a model into the OpenRouter listing: answers of one, a tenth of the price of another; its id."""
    row = next(line.split() for line in installed.run("catalog", "list", "--match", cheaper_than).splitlines()[1:])
    prices = {"input": f"{float(row[1]) / 10:.6f}", "output": f"{float(row[2]) / 10:.6f}"}
    body = {"like": like, "provider": PROVIDER, "wire_name": WIRE, "usd_per_mtok": prices}
    return str(asked("POST", f"{url}/__emulator/listing/add", body)["endpoint"])


def new_run(installed: Installation, endpoint_id: str) -> dict[str, Any] | None:
    """The run that was started for an endpoint."""
    runs = installed.flow_runs("on-new-model")
    return next((run for run in runs if run["parameters"].get("endpoint_id") == endpoint_id), None)


def moved(hook: Webhook) -> dict[str, Any] | None:
    """The notification that the recommendation moved."""
    return next((each for each in hook.told if each["alert"] == "moved"), None)


def pictured(installed: Installation, run: dict[str, Any]) -> int:
    """The page of the run, seen by a person who is logged in; size of the picture."""
    program = browser_path()
    if program is None:
        return 0
    with browser(program) as tab:
        tab.log_in(installed.ui_url, installed.auth)
        tab.await_text(f"{installed.ui_url}/v2/runs/flow-run/{run['id']}", run["name"], "Completed")
        time.sleep(8)  # the graph is drawn after the text
        return tab.picture(PICTURE)


if __name__ == "__main__":
    sys.exit(main())
