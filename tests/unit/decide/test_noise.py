"""With noise a certificate is as seldom wrong as it says; what ignores the noise is not."""

from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.result import Claim, Verdict
from modelsearch.core.search import Floats, SearchView
from modelsearch.core.task import ScorerSpec
from modelsearch.decide.alpha import alpha_shares
from modelsearch.decide.anytime import with_anytime_intervals
from modelsearch.decide.estimates import estimates
from modelsearch.decide.evidence import evidence
from modelsearch.decide.noise import NOISE_NOTE, gap_noise, has_noise, noise_sd, proof_of
from modelsearch.decide.pairs import paired
from modelsearch.decide.recommend import recommend
from modelsearch.testing.factories import make_task
from tests.unit.decide.views import make_view

MARGIN, N_ITEMS, K = 0.05, 60, 3


def noisy_view(rng: np.random.Generator, gap: float, n_rows: int = 8, n_items: int = N_ITEMS) -> SearchView:
    """A baseline of quality 0.8 and candidates that lose `-gap`, each item asked `K` times, everything bought."""
    hard = rng.uniform(0.6, 1.0, n_items)
    p_right = np.vstack([hard, np.tile(np.clip(hard + gap, 0.0, 1.0), (n_rows, 1))])
    draws = rng.random((K, *p_right.shape)) < p_right
    task = make_task(n_items, n_repeats=K, margin=MARGIN)
    view = make_view(draws.mean(axis=0), task=task, list_cost_usd=[10.0] + [1.0] * n_rows)
    noise = draws.var(axis=0, ddof=1) / K
    return replace(view, outcomes=replace(view.outcomes, noise=noise.astype(np.float32)))


def false_share(view: SearchView, *, is_naive: bool = False) -> float:
    """Share of the candidates that are certified, at the level alpha each."""
    pairs = paired(view)
    proof = evidence(view, pairs) if is_naive else proof_of(view, pairs)
    levels: Floats = np.full(len(view.candidates), view.task.alpha)
    verdicts = proof.verdicts(levels, view.task.alpha)[1:]
    return float(np.mean([verdict is Verdict.NON_INFERIOR for verdict in verdicts]))


def test_certificates_stay_valid_with_noise_where_those_about_items_would_not() -> None:
    rng = np.random.default_rng(3)
    views = [noisy_view(rng, -MARGIN - 0.002) for _ in range(40)]
    assert np.mean([false_share(view) for view in views]) < 0.05
    assert np.mean([false_share(view, is_naive=True) for view in views]) > 0.2


def test_with_enough_items_noise_does_not_hide_who_is_better() -> None:
    view = noisy_view(np.random.default_rng(5), 0.08, n_rows=2, n_items=600)
    found = recommend(view, estimates(view))
    assert (found.claim, found.is_for_population) == (Claim.POPULATION, True)
    assert found.reason.endswith(NOISE_NOTE)
    assert "surely" not in found.reason


def test_worse_candidates_are_shown_inferior() -> None:
    view = noisy_view(np.random.default_rng(6), -0.4, n_rows=1, n_items=200)
    verdict = proof_of(view, paired(view)).verdicts(alpha_shares(view), view.task.alpha)[1]
    assert verdict is Verdict.INFERIOR


def test_intervals_cover_the_truth_at_the_last_item_too() -> None:
    """Every item is bought, so without noise the width would be 0; with it 95 % of the intervals hold."""
    rng = np.random.default_rng(8)
    hits, hits_at_every_look = [], []
    for n in range(25):
        view = noisy_view(rng, -0.05)
        found = estimates(view)
        for estimate in found[1:]:
            assert estimate.gap is not None
            assert estimate.noise_sd is not None
            hits.append(estimate.gap.low <= -0.05 + 1e-9 <= estimate.gap.high)
        if n >= 6:  # they take a while
            continue
        wide = with_anytime_intervals(view, found)[1].gap
        assert wide is not None
        hits_at_every_look.append(wide.low <= -0.05 <= wide.high)
    assert np.mean(hits) > 0.9
    assert np.mean(hits_at_every_look) > 0.9


def test_noise_is_told_as_it_was_made() -> None:
    view = noisy_view(np.random.default_rng(9), 0.0, n_rows=3, n_items=2000)
    truth = float(np.mean([p * (1 - p) for p in np.linspace(0.6, 1.0, 1000)])) / K
    assert noise_sd(view)[1:] == pytest.approx(np.sqrt(truth), rel=0.05)
    assert gap_noise(view)[1:] == pytest.approx(2 * truth, rel=0.1)
    assert gap_noise(view)[0] == 0.0


def test_noise_is_what_the_task_asks_repeats_for() -> None:
    assert not has_noise(make_task(4))
    assert has_noise(make_task(4, n_repeats=2))
    assert has_noise(make_task(4, scorer=ScorerSpec(name="judge", params={"model": "j", "judgements": 3})))
