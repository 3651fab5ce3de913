"""`make bench-recorded`: one search of a recorded table, in process and over HTTP, must be the same search.

Table textclass__policy_EN, baseline o1-2024-12-17, a tenth of the cost of the whole table, plan balanced. Both runs
are read back from their journals: rounds, moves, outcomes, spend and decision must be equal, the spend to the
pico-dollar, and the emulator, in a process of its own, must have charged just that. The recommendation is then held
against the whole table: a certified one must be true, one that is stated at a probability is told right or wrong (how
often such come true is `make bench-calibration`'s to judge, not one search's). Prints the figures last; exit code 0
only if everything holds, 77 where the data is not there.
"""

import sys
import tempfile
import time
from pathlib import Path

from bench.recorded_server import bill_usd
from bench.recorded_truth import Row, Truth, truth_of, vote_of
from bench.trajectory import Trajectory, difference, trajectory_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.core.candidate import Ensemble
from modelsearch.core.ids import RunId
from modelsearch.core.result import Certainty, SearchResult
from modelsearch.emulator.server import spawned_emulator
from modelsearch.settings import read_settings
from modelsearch.store.layout import RunDir
from modelsearch.store.recorded import read_recorded_table

TABLE = "textclass__policy_EN"
BASELINE = "o1-2024-12-17"
BUDGET_SHARE = 0.1
SEED = 0
SKIPPED = 77
SHOWN_CHARS = 300
_SHARED = Path(__file__).resolve().parents[2] / "shared"


def main() -> int:
    """Run both searches, compare, and say by the exit code whether they are one."""
    folder = _SHARED / "data" / "outcomes" / TABLE
    if not folder.is_dir():
        print(f"skipped: needs the recorded table {TABLE} in ../shared/data/outcomes")
        return SKIPPED
    print(f"data {TABLE}, baseline {BASELINE}, budget share {BUDGET_SHARE}, plan balanced, seed {SEED}")
    with tempfile.TemporaryDirectory() as home:
        near, near_path = searched(folder, Path(home))
        with spawned_emulator("bench.recorded_server:make_app", {"folder": str(folder)}) as url:
            far, far_path = searched(folder, Path(home), url)
            charged_usd = bill_usd(url)
    differences = list(difference(near_path, far_path)) + decision_differences(near, far)
    if charged_usd != far.spend.settled_usd:
        differences.append(f"the emulator charged {charged_usd} USD, the search settled {far.spend.settled_usd}")
    for line in differences[:20]:
        print(f"different: {line}")
    tell_decision(near)
    truth = truth_of(_SHARED, folder)
    known = row_of(near, near_path, truth, folder)
    tell_truth(truth, near, known)
    is_right = is_true(truth, near, known)
    is_same = not differences
    print(
        f"recorded: {near_path.n_rounds} rounds, {near_path.n_moves} moves, {near_path.n_outcomes} outcomes, "
        f"settled {near.spend.settled_usd} USD in process and {far.spend.settled_usd} over HTTP, of which the emulator "
        f"charged {charged_usd}: "
        f"{'the same search' if is_same else f'{len(differences)} DIFFERENCES'}, "
        f"{kept_or(near)}: {'true to the whole table' if is_right else 'WRONG'}"
    )
    is_stated_as_chance = near.recommendation.certainty is not Certainty.CERTIFIED
    return 0 if is_same and (is_right or is_stated_as_chance) else 1


def searched(folder: Path, home: Path, url: str | None = None) -> tuple[SearchResult, Trajectory]:
    """One search and its trajectory, timed; through the emulator at a URL, or in process."""
    name = "http" if url else "process"
    settings = read_settings(environ={"MODELSEARCH_HOME": str(home / name)})
    request = SearchRequest(
        recorded=folder,
        baseline=BASELINE,
        budget_share=BUDGET_SHARE,
        seed=SEED,
        is_emulated=url is not None,
        emulator_url=url,
    )
    run = RunDir(settings.runs, RunId(f"bench-{name}"))
    wall_s, cpu_s = time.monotonic(), time.process_time()
    result = search(request, Opening(settings=settings, run=run))
    wall_s, cpu_s = time.monotonic() - wall_s, time.process_time() - cpu_s
    n_calls = result.spend.n_calls
    print(f"{name}: {wall_s:.1f} s wall, {cpu_s:.1f} s CPU, {n_calls} calls")
    return result, trajectory_of(run.journal)


def decision_differences(near: SearchResult, far: SearchResult) -> list[str]:
    """Spend, recommendation and estimates; the searches' names and times are their own."""
    pairs = {
        "recommendation": (near.recommendation, far.recommendation),
        "spend": (near.spend, far.spend),
        "budget": (near.budget_usd, far.budget_usd),
        "estimates": (near.estimates, far.estimates),
        "phases": (near.phases, far.phases),
        "warnings": (near.warnings, far.warnings),
    }
    return [
        f"{name}: {str(ours)[:SHOWN_CHARS]} in process, {str(theirs)[:SHOWN_CHARS]} over HTTP"
        for name, (ours, theirs) in pairs.items()
        if ours != theirs
    ]


def kept_or(result: SearchResult) -> str:
    """The recommendation in short; keeping the baseline captures nothing, and is told with its certainty."""
    found = result.recommendation
    if found.candidate_id == result.baseline_id:
        return f"kept the baseline ({found.certainty})"
    return f"recommended {found.candidate_id} ({found.certainty})"


def tell_decision(result: SearchResult) -> None:
    found = result.recommendation
    print(f"recommended {found.candidate_id} ({found.certainty}, p {found.p_right}): {found.reason}")


def row_of(result: SearchResult, path: Trajectory, truth: Truth, folder: Path) -> Row | None:
    """The recommendation on the whole table; a vote's is counted anew from its members' answers; else None."""
    candidate_id = result.recommendation.candidate_id
    made = {candidate.id: candidate for facts in path.rounds for candidate in facts.move.additions}
    vote = made.get(candidate_id)
    return vote_of(read_recorded_table(folder), vote) if isinstance(vote, Ensemble) else truth.of(candidate_id)


def tell_truth(truth: Truth, result: SearchResult, known: Row | None) -> None:
    """What the recommendation is worth on the whole table."""
    found, base = result.recommendation, truth.baseline(BASELINE)
    if known is None:
        print(f"truth: unknown, {found.candidate_id} is neither a row of the table nor a vote of rows")
        return
    captured = truth.captured(BASELINE, known, found.margin)
    spent = float(result.spend.settled_usd) / truth.exhaustive_usd
    print(
        f"truth: quality {known.quality:.4f} against {base.quality:.4f} of the baseline "
        f"(gap {known.quality - base.quality:+.4f}, margin {found.margin}), saving "
        f"{1 - known.cost_usd / base.cost_usd:.1%}, net captured {captured}, "
        f"spent {spent:.4f} of X = {truth.exhaustive_usd:.4f} USD; best possible: {truth.best(BASELINE, found.margin)}"
    )


def is_true(truth: Truth, result: SearchResult, known: Row | None) -> bool:
    """Whether the whole table bears the recommendation out.

    A replacement must be within the margin. Keeping the baseline needs a reason, and where it is called certified no
    cheaper model may be within the margin. What cannot be known is not true.
    """
    found = result.recommendation
    if found.candidate_id == result.baseline_id:
        is_certified = found.certainty is Certainty.CERTIFIED
        return bool(found.reason) and not (is_certified and truth.has_saving(result.baseline_id, found.margin))
    return known is not None and truth.is_within(known, result.baseline_id, found.margin)


if __name__ == "__main__":
    sys.exit(main())
