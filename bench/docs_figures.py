"""The figures of the statistics pages, computed by the code that decides: `python -m bench.docs_figures` (seed 0).

Made-up candidates on made-up items: each answers an item right or wrong, jointly with the baseline as stated. Numbers
that the pages quote are printed. About 20 s.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.docs_svg import Band, Chart, Line, drawn
from modelsearch.stats.noninferiority import Bound, log_wealth
from modelsearch.stats.reference_bound import best_log_wealth_below, reference_bets
from modelsearch.stats.sequential import betting_sequence

Floats = npt.NDArray[np.float64]

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "figures"
MARGIN, ALPHA = 0.02, 0.05
N_ITEMS, N_SEARCHES, EVERY = 1000, 2000, 10
Z_95 = 1.645


def differences(
    n_rows: int, gap: float, discordance: float, rng: np.random.Generator, n_items: int = N_ITEMS
) -> Floats:
    """(n_rows, n_items) of -1, 0, 1 in random order, whose mean is exactly `gap` in every row."""
    n_better = round(n_items * (discordance + gap) / 2)
    n_worse = round(n_items * (discordance - gap) / 2)
    row = np.zeros(n_items)
    row[:n_better], row[n_better : n_better + n_worse] = 1.0, -1.0
    return rng.permuted(np.tile(row, (n_rows, 1)), axis=1)


def bound_of(n_items: int = N_ITEMS, margin: float = MARGIN) -> Bound:
    """What a certificate of a candidate tests: its total difference is above -N * margin."""
    return Bound(n_units=n_items, null_total=-margin * n_items, edge=margin)


def naive_passes(x: Floats) -> npt.NDArray[np.bool_]:
    """(n_rows, n_items) whether the usual one-sided 95 % bound of the mean difference clears -margin, at each item."""
    n = np.arange(1, x.shape[1] + 1, dtype=np.float64)
    mean = np.cumsum(x, axis=1) / n
    spread = np.sqrt(np.maximum(np.cumsum(x * x, axis=1) / n - mean * mean, 1e-9))
    return np.asarray(mean - Z_95 * spread / np.sqrt(n) > -MARGIN, dtype=np.bool_)


def peeking() -> tuple[str, list[str]]:
    """How often a candidate that is worse than the margin passes, by how often one has looked."""
    x = differences(N_SEARCHES, -MARGIN - 0.002, 0.15, np.random.default_rng(0))
    looks = np.arange(49, 500, EVERY)
    usual = np.logical_or.accumulate(naive_passes(x)[:, looks], axis=1).mean(axis=0)
    once = naive_passes(x)[:, looks].mean(axis=0)
    wealth = log_wealth(x, bound_of())
    ours = np.logical_or.accumulate(wealth >= -np.log(ALPHA), axis=1)[:, looks].mean(axis=0)
    lines = [
        Line(name="usual test, looked at again and again", points=_xy(looks + 1, usual), colour="bad"),
        Line(name="usual test, looked at once", points=_xy(looks + 1, once), colour="faint", dashes="6 4"),
        Line(name="ours, looked at after every item", points=_xy(looks + 1, ours), colour="chosen"),
        Line(name="what is promised: 5 %", points=[(50, ALPHA), (500, ALPHA)], colour="baseline", dashes="2 3"),
    ]
    ticks = [(0.0, "0"), (0.1, "10 %"), (0.2, "20 %"), (0.3, "30 %")]
    chart = Chart(
        x_name="items bought",
        y_name="wrongly passed so far",
        x_ticks=_ticks(50, 150, 250, 350, 500),
        y_ticks=ticks,
        lines=lines,
    )
    told = f"peeking: at 500 items usual, repeated {usual[-1]:.3f}; usual, once {once[-1]:.3f}; ours {ours[-1]:.4f}"
    return drawn(chart), [told]


def wealth() -> tuple[str, list[str]]:
    """The evidence of a better, an equal and a worse candidate as items come in."""
    rng = np.random.default_rng(0)
    cases = (
        ("3 points better", 0.03, "chosen", ""),
        ("equal", 0.0, "baseline", "6 4"),
        ("10 points worse", -0.1, "bad", "2 3"),
    )
    lines, told = [], []
    for name, gap, colour, dashes in cases:
        log = log_wealth(differences(1, gap, 0.15, rng), bound_of())[0]
        at = np.unique(np.geomspace(1, N_ITEMS, 220).astype(int)) - 1
        lines.append(
            Line(name=name, points=_xy(at + 1, np.exp(np.clip(log[at], -12, 12))), colour=colour, dashes=dashes)
        )
        passed = np.flatnonzero(log >= -np.log(ALPHA))
        told.append(f"wealth, {name}: reaches 20 after {passed[0] + 1 if passed.size else 'no'} items")
    lines.append(Line(name="20 = 1 / 0.05: proven", points=[(0, 20), (N_ITEMS, 20)], colour="faint", dashes="2 3"))
    ticks = [
        (0.001, "1/1000"),
        (0.01, "1/100"),
        (0.1, "1/10"),
        (1.0, "1"),
        (10.0, "10"),
        (100.0, "100"),
        (1000.0, "1000"),
    ]
    x_ticks = _ticks(0, 200, 400, 600, 800, 1000)
    return drawn(
        Chart(
            x_name="items bought",
            y_name="the sceptic's stake of 1 is now",
            x_ticks=x_ticks,
            y_ticks=ticks,
            lines=lines,
            is_log=True,
        )
    ), told


def pairing() -> tuple[str, list[str]]:
    """How wide the uncertainty of a difference is with the same items for both, and with different ones."""
    n = np.arange(20, 1001, 5, dtype=np.float64)
    discordance, quality = 0.15, 0.85
    paired = 1.96 * np.sqrt(discordance / n) * 100
    unpaired = 1.96 * np.sqrt(2 * quality * (1 - quality) / n) * 100
    lines = [
        Line(name="different items for each", points=_xy(n, unpaired), colour="bad", dashes="6 4"),
        Line(name="the same items for both", points=_xy(n, paired), colour="chosen"),
    ]
    ticks = [(float(v), str(v)) for v in (0, 5, 10, 15, 20)]
    wide, narrow = np.interp(400, n, unpaired), np.interp(400, n, paired)
    told = f"pairing: at 400 items +-{wide:.1f} points unpaired, +-{narrow:.1f} paired"
    return drawn(
        Chart(
            x_name="items bought of each",
            y_name="plus or minus, in points",
            x_ticks=_ticks(0, 250, 500, 750, 1000),
            y_ticks=ticks,
            lines=lines,
        )
    ), [told]


def sequence() -> tuple[str, list[str]]:
    """The interval of a gap that holds at every look, and closes when every item there is was seen."""
    x = differences(1, 0.01, 0.15, np.random.default_rng(3), n_items=400)
    at = np.unique(np.concatenate([np.arange(10, 400, 6), [400]]))
    bounds = [betting_sequence(x[:, :n], 400, ALPHA) for n in at]
    low = np.array([each[0][0] for each in bounds]) * 100
    high = np.array([each[1][0] for each in bounds]) * 100
    mean = (np.cumsum(x[0]) / np.arange(1, 401))[at - 1] * 100
    lines = [
        Line(name="seen so far", points=_xy(at, mean), colour="chosen"),
        Line(name="truth over all 400 items: +1", points=[(0, 1.0), (400, 1.0)], colour="baseline", dashes="6 4"),
        Line(name="margin: -2", points=[(0, -2.0), (400, -2.0)], colour="bad", dashes="2 3"),
    ]
    ticks = [(float(v), f"{v:+d}" if v else "0") for v in (-20, -10, 0, 10, 20)]
    at_100 = f"{np.interp(100, at, low):.1f} to {np.interp(100, at, high):.1f}"
    told = f"sequence: after 100 items {at_100}, after 400 {low[-1]:.1f} to {high[-1]:.1f}"
    return drawn(
        Chart(
            x_name="items bought of 400",
            y_name="gap to the baseline, points",
            x_ticks=_ticks(0, 100, 200, 300, 400),
            y_ticks=ticks,
            lines=lines,
            bands=[Band(low=_xy(at, low), high=_xy(at, high), colour="chosen")],
        )
    ), [told]


def control() -> tuple[str, list[str]]:
    """How many of the baseline's items a certificate needs, alone and with cheap complete rows as control variates."""
    rng = np.random.default_rng(0)
    alone, shared = [], []
    level = 0.3 * ALPHA
    for _ in range(200):
        ability = rng.beta(0.6, 0.2, N_ITEMS)
        baseline = (rng.random(N_ITEMS) < ability).astype(float)
        cheap = (rng.random((8, N_ITEMS)) < ability).astype(float).mean(axis=0)[None, :]
        total = baseline.sum() + MARGIN * N_ITEMS
        alone.append(_needed(baseline, np.zeros((1, N_ITEMS)), total, level))
        shared.append(_needed(baseline, cheap, total, level))
    ticks = [(0.0, "0"), (0.25, "25 %"), (0.5, "50 %"), (0.75, "75 %"), (1.0, "100 %")]
    lines = [
        Line(name="with eight cheap complete rows as control", points=_shares(shared), colour="chosen"),
        Line(name="the baseline's items alone", points=_shares(alone), colour="bad", dashes="6 4"),
    ]
    told = (
        f"control: {len(alone)} cases, median items {np.median(alone):.0f} alone, {np.median(shared):.0f} with control"
    )
    return drawn(
        Chart(
            x_name="items of the baseline bought, of 1,000",
            y_name="certified by then",
            x_ticks=_ticks(0, 250, 500, 750, 1000),
            y_ticks=ticks,
            lines=lines,
        )
    ), [told]


def items() -> list[str]:
    """Median share of the items until the matter is decided, of 200 cases each: certified, or dropped."""
    rng = np.random.default_rng(0)
    told = []
    for n_items, margin in ((n, m) for n in (200, 1000, 3000) for m in (0.02, 0.05)):
        gaps = (0.05, 0.02, 0.0, -0.1, -0.2)
        row = [_decided(differences(200, gap, max(0.15, abs(gap) + 0.02), rng, n_items), gap, margin) for gap in gaps]
        told.append(f"items: {n_items}, margin {margin}: " + ", ".join(f"{share:.0%}" for share in row))
    return told


def _decided(x: Floats, gap: float, margin: float) -> float:
    n_items = x.shape[1]
    sign, bound = (1.0, bound_of(n_items, margin)) if gap > -margin else (-1.0, bound_of(n_items, margin).mirrored)
    left = n_items - 1 - np.arange(n_items)
    is_sure = np.cumsum(sign * x, axis=1) - left >= float(np.asarray(bound.null_total)) - 1e-9
    is_decided = (log_wealth(sign * x, bound) >= -np.log(ALPHA)) | is_sure
    return float(np.median(is_decided.argmax(axis=1) + 1) / n_items)


def _needed(baseline: Floats, features: Floats, total: float, level: float) -> float:
    """Items of the baseline until the test of `stats.reference_bound` says that its total is below `total`."""
    low, high = 5, N_ITEMS
    while high - low > 4:
        middle = (low + high) // 2
        bets = reference_bets(baseline[:middle], features, np.ones(1), MARGIN)
        low, high = (low, middle) if best_log_wealth_below(bets, total) >= -np.log(level) else (middle, high)
    return float(high)


def _shares(needed: list[float]) -> list[tuple[float, float]]:
    ordered = np.sort(needed)
    return _xy(ordered, np.arange(1, len(ordered) + 1) / len(ordered))


def _xy(x: npt.NDArray[np.generic], y: npt.NDArray[np.generic]) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in zip(x, y, strict=True)]


def _ticks(*values: float) -> list[tuple[float, str]]:
    return [(float(value), f"{value:,.0f}") for value in values]


FIGURES: Mapping[str, Callable[[], tuple[str, list[str]]]] = {
    "peeking": peeking, "wealth": wealth, "pairing": pairing, "sequence": sequence, "control": control,
}  # fmt: skip


def main() -> None:
    """Draw all of them, and print the numbers behind them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, figure in FIGURES.items():
        svg, told = figure()
        (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")
        sys.stdout.write("\n".join(told) + "\n")
    sys.stdout.write("\n".join(items()) + "\n")


if __name__ == "__main__":
    main()
