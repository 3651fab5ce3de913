"""`make bench-interop`: logs of real tools import with the accuracies they report; exports load where they go.

Inspect, lm-evaluation-harness and promptfoo, in environments of their own, evaluate models of our emulator on this
machine. Holds if of each log every model's accuracy is the tool's own and is re-computed alike, a scorer of ours
gives every answer the tool's score, the prompt is found again to the letter, failed samples stay failures, the
baseline's file gives the same quality once more when a search reads it, the recorded table can be searched, and the
exports hold too.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from statistics import fmean

from bench.interop_tools import Asked, Told, fresh, inspect_log, lm_eval_samples, promptfoo_binary, promptfoo_results
from bench.own_venv import NotAvailableError, own_venv
from modelsearch.api.emulated import world_app
from modelsearch.api.imports import ImportRequest, import_log
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.candidate import DEFAULT_PROMPT
from modelsearch.core.ids import CandidateId
from modelsearch.core.market import Market
from modelsearch.core.task import TaskSpec
from modelsearch.emulator.server import emulator_server
from modelsearch.emulator.world_make import make_world
from modelsearch.evaluate.imported import Import, imported_outcomes
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.interop.cells import Price
from modelsearch.interop.imported_folder import TASK_FILE, Choices, Imported
from modelsearch.interop.imported_lines import lines_of, model_figures
from modelsearch.settings import Settings, read_settings
from modelsearch.taskfile.read import read_rows

ROOT = Path(__file__).resolve().parent.parent
LOCK = Path(__file__).with_name("interop.lock")
HOME = ROOT / ".modelsearch" / "interop"
SKIPPED = 77
SEED, N_ITEMS = 3, 120
PROVIDER = "halvardcloud"
MODELS = ("corrigan-1b", "corrigan-14b", "marrowby-32b", "okapine-24b")
FAILING = ("msg-007", "msg-019")
PRICES = {"corrigan-1b": "0.02", "corrigan-14b": "0.2", "marrowby-32b": "0.6", "okapine-24b": "0.3"}
SAME = 1e-9


@dataclass(frozen=True, kw_only=True)
class Served:
    """The emulated market and the task that it answers."""

    url: str
    task: TaskSpec
    real: Market
    settings: Settings


@contextmanager
def serving() -> Iterator[Served]:
    """An emulator of the bundled classification task."""
    settings = replace(read_settings(), home=HOME / "home")
    real = load_market(settings.catalogs, as_of=datetime.now(UTC).date())
    task = read_task(settings.catalogs / "examples" / "classification.yaml", real)
    with emulator_server(world_app(make_world(task, seed=SEED, base=real), task)) as url:
        yield Served(url=f"{url}/p/{PROVIDER}/v1", task=task, real=real, settings=settings)


def asked_of(market: Served) -> Asked:
    """What every tool is to evaluate."""
    items = [{"id": str(i.id), "input": str(i.input), "target": str(i.target)} for i in market.task.items[:N_ITEMS]]
    return Asked(url=market.url, items=items, system=market.task.prompts[0].system.strip(), models=MODELS, home=HOME)


def told_by_all(python: Path, promptfoo: Path, asked: Asked) -> Iterator[Told]:
    """Each tool's log and figures, as they come."""
    yield inspect_log(python, asked, FAILING)
    yield lm_eval_samples(python, asked)
    yield promptfoo_results(promptfoo, asked)


def imported(told: Told, market: Served) -> tuple[Imported, Path]:
    """The tool's log as a folder."""
    out = HOME / f"imported-{told.tool}"
    fresh(out).rmdir()
    prices = {
        name: Price(Decimal(PRICES[name.rsplit("/", 1)[-1].rsplit(":", 1)[-1]]), Decimal("0.5"), "the bench's price")
        for name in told.figures
    }
    request = ImportRequest(tool=told.tool, paths=(told.log,), out=out, choices=Choices(prices=prices))
    found, _ = import_log(request, market.settings)
    return found, out


def problems(told: Told, found: Imported, out: Path, market: Served) -> Iterator[str]:
    """What does not hold of an import."""
    figures = {row["model"]: row for row in model_figures(found)}
    if set(figures) != set(told.figures):
        yield f"models {sorted(figures)}, the tool has {sorted(told.figures)}"
        return
    for model, row in figures.items():
        if abs(row["quality_tool"] - told.figures[model]) > SAME:
            yield f"{model}: {row['quality_tool']} imported, {told.figures[model]} by the tool"
        if not row["reported"] or not all(figure.is_equal for figure in row["reported"]):
            yield f"{model}: re-computed otherwise: {row['reported']}"
    if found.fitted.chosen is None:
        yield f"no scorer of ours is the tool's: {found.fitted.why}"
        return
    n_failed = sum(row["n_failed"] for row in figures.values())
    expected = len(FAILING) * len(MODELS) * 2 if told.tool == "inspect" else 0
    if n_failed != expected:
        yield f"{n_failed} failed outcomes, expected {expected}"
    yield from _of_task(told, found, out, market)
    if found.table is None:
        yield f"no recorded table: {found.left_out}"


def _of_task(told: Told, found: Imported, out: Path, market: Served) -> Iterator[str]:
    """The task file: it loads, asks what was asked, and grades the baseline's answers as the tool did."""
    task = read_task(out / TASK_FILE, market.real)
    ours, asked = PromptRenderer(task), PromptRenderer(market.task)
    by_input = {str(item.input): item for item in market.task.items}
    for item in task.items:
        rendered, original = ours.render(item, DEFAULT_PROMPT), asked.render(by_input[str(item.input)])
        if [m.content for m in rendered] != [m.content for m in original]:
            yield f"item {item.id}: another prompt than the tool's"
            return
    for model, figure in told.figures.items():
        mean = baseline_quality(task, out / found.baseline_file(model))
        if abs(mean - figure) > SAME:
            yield f"{model}: {mean} by the baseline's file, {figure} by the tool"


def baseline_quality(task: TaskSpec, path: Path) -> float:
    """What a search makes of a file of baseline outcomes."""
    given = Import(
        path=path, task=task, baseline_id=CandidateId("baseline"), scorer=make_scorer(task), list_cost_usd=0.0
    )  # fmt: skip
    outcomes = imported_outcomes(read_rows(path), given)
    return fmean(outcome.score or 0.0 for outcome in outcomes)


def searched(out: Path, baseline: str) -> str:
    """What a search of the recorded table recommends; "" where it fails."""
    asked = ["search", "--recorded", str(out), "--baseline", baseline, "--budget-share", "0.8", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "flows", *asked],
        capture_output=True, text=True, check=False, timeout=600, cwd=ROOT,
        env={**os.environ, "MODELSEARCH_HOME": str(HOME / "home")},
    )  # fmt: skip
    if done.returncode:
        print(done.stderr[-1500:])
        return ""
    return str(json.loads(done.stdout).get("recommendation", {}).get("candidate_id", "answered"))


def told_holds(told: Told, market: Served) -> bool:
    """Import a log, print what is told of it, and whether it holds."""
    found, out = imported(told, market)
    for line in lines_of(found, out.relative_to(ROOT)):
        print(f"    {line}")
    wrong = list(problems(told, found, out, market))
    if found.table is not None:
        dearest = max(told.figures, key=lambda name: float(PRICES[name.rsplit("/", 1)[-1].rsplit(":", 1)[-1]]))
        answer = searched(out, dearest)
        print(f"    search of the recorded table, baseline {dearest}: {answer or 'FAILED'}")
        wrong += [] if answer else ["the recorded table cannot be searched"]
    for line in wrong:
        print(f"    WRONG: {line}")
    return not wrong


def exports_hold() -> bool:
    """What the other half of the bench says."""
    try:
        module = importlib.import_module("bench.interop_exports")
    except ModuleNotFoundError as error:
        print(f"exports: not tried: {error}")
        return False
    return bool(module.held(HOME))


def main() -> int:
    """Install, evaluate, import, compare; 0 = holds, 77 = a tool cannot be had here."""
    HOME.mkdir(parents=True, exist_ok=True)
    try:
        venv, promptfoo = own_venv(LOCK, HOME / "venv"), promptfoo_binary(HOME / "node")
    except NotAvailableError as error:
        print(f"skipped: needs the packages of bench/interop.lock and bench/interop_node ({error})")
        return SKIPPED
    print(f"tools: {', '.join(_versions())}; seed {SEED}, {N_ITEMS} items, {len(MODELS)} models of the emulator")
    held: dict[str, bool] = {}
    with serving() as market:
        asked = asked_of(market)
        for told in told_by_all(venv.python, promptfoo, asked):
            print(f"{told.tool}: {_figures(told.figures)}")
            held[told.tool] = told_holds(told, market)
    held["exports"] = exports_hold()
    failed = [name for name, is_held in held.items() if not is_held]
    print("holds: " + ", ".join(held) if not failed else f"fails: {', '.join(failed)}")
    return 1 if failed else 0


def _figures(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{model} {figure:.4f}" for model, figure in figures.items())


def _versions() -> list[str]:
    """What is locked of the tools."""
    wanted = ("inspect-ai==", "lm-eval==")
    found = [line.split()[0] for line in LOCK.read_text().splitlines() if line.startswith(wanted)]
    packages = json.loads((LOCK.parent / "interop_node" / "package.json").read_text())["dependencies"]
    return [*found, f"promptfoo=={packages['promptfoo']}"]


if __name__ == "__main__":
    sys.exit(main())
