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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from bench.local_install import Installed, NotAvailableError, installed
from bench.local_market import (
    BASELINE,
    CLASSIFIER,
    GEMMA,
    MARGIN,
    SMOLLM2,
    USD_PER_CPU_S,
    Inputs,
    write_inputs,
)
from bench.local_serving import Server, spawned
from bench.local_truth import Logged, Truth, ask_missing, bill_usd, deserves_warning, questions, read_log, truths
from modelsearch.api.pool import candidates_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.candidate import Single
from modelsearch.core.ids import CandidateId
from modelsearch.core.market import Market
from modelsearch.core.result import SearchResult
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.task_warnings import MIN_ANSWERS
from modelsearch.settings import read_settings

ROOT = Path(__file__).resolve().parent.parent
TASKS = ROOT.parent / "shared" / "data" / "tasks"
ITEMS, TRAINING = TASKS / "sentiment.jsonl", TASKS / "sentiment.train.jsonl"
HOME = ROOT / ".modelsearch" / "local"
BUDGET_USD = Decimal(20)
JOIN_MESSAGES = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
SKIPPED = 77
GEMMA_NOTE = (
    "gemma-3-270m: Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms "
    "(a copy is in the wheel); SmolLM2-135M-Instruct: Apache-2.0"
)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the run showed.

    Attributes:
        truth: of the six singles.
        calls: the gateway's log of the search alone.
    """

    result: SearchResult
    task: TaskSpec
    truth: Mapping[CandidateId, Truth]
    calls: Sequence[Logged]


@contextlib.contextmanager
def serving(found: Installed, folder: Path) -> Iterator[str]:
    """Start the three models and the gateway; yields the gateway's base URL. The log is `folder/calls.jsonl`."""
    log = folder / "servers.log"
    engine = [str(found.python), "-P", str(ROOT / "bench" / "local_engine.py")]
    with contextlib.ExitStack() as stack:

        def start(*command: str) -> Server:
            return stack.enter_context(spawned(command, folder=ROOT, log=log))

        servers = {
            name: start(*engine, _engine_config(weights))
            for name, weights in {GEMMA: found.gemma, SMOLLM2: found.smollm2}.items()
        }
        servers[CLASSIFIER] = start(sys.executable, "-m", "bench.local_classifier", str(TRAINING))
        upstreams = {name: {"url": server.url, "pid": server.pid} for name, server in servers.items()}
        config = json.dumps({"upstreams": upstreams, "log": str(folder / "calls.jsonl")})
        yield f"{start(sys.executable, '-m', 'bench.local_gateway', config).url}/v1"


def _engine_config(weights: Path) -> str:
    return json.dumps({"model": str(weights), "template": JOIN_MESSAGES, "n_slots": 2, "n_ctx": 4096, "n_threads": 1})


def shown(base_url: str, folder: Path) -> Shown:
    """Search, then have every candidate answer every item."""
    settings = read_settings(project=folder)
    inputs = write_inputs(folder, items=ITEMS, training=TRAINING, base_url=base_url, catalogs=settings.catalogs)
    request = SearchRequest(baseline=BASELINE, task=inputs.task, market=inputs.catalogs, budget_usd=BUDGET_USD)
    result = search(request, Opening(settings=settings))
    calls = read_log(folder / "calls.jsonl")
    print(f"search: {len(calls)} calls, {result.wall_s:.0f} s, plan {result.plan}; now the truth of all items ...")
    task, market, singles = _pool(inputs)
    wanted = list(questions(task, market, singles))
    started_s = time.monotonic()
    n_asked = asyncio.run(ask_missing(wanted, calls, base_url, task.max_output_tokens))
    print(f"truth: {len(wanted)} answers, {n_asked} calls more, {time.monotonic() - started_s:.0f} s")
    truth = truths(task, wanted, read_log(folder / "calls.jsonl"))
    return Shown(result=result, task=task, truth=truth, calls=calls)


def _pool(inputs: Inputs) -> tuple[TaskSpec, Market, tuple[Single, ...]]:
    market = load_market(inputs.catalogs, as_of=datetime.now(UTC).date())
    task = read_task(inputs.task, market)
    return task, market, candidates_of(task, market)


def warned(result: SearchResult) -> set[CandidateId]:
    """Whom the one-answer warning names."""
    ids = [estimate.candidate_id for estimate in result.estimates]
    return {i for i in ids if any(text.startswith(f"{i}: {i} answers ") for text in result.warnings)}


def deserving(found: Shown) -> set[CandidateId]:
    """Who should be named: of those bought on enough items, who truly gives nearly all items one answer."""
    targets = [str(item.target) for item in found.task.items]
    bought = {estimate.candidate_id for estimate in found.result.estimates if estimate.n_items >= MIN_ANSWERS}
    return {i for i, truth in found.truth.items() if i in bought and deserves_warning(truth, targets)}


def problems(found: Shown) -> list[str]:
    """What does not hold; empty = all of it does."""
    result, chosen = found.result, found.result.recommendation.candidate_id
    wrong = []
    if chosen not in found.truth:
        wrong.append(f"{chosen} was recommended, whose truth is not known")
    elif found.truth[chosen].quality < found.truth[CandidateId(BASELINE)].quality - MARGIN:
        wrong.append(f"{chosen} is truly worse than the baseline by more than {MARGIN}")
    bill = bill_usd(found.calls, Decimal(USD_PER_CPU_S))
    if result.spend.settled_usd != bill or result.spend.unknown_usd or result.spend.n_calls != len(found.calls):
        wrong.append(f"spend {result.spend} is not the bill of {bill} USD for {len(found.calls)} calls")
    if warned(result) ^ deserving(found):
        wrong.append(f"warned of one answer: {sorted(warned(result))}, deserved by {sorted(deserving(found))}")
    return wrong


def told(found: Shown) -> Iterator[str]:
    """The lines to print, the figure last."""
    n_bought = {estimate.candidate_id: estimate.n_items for estimate in found.result.estimates}
    for candidate_id, truth in sorted(found.truth.items(), key=lambda pair: -pair[1].quality):
        yield (
            f"  {candidate_id:58} true quality {truth.quality:.4f}, {truth.cpu_s:.4f} CPU s a call, "
            f"commonest answer {truth.one_answer_share:.0%}, {n_bought.get(candidate_id, 0)} items bought"
            + (", warned: one answer" if candidate_id in warned(found.result) else "")
        )
    choice = found.result.recommendation
    yield f"recommended: {choice.label} ({choice.certainty}); {choice.reason}"
    wrong = problems(found)
    gap = [
        t.quality - found.truth[CandidateId(BASELINE)].quality
        for i, t in found.truth.items()
        if i == choice.candidate_id
    ]
    cpu_s = sum((call.compute_seconds for call in found.calls), Decimal(0))
    yield (
        f"local: true gap of the recommendation {gap[0] if gap else float('nan'):+.4f} (margin {MARGIN}), "
        f"{cpu_s} CPU s x {USD_PER_CPU_S} = {found.result.spend.settled_usd} USD settled, "
        f"{len(warned(found.result))} one-answer warnings: {'; '.join(wrong) or 'holds'}"
    )


def main() -> int:
    """Install, serve, search, compare; 0 = holds, 77 = something needed is not here."""
    if not (ITEMS.is_file() and TRAINING.is_file()):
        print(f"skipped: needs {ITEMS.name} and {TRAINING.name} in ../shared/data/tasks")
        return SKIPPED
    if sys.platform != "linux":
        print("skipped: needs Linux, whose clocks tell the CPU time of another process")
        return SKIPPED
    HOME.mkdir(parents=True, exist_ok=True)
    try:
        found = installed(HOME)
    except NotAvailableError as error:
        print(f"skipped: needs the wheels of bench/local.lock ({error})")
        return SKIPPED
    print(GEMMA_NOTE)
    print(f"installed in {found.seconds:.0f} s" if found.seconds else "installed already")
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="modelsearch-local-") as folder, serving(found, Path(folder)) as base_url:
        outcome = shown(base_url, Path(folder))
    for line in told(outcome):
        print(line)
    print(f"{time.monotonic() - started_s:.0f} s without installation", file=sys.stderr)
    return 1 if problems(outcome) else 0


if __name__ == "__main__":
    sys.exit(main())
