"""`make bench-composites`: what ensembles and cascades are worth, on recorded tables and in made-up worlds.

1. The bound: on each case of the recorded tables (three baselines each), the cheapest cascade and the cheapest vote of
   three among all there are, against the cheapest single within the margin, at equal or higher quality of these items.
2. Found: what the combiners propose from the first items of a random order, bought for everybody, against choosing
   the worthiest single on the same outcomes; saving of the baseline's cost, -1 where the choice is truly too bad.
3. Worlds: votes by confidence, as stated and calibrated on 100 items, against the majority.

Tables whose `answer` column holds grades are left out: a vote over grades would know who is right.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench import composites_worlds as worlds
from bench.composites_found import choice_with, single_choice, view_of
from bench.composites_truth import MARGIN, Composites, Floats, Whole, cascades, read_whole, votes_of_three
from modelsearch.search.combiners.confidence_cascade import ConfidenceCascade
from modelsearch.search.combiners.majority_vote import MajorityVote

TABLES = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "outcomes"
SHARES = (0.05, 0.1, 0.2, 0.5)
SEEDS = range(3)
SKIPPED = 77
MIN_BETTER_SHARE = 0.5
MAX_MORE_WRONG = 0.02
Z = 2.0


def bound(wholes: Sequence[Whole]) -> bool:
    """Part 1; holds if a composite beats the best single on half of the cases."""
    print(f"1. cheapest composite of at least the best single's quality, margin {MARGIN} (saved of the single's cost)")
    found = []
    for whole in wholes:
        dearest = max(float(whole.usd[whole.best_single(b)]) for b in whole.baselines())
        kinds = {"cascade": cascades(whole, dearest), "vote": votes_of_three(whole, dearest)}
        found += [_case(whole, baseline, kinds) for baseline in whole.baselines()]
    for kind in ("cascade", "vote", "either"):
        won = [case[kind] for case in found if case[kind] > 0]
        median = f", median {np.median(won):.0%} of its cost" if won else ""
        print(f"   {kind:8} better on {len(won)} of {len(found)} cases{median}")
    return sum(case["either"] > 0 for case in found) >= MIN_BETTER_SHARE * len(found)


def _case(whole: Whole, baseline: int, kinds: dict[str, Composites]) -> dict[str, float]:
    """Saved share of the best single's cost by kind, 0 = nothing; one line."""
    single = whole.best_single(baseline)
    quality, usd = float(whole.quality[single]), float(whole.usd[single])
    saved = {}
    for kind, composites in kinds.items():
        best = composites.cheapest(quality, usd)
        saved[kind] = 0.0 if best is None else 1.0 - float(composites.usd[best]) / usd
    saved["either"] = max(saved.values())
    told = f"single saves {1 - usd / float(whole.usd[baseline]):6.1%}"
    print(f"   {whole.name:28} {whole.models[baseline][:32]:32} {told}", end="  ")
    print(f"cascade {saved['cascade']:4.0%} less than that single, vote {saved['vote']:4.0%}")
    return saved


def found_from(wholes: Sequence[Whole]) -> bool:
    """Part 2; holds if from 20 % on choosing with composites saves more and is not more often wrong."""
    print(f"2. mean saving (wrong) from a bought share of the items, seeds {SEEDS.start}-{SEEDS.stop - 1}")
    is_fine = True
    for share in SHARES:
        single, composed, n_composed = _choices(wholes, share)
        gain = composed - single
        error = _clustered_error(gain, len(wholes))
        print(
            f"   {share:4.0%}  singles {single.mean():.3f} ({np.mean(single < 0):.0%})  with composites "
            f"{composed.mean():.3f} ({np.mean(composed < 0):.0%})  gain {gain.mean():+.3f} +- {error:.3f} (by table), "
            f"composites chosen {n_composed} of {len(gain)}"
        )
        if share >= 0.2:
            more_wrong = float(np.mean(composed < 0) - np.mean(single < 0))
            is_fine &= bool(gain.mean() > 0) and more_wrong <= MAX_MORE_WRONG
    return is_fine


def _choices(wholes: Sequence[Whole], share: float) -> tuple[Floats, Floats, int]:
    single, composed, n_composed = [], [], 0
    for whole in wholes:
        for baseline in whole.baselines():
            for seed in SEEDS:
                order = np.random.default_rng(seed).permutation(whole.score.shape[1])
                view = view_of(whole, baseline, order.tolist(), int(share * len(order)))
                choice = choice_with(view, whole, baseline, [ConfidenceCascade(), MajorityVote()])
                single.append(single_choice(view, whole, baseline).saving(whole, baseline))
                composed.append(choice.saving(whole, baseline))
                n_composed += choice.is_composite
    return np.array(single), np.array(composed), n_composed


def _clustered_error(values: Floats, n_tables: int) -> float:
    """Standard error of the mean with tables as units; values stand table by table."""
    means = values.reshape(n_tables, -1).mean(axis=1)
    return float(means.std(ddof=1) / np.sqrt(n_tables))


def in_worlds() -> bool:
    """Part 3; holds if calibrated confidence never loses to the majority and wins where confidence tells something."""
    print(f"3. accuracy of votes of {len(worlds.ABILITIES)}, {worlds.N_WORLDS} worlds each, and gain over the majority")
    is_fine = True
    for kind in worlds.WORLDS:
        means, paired = worlds.gains(kind)
        told = [
            f"{way} {means[way]:.3f}" + (f" ({g:+.3f} +- {e:.3f})" if e > 0 else "") for way, (g, e) in paired.items()
        ]
        print(f"   {kind:12} " + ", ".join(told))
        gain, error = paired["confidence, calibrated"]
        is_fine &= gain > (Z * error if kind != "noise" else -Z * error)
    return is_fine


def main() -> int:
    """All three; 0 = holds, 77 = no tables."""
    if not TABLES.is_dir():
        print("skipped: needs recorded tables in ../shared/data/outcomes")
        return SKIPPED
    everything = [read_whole(folder) for folder in sorted(TABLES.iterdir())]
    wholes = [whole for whole in everything if whole is not None]
    print(f"{len(wholes)} of {len(everything)} tables have answers that can be compared")
    is_fine = [bound(wholes), found_from(wholes), in_worlds()]
    print("holds" if all(is_fine) else f"does not hold: parts {[n + 1 for n, fine in enumerate(is_fine) if not fine]}")
    return 0 if all(is_fine) else 1


if __name__ == "__main__":
    sys.exit(main())
