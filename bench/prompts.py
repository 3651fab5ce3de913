"""`make bench-prompts`: a search over model x prompt on real models, and what it found, asked again on fresh items.

Gemma 3 270M (base) and SmolLM2 135M run in llama.cpp's own server on this machine, billed by the token. The task has
thirteen ways of asking: the default lists eight worked examples label by label. The search has a budget of half of what
asking everything would cost, and the user wants a quality that no model reaches at the default. What it recommends is
then bought on held-out items that it never saw, beside every model at the default way, and compared pair by pair.
Holds if the recommended pair beats the best model at the default way on fresh items, paired: the 95 % interval of the
difference lies above 0, an exact sign test agrees, and it costs less. Also judged: that one space of models x prompts
saves more at equal spend than unrelated arms do, on made-up worlds (`bench.prompts_study`, `--worlds N`).
"""

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from bench.local import HOME, ITEMS, JOIN_MESSAGES, LICENCES, ROOT, SKIPPED, TRAINING, missing_here
from bench.local_install import Installed, installed
from bench.local_market import GEMMA, SMOLLM2
from bench.local_serving import spawned
from bench.own_venv import NotAvailableError
from bench.prompts_market import BASELINE, DEFAULT, Files, write_files
from bench.prompts_study import study
from modelsearch.api.finish import result_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.session import Opening, open_session
from modelsearch.core.result import SearchResult
from modelsearch.core.search import Floats, SearchView
from modelsearch.settings import read_settings

N_ITEMS, N_FRESH = 120, 150
BUDGET_USD = Decimal("0.004")
FRESH_BUDGET_USD = Decimal(1)
SEARCH_PLAN = """
name: prompts
is_anytime: true
phases:
  - {name: quick_wins, filters: [task_requirements, price_ceiling, cheapest_endpoint]}
  - {name: race, sampler: gap_race, max_rounds: 2000}
"""
FRESH_PLAN = """
name: fresh
phases:
  - {name: all, sampler: {round_robin: {step_items: 50}}, max_rounds: 50}
"""
Z_95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is bought."""

    n_items: int
    n_fresh: int
    budget_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """Scores on fresh items: (n_items,) by candidate, and USD per item."""

    score: Mapping[str, Floats]
    cost_usd: Mapping[str, float]


@contextlib.contextmanager
def serving(found: Installed, folder: Path) -> Iterator[str]:
    """Both models behind the gateway; its base URL."""
    log = HOME / "servers.log"
    with contextlib.ExitStack() as stack:
        upstreams = {}
        for name, weights in ((GEMMA, found.gemma), (SMOLLM2, found.smollm2)):
            config = {"model": str(weights), "template": JOIN_MESSAGES, "n_slots": 8, "n_ctx": 8192, "n_threads": 1}
            command = (str(found.python), "-P", str(ROOT / "bench" / "local_engine.py"), json.dumps(config))
            server = stack.enter_context(spawned(command, folder=ROOT, log=log))
            upstreams[name] = {"url": server.url, "pid": server.pid}
        config = {"upstreams": upstreams, "log": str(folder / "calls.jsonl")}
        gateway = (sys.executable, "-m", "bench.local_gateway", json.dumps(config))
        yield f"{stack.enter_context(spawned(gateway, folder=ROOT, log=log)).url}/v1"


def searched(files: Files, folder: Path, budget_usd: Decimal) -> SearchResult:
    """The search over models and ways of asking."""
    plan = folder / "search.yaml"
    plan.write_text(SEARCH_PLAN)
    request = SearchRequest(
        baseline=BASELINE, task=files.task, market=files.catalogs, budget_usd=budget_usd, plan=str(plan)
    )
    return asyncio.run(_run(request, folder))[0]


def confirmed(files: Files, folder: Path, wanted: str) -> Fresh:
    """Every fresh item of the recommended pair, and of each model at the default way."""
    plan = folder / "fresh_plan.yaml"
    plan.write_text(FRESH_PLAN)
    at_default = BASELINE.replace(GEMMA, SMOLLM2).replace("gemma", "smollm2")
    request = SearchRequest(
        baseline=BASELINE, task=files.fresh, market=files.catalogs, budget_usd=FRESH_BUDGET_USD, plan=str(plan),
        candidates=(wanted, at_default),
    )  # fmt: skip
    _, view = asyncio.run(_run(request, folder))
    rows = {str(candidate.id): row for row, candidate in enumerate(view.candidates)}
    score = {name: np.nan_to_num(view.outcomes.score[row].astype(np.float64)) for name, row in rows.items()}
    cost = {name: float(np.nanmean(view.outcomes.cost_usd[row])) for name, row in rows.items()}
    return Fresh(score=score, cost_usd=cost)


async def _run(request: SearchRequest, folder: Path) -> tuple[SearchResult, SearchView]:
    settings = read_settings(
        {"MODELSEARCH_HOME": str(folder / ".modelsearch"), "MODELSEARCH_CATALOGS": str(ROOT / "catalogs")}
    )
    async with open_session(request, Opening(settings=settings)) as session:
        for phase in session.plan.phases:
            await session.run_phase(phase)
        return result_of(session), session.search.fold.view()


def told(result: SearchResult, fresh: Fresh) -> bool:
    """Print what was found and what fresh items say; whether it holds."""
    chosen = str(result.recommendation.candidate_id)
    at_default = [name for name in fresh.score if name.endswith(f"#{DEFAULT}")]
    best = max(at_default, key=lambda name: float(fresh.score[name].mean()))
    for estimate in sorted(result.estimates, key=lambda e: -(e.quality.mean if e.quality else -1)):
        if estimate.quality is not None and estimate.n_items:
            print(
                f"  {estimate.candidate_id:52} {estimate.n_items:4} items  quality {estimate.quality.mean:.3f} "
                f"[{estimate.quality.low:.3f}, {estimate.quality.high:.3f}]"
            )
    print(f"recommended: {chosen} ({result.recommendation.certainty}); spent ${result.spend.settled_usd}")
    for warning in result.warnings:
        print(f"warning: {warning}")
    for name, score in fresh.score.items():
        print(f"fresh: {name:52} quality {score.mean():.3f}, ${1000 * fresh.cost_usd[name]:.4f} per 1,000 items")
    if chosen in at_default:
        print("does not hold: the search keeps a default way of asking")
        return False
    return _is_better(fresh, chosen, best)


def _is_better(fresh: Fresh, chosen: str, best: str) -> bool:
    """The paired comparison with the best model at the default way."""
    gap = fresh.score[chosen] - fresh.score[best]
    half = Z_95 * float(gap.std(ddof=1)) / np.sqrt(len(gap))
    won, lost = int((gap > 0).sum()), int((gap < 0).sum())
    p = float(binomtest(won, won + lost, alternative="greater").pvalue) if won + lost else 1.0
    cheaper = 1 - fresh.cost_usd[chosen] / fresh.cost_usd[best]
    print(
        f"on {len(gap)} fresh items {chosen} against {best}: {gap.mean():+.3f} [{gap.mean() - half:+.3f}, "
        f"{gap.mean() + half:+.3f}] (paired, 95 %), better on {won}, worse on {lost} (sign test p = {p:.2g}), "
        f"{cheaper:.0%} cheaper"
    )
    return bool(gap.mean() - half > 0 and p < 0.05 and cheaper > 0)


def main() -> int:
    """Search, confirm, then the worlds; 0 = holds, 77 = something needed is not here."""
    parser = argparse.ArgumentParser(prog="python -m bench.prompts")
    parser.add_argument("--worlds", type=int, default=16, help="seeds of each made-up world; 0 leaves them out")
    parser.add_argument("--items", type=int, default=N_ITEMS)
    parser.add_argument("--fresh", type=int, default=N_FRESH)
    parser.add_argument("--budget-usd", type=Decimal, default=BUDGET_USD)
    given = parser.parse_args()
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
    print(f"make bench-prompts: {given.items} items to search, {given.fresh} fresh ones, ${given.budget_usd}")
    print(LICENCES, flush=True)
    is_found = local(found, Size(n_items=given.items, n_fresh=given.fresh, budget_usd=given.budget_usd))
    is_shared_better = study(given.worlds) if given.worlds else True
    print("holds" if is_found and is_shared_better else "does not hold")
    return 0 if is_found and is_shared_better else 1


def local(found: Installed, size: Size) -> bool:
    """The search on the real models, and its confirmation; whether it holds."""
    started_s = time.monotonic()
    lines = ITEMS.read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory(prefix="modelsearch-prompts-") as name, serving(found, Path(name)) as url:
        folder = Path(name)
        files = write_files(
            folder, items=lines[: size.n_items], fresh=lines[-size.n_fresh :], training=TRAINING, base_url=url,
            catalogs=ROOT / "catalogs",
        )  # fmt: skip
        result = searched(files, folder, size.budget_usd)
        took_s = time.monotonic() - started_s
        print(f"search: {result.spend.n_calls} calls, {took_s:.0f} s; now fresh items ...", flush=True)
        fresh = confirmed(files, folder, str(result.recommendation.candidate_id))
    is_held = told(result, fresh)
    print(f"{time.monotonic() - started_s:.0f} s in all")
    return is_held


if __name__ == "__main__":
    sys.exit(main())
