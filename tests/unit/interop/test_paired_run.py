"""The stopping rule: alpha holds, order of coming back does not matter, what is lost counts at its worst."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.errors import OptionError
from modelsearch.interop.paired_run import Decision, PairedRun, Test


def run_of(candidate: list[float], baseline: list[float], **changes: float) -> PairedRun:
    names = [f"s{n}" for n in range(len(baseline))]
    run = PairedRun(Test(**changes), names, dict(zip(names, baseline, strict=True)))  # type: ignore[arg-type]
    for name, score in zip(names, candidate, strict=False):
        run.note(name, score)
    return run


def test_a_wrong_certificate_is_as_rare_as_alpha_says() -> None:
    """Just worse than the margin, in random order, looked at after every sample: 400 runs, alpha 0.1."""
    rng = np.random.default_rng(5)
    n_units, n_runs, margin, alpha = 60, 400, 0.05, 0.1
    n_wrong = 0
    for _ in range(n_runs):
        baseline = (rng.random(n_units) < 0.8).astype(float)
        losers = rng.permutation(np.flatnonzero(baseline))[: int(n_units * margin) + 1]
        candidate = baseline.copy()
        candidate[losers] = 0.0
        order = rng.permutation(n_units)
        run = run_of([], [*baseline[order]], margin=margin, alpha=alpha)
        run._low[:] = run._high[:] = (candidate - baseline)[order]  # wealth is the largest of all looks
        run._sure = lambda: Decision.OPEN  # type: ignore[method-assign]
        run._decide()
        n_wrong += run.decision is Decision.CERTIFIED
    assert n_wrong / n_runs <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / n_runs)


def test_an_equal_model_is_certified_and_a_bad_one_is_futile_before_the_end() -> None:
    rng = np.random.default_rng(1)
    baseline = [float(x) for x in rng.random(300) < 0.8]
    for candidate, expected in ((baseline, Decision.CERTIFIED), ([0.0] * 300, Decision.FUTILE)):
        run = run_of(candidate[:150], baseline, margin=0.05)
        assert run.decision is expected
        standing = run.standing()
        assert standing.n_compared == 150
        assert standing.gap_low <= standing.gap <= standing.gap_high


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 40))
def test_the_order_of_coming_back_changes_nothing(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    baseline, candidate = rng.integers(0, 2, n).astype(float), rng.integers(0, 2, n).astype(float)
    names = [f"s{k}" for k in range(n)]
    plain = run_of([*candidate], [*baseline], margin=0.1, patience_samples=100)
    mixed = PairedRun(Test(margin=0.1, patience_samples=100), names, dict(zip(names, baseline, strict=True)))
    for k in rng.permutation(n):
        mixed.note(names[k], float(candidate[k]))
    assert mixed.standing().log_e_value == plain.standing().log_e_value
    assert mixed.standing().n_compared == n


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_a_whole_run_is_decided_by_what_is_true_unless_chance_was_first(seed: int) -> None:
    rng = np.random.default_rng(seed)
    baseline, candidate = rng.integers(0, 2, 20).astype(float), rng.integers(0, 2, 20).astype(float)
    run = run_of([*candidate], [*baseline], margin=0.1, alpha=1e-9)
    is_within = (candidate - baseline).sum() >= -0.1 * 20 - 1e-5
    assert run.decision is (Decision.CERTIFIED if is_within else Decision.FUTILE)


def test_what_never_comes_back_counts_at_its_worst_after_a_while() -> None:
    names = [f"s{n}" for n in range(30)]
    run = PairedRun(Test(patience_samples=10, margin=0.5), names, dict.fromkeys(names, 1.0))
    for name in names[1:10]:
        run.note(name, 1.0)
    assert run.standing().n_compared == 0
    run.note(names[10], 1.0)
    assert run.standing().n_compared == 11
    assert run.standing().gap == pytest.approx(-1 / 11)
    run.note(names[0], 1.0)  # too late: what is known stays
    assert run.standing().gap == pytest.approx(-1 / 11)


def test_a_failed_sample_is_no_score_of_zero_for_futility() -> None:
    failed = run_of([None] * 10, [0.5] * 100)  # type: ignore[list-item]
    standing = failed.standing()
    assert standing.gap_low < 0 < standing.gap_high


def test_candidates_share_alpha() -> None:
    assert Test(alpha=0.05, n_candidates=5).level == pytest.approx(0.01)


@pytest.mark.parametrize(
    "wrong", [{"margin": 1.0}, {"margin": -0.1}, {"alpha": 0.0}, {"n_candidates": 0}, {"patience_samples": 0}]
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionError, match="expected"):
        Test(**wrong)  # type: ignore[arg-type]


def test_scores_and_samples_are_checked() -> None:
    with pytest.raises(OptionError, match="each once"):
        PairedRun(Test(), ["a", "a"], {"a": 1.0})
    with pytest.raises(OptionError, match="baseline's score"):
        PairedRun(Test(), ["a"], {})
    run = PairedRun(Test(), ["a"], {"a": 1.0})
    with pytest.raises(OptionError, match="in \\[0, 1\\]"):
        run.note("a", 2.0)
    with pytest.raises(OptionError, match="not among"):
        run.note("b", 1.0)
