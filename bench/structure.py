"""`make bench-structure`: composites evolved on what was bought, against trying all of a few shapes, at equal spend.

1. From a bought share of a table (the first items of a random order, everybody's): what is chosen with evolution, with
   enumeration (cascades of two or three legs, votes of three, plain and weighted), and among singles alone. Saving of
   the baseline's cost on the whole table, -1 where the choice is truly too bad.
2. Whole searches, at equal spend: plan `evolved` against `balanced`, net captured saving as `bench.search` scores it.

Each prints paired differences with 95 % intervals over tables. There is no bar on who wins, for that is the question;
it holds where evolution is not more often wrong than enumeration by more than 2 points of 100, at any share. Exit code
0 only then, 77 without the data. Tables whose answers are grades are left out of part 1.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.compared import SKIPPED, Bench, read_options, run
from bench.composites_found import Choice, single_choice, view_of
from bench.composites_truth import MARGIN, Floats, Whole, read_whole
from bench.yardsticks import interval
from modelsearch.compare.aggregate import Standing, clustered_mean, paired_difference, standings
from modelsearch.compare.tables import Field, read_field
from modelsearch.core.candidate import Candidate, Cascade, Ensemble, Single, singles_of
from modelsearch.core.ports import Combiner
from modelsearch.core.search import SearchView
from modelsearch.search.combiners.confidence_cascade import ConfidenceCascade
from modelsearch.search.combiners.evolved_structures import EvolvedStructures
from modelsearch.search.combiners.majority_vote import MajorityVote
from modelsearch.search.combiners.weighted_vote import WeightedVote

N_SEEDS, SEARCH_SEEDS = 3, 3
BOUGHT_SHARES, SEARCH_SHARES = (0.1, 0.2, 0.5), (0.05, 0.1, 0.2)
MAX_MORE_WRONG = 0.02
WAYS: dict[str, tuple[Combiner, ...]] = {
    "singles": (),
    "enumerated": (ConfidenceCascade(), MajorityVote(), WeightedVote(by="quality")),
    "evolved": (EvolvedStructures(),),
    "evolved, 5 members": (EvolvedStructures(max_members=5, n_generations=40),),
}


def main() -> int:
    """Both parts; the exit code says whether evolution is safe."""
    bench = read_options("structure", SEARCH_SEEDS)
    if bench is None:
        return SKIPPED
    print(bench.told("make bench-structure"))
    is_fine = [from_bought(list(bench.folders.values())), in_searches(bench)]
    print(f"structure: {'holds' if all(is_fine) else 'evolution is MORE OFTEN WRONG'}")
    return 0 if all(is_fine) else 1


def from_bought(folders: Sequence[Path]) -> bool:
    """Part 1."""
    wholes = [(whole, folder) for folder in folders if (whole := read_whole(folder)) is not None]
    print(f"1. chosen from a bought share of the items, {len(wholes)} tables with answers, seeds 0 to {N_SEEDS - 1}")
    is_fine = True
    for share in BOUGHT_SHARES:
        found = {name: _Told() for name in WAYS}
        for whole, folder in wholes:
            _choices(whole, read_field(folder), share, found)
        for name, told in found.items():
            print(f"   {share:4.0%}  {name:20} {told.line(found['enumerated'])}")
        more_wrong = found["evolved"].wrong_share - found["enumerated"].wrong_share
        is_fine &= more_wrong <= MAX_MORE_WRONG
    return is_fine


class _Told:
    """Savings of one way, choice by choice."""

    def __init__(self) -> None:
        self.saving: list[float] = []
        self.tables: list[str] = []
        self.n_composites, self.cpu_s = 0, 0.0

    def add(self, choice: Choice, whole: Whole, baseline: int) -> None:
        self.saving.append(choice.saving(whole, baseline))
        self.tables.append(whole.name)
        self.n_composites += choice.is_composite

    @property
    def values(self) -> Floats:
        return np.array(self.saving)

    @property
    def wrong_share(self) -> float:
        return float(np.mean(self.values < 0))

    def line(self, other: "_Told") -> str:
        """Mean, wrong ones, the paired difference to another way."""
        ahead = clustered_mean(self.values - other.values, self.tables)
        against = "" if self is other else f", {ahead.mean:+.3f} ({ahead.low:+.3f} to {ahead.high:+.3f}) to enumerated"
        return (
            f"mean saving {self.values.mean():.3f} (wrong {self.wrong_share:.1%}), composites {self.n_composites} of "
            f"{len(self.saving)}, {1000 * self.cpu_s / len(self.saving):.0f} ms{against}"
        )


def _choices(whole: Whole, field: Field, share: float, found: dict[str, _Told]) -> None:
    """What each way chooses, for every baseline and seed of a table."""
    for baseline in whole.baselines():
        for seed in range(N_SEEDS):
            order = np.random.default_rng(seed).permutation(whole.score.shape[1])
            view = view_of(whole, baseline, order.tolist(), int(share * len(order)))
            for name, combiners in WAYS.items():
                started_s = time.process_time()
                made = next((candidate for each in combiners for candidate in each.combine(view)), None)
                found[name].cpu_s += time.process_time() - started_s
                choice = single_choice(view, whole, baseline) if made is None else truth(made, view, whole, field)
                found[name].add(choice, whole, baseline)


def truth(candidate: Candidate, view: SearchView, whole: Whole, field: Field) -> Choice:
    """What a composite is on the whole table, by the code that evaluates composites in searches."""
    real = renamed(candidate, view, whole)
    outcomes = [field.cells.outcome(real, column) for column in range(whole.score.shape[1])]
    return Choice(
        quality=float(np.mean([outcome.score or 0.0 for outcome in outcomes])),
        usd=float(np.mean([float(outcome.cost_usd) for outcome in outcomes])),
        is_composite=True,
    )


def renamed(candidate: Candidate, view: SearchView, whole: Whole) -> Candidate:
    """The same composite of the table's own models."""
    names = {single.id: whole.models[view.row[single.id]] for single in singles_of(candidate)}
    members = tuple(Single(endpoint_id=names[single.id]) for single in singles_of(candidate))  # type: ignore[arg-type]
    if isinstance(candidate, Ensemble):
        return replace(candidate, members=members)
    return replace(candidate, legs=members) if isinstance(candidate, Cascade) else members[0]


def in_searches(bench: Bench) -> bool:
    """Part 2."""
    plans = ("evolved", "balanced")
    rows = run(bench.comparison(replace(bench, plans=plans).contenders(), SEARCH_SHARES), "searches")
    found = {(each.plan, each.budget_share): each for each in standings(rows)}
    print(f"2. whole searches, seeds 0 to {bench.n_seeds - 1}, costs learnt, margin {MARGIN}")
    is_fine = True
    for share in SEARCH_SHARES:
        mine, other = (found[plan, share] for plan in plans)
        ahead = paired_difference(rows, *plans, share)
        print(f"   at {share:4.0%} of X: {_of(mine)}, {_of(other)}, difference {interval(ahead)}")
        is_fine &= mine.wrong_share <= other.wrong_share + MAX_MORE_WRONG
    return is_fine


def _of(found: Standing) -> str:
    return f"{found.plan} {found.captured.mean:.3f} (wrong {found.wrong_share:.1%}, {found.cpu_s:.2f} s of CPU)"


if __name__ == "__main__":
    sys.exit(main())
