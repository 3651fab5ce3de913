import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.stats.gap_kin import MAX_KNOWN, SPREADS, Floats, Kinship, Known, from_kin

N_MODELS, N_WAYS = 4, 3
MODEL, WAY = (grid.ravel() for grid in np.meshgrid(np.arange(N_MODELS), np.arange(N_WAYS), indexing="ij"))
N_ROWS = len(MODEL)
RESIDUALS = st.lists(st.floats(-1, 1), min_size=N_ROWS, max_size=N_ROWS)
ERRORS = st.lists(st.floats(0.001, 0.1), min_size=N_ROWS, max_size=N_ROWS)
ROWS = st.lists(st.integers(0, N_ROWS - 1), unique=True, min_size=1)
SPREAD = 0.3


def kin(*shares: tuple[float, float]) -> list[Kinship]:
    """Guesses of (model, way) shares."""
    return [
        Kinship(code=MODEL, shares=tuple(model for model, _ in shares)),
        Kinship(code=WAY, shares=tuple(way for _, way in shares)),
    ]


def by_conditioning(known: Known, shares: tuple[float, float], variance: float) -> tuple[Floats, Floats, float]:
    """The textbook way: condition every row on all other rows that are known; and the density of what is known."""
    common = sum(s * (code[:, None] == code[None, :]) for s, code in zip(shares, (MODEL, WAY), strict=True))
    own = 1.0 - sum(shares)
    shift, left = np.zeros(N_ROWS), np.zeros(N_ROWS)
    for row in range(N_ROWS):
        others = known.rows[known.rows != row]
        seen = variance * (common[np.ix_(others, others)] + own * np.eye(len(others))) + np.diag(known.error[others])
        gain = np.linalg.solve(seen, variance * common[others, row])
        shift[row], left[row] = gain @ known.residual[others], variance - gain @ (variance * common[others, row])
    rows = known.rows
    seen = variance * (common[np.ix_(rows, rows)] + own * np.eye(len(rows))) + np.diag(known.error[rows])
    told = known.residual[rows]
    return shift, left, float(-0.5 * told @ np.linalg.solve(seen, told) - 0.5 * np.linalg.slogdet(seen)[1])


@settings(deadline=None, max_examples=40)
@given(residual=RESIDUALS, error=ERRORS, rows=ROWS)
def test_it_is_a_mixture_of_conditioning_on_the_others(
    residual: list[float], error: list[float], rows: list[int]
) -> None:
    known = Known(residual=np.array(residual), error=np.array(error), rows=np.array(sorted(rows)))
    guesses = [(0.5, 0.2), (0.1, 0.6)]
    told = [by_conditioning(known, guess, (SPREAD * factor) ** 2) for guess in guesses for factor in SPREADS]
    likely = np.array([each[2] for each in told])
    weight = np.exp(likely - likely.max()) / np.exp(likely - likely.max()).sum()
    shift = sum(w * each[0] for w, each in zip(weight, told, strict=True))
    left = sum(w * (each[1] + (each[0] - shift) ** 2) for w, each in zip(weight, told, strict=True))
    found = from_kin(known, kin(*guesses), SPREAD)
    np.testing.assert_allclose(found.shift, shift, atol=1e-8)
    np.testing.assert_allclose(found.variance, left, atol=1e-8)


def test_a_good_way_lifts_every_model_and_a_good_model_every_way() -> None:
    residual = np.where((MODEL == 0) & (WAY == 2), 0.3, 0.0) + np.where(MODEL == 0, 0.1, 0.0)
    known = Known(residual=residual, error=np.full(N_ROWS, 0.001), rows=np.flatnonzero(MODEL == 0))
    found = from_kin(known, kin((0.4, 0.3)), 0.2)
    assert found.shift[(MODEL == 1)][2] > found.shift[(MODEL == 1)][0]
    assert found.shift[(MODEL == 0) & (WAY == 0)] > 0  # its own model did well elsewhere
    assert found.variance[MODEL == 0].max() < found.variance[MODEL == 1].min()


def test_which_guess_is_right_is_learnt() -> None:
    rng = np.random.default_rng(1)
    of_way = rng.normal(size=N_WAYS)
    rows = np.flatnonzero((MODEL < 3) | (WAY == 0))
    known = Known(residual=0.3 * of_way[WAY], error=np.full(N_ROWS, 0.0005), rows=rows)
    found = from_kin(known, kin((0.8, 0.05), (0.05, 0.8)), 0.3)
    unknown = np.flatnonzero((MODEL == 3) & (WAY > 0))
    np.testing.assert_allclose(found.shift[unknown], 0.3 * of_way[WAY[unknown]], atol=0.1)


def test_nothing_known_says_nothing_and_strangers_share_nothing() -> None:
    nobody = Known(residual=np.ones(4), error=np.ones(4), rows=np.zeros(0, dtype=np.int64))
    strangers = [Kinship(code=np.full(4, -1), shares=(0.5,))]
    found = from_kin(nobody, strangers, 0.2)
    assert found.shift.tolist() == [0.0] * 4
    assert found.variance == pytest.approx(0.04)
    alone = from_kin(Known(residual=np.ones(4), error=np.full(4, 0.01), rows=np.arange(4)), strangers, 0.2)
    np.testing.assert_allclose(alone.shift, 0.0, atol=1e-12)


def test_many_rows_are_told_by_those_known_best() -> None:
    n = 2 * MAX_KNOWN
    known = Known(residual=np.zeros(n), error=np.linspace(0.1, 0.2, n), rows=np.arange(n))
    found = from_kin(known, [Kinship(code=np.arange(n) % 5, shares=(0.5,))], 0.2)
    assert found.shift.shape == found.variance.shape == (n,)
    assert (found.variance > 0).all()
