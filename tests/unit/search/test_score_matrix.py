import numpy as np
import pytest

from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Status
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.score_matrix import PAIR_WEIGHT, EnsembleOptions, ScoreMatrix, score_matrix
from modelsearch.testing.factories import make_view

NAN = float("nan")
M0, M1 = CandidateId("m00"), CandidateId("m01")
OPTIONS = EnsembleOptions(rank=1, n_fits=3, dropped_share=0.2)


def matrix_of(score: Floats, **parts: object) -> ScoreMatrix:
    view: SearchView = make_view(score, **parts)  # type: ignore[arg-type]
    return score_matrix(view, OPTIONS, np.random.default_rng(0))


def partly(depths: list[int], n_items: int = 40) -> Floats:
    rng = np.random.default_rng(5)
    score = (rng.random((len(depths), n_items)) < 0.7) * 1.0
    return np.asarray(np.where(np.arange(n_items)[None, :] < np.array(depths)[:, None], score, NAN))


def test_only_rows_drawn_from_or_whole_have_a_mean() -> None:
    score = partly([40, 8, 0])
    matrix = matrix_of(score)
    assert set(matrix.row_means) == {M0}
    assert matrix.row_means[M0].mean == pytest.approx(score[0].mean())
    assert matrix.row_means[M0].variance == 0.0


def test_a_dollar_goes_where_it_says_more() -> None:
    rows = np.array([1, 2])
    alike = matrix_of(partly([20, 20, 20]), cost_usd=[0.1, 0.1, 0.001])
    assert alike.drawn_next(rows)[1] == 2
    behind = matrix_of(partly([4, 20, 20]), cost_usd=[0.1, 0.1, 0.1])
    assert behind.drawn_next(rows).tolist() == [0, 0]


def test_a_row_without_items_left_is_not_drawn() -> None:
    assert matrix_of(partly([40, 10, 40])).drawn_next(np.array([1, 2])).tolist() == [1, -1]
    assert matrix_of(partly([4, 40])).drawn_next(np.array([1])).tolist() == [0]


def test_draws_are_new_items_with_their_probabilities() -> None:
    matrix = matrix_of(partly([20, 8]))
    probe = matrix.drawn_probe(1, 10, np.random.default_rng(1))
    assert probe.candidate_id == M1
    assert len(set(probe.item_ids)) == 10
    assert not set(probe.item_ids) & {f"i{column:04d}" for column in range(8)}
    assert probe.p_draw is not None
    assert all(p >= 0.5 / left - 1e-12 for p, left in zip(probe.p_draw, range(32, 22, -1), strict=True))


def test_items_of_the_baseline_are_likelier() -> None:
    matrix = matrix_of(partly([20, 8]))
    first = [matrix.drawn_probe(1, 1, np.random.default_rng(seed)).item_ids[0] for seed in range(300)]
    share = np.mean([item < "i0020" for item in first])
    even_share, pulled_share = 12 / 32, 12 * PAIR_WEIGHT / (12 * PAIR_WEIGHT + 20)
    assert share == pytest.approx((even_share + pulled_share) / 2, abs=0.12)


def test_failed_items_count_as_predicted() -> None:
    score = np.ones((2, 6))
    score[1, 2] = NAN
    statuses = [[Status.OK] * 6, [Status.OK] * 2 + [Status.ERROR] + [Status.OK] * 3]
    matrix = matrix_of(score, statuses=statuses)
    assert 0.8 < matrix.row_means[M1].mean <= 1.0


def test_what_is_sure_is_hardly_worth_a_draw() -> None:
    score = np.vstack([np.ones((3, 30)), np.tile([1.0, 0.0], (1, 15))])
    score[0, 15:] = NAN
    score[3, 15:] = NAN
    cell_sd = matrix_of(score).cell_sd
    assert cell_sd[0, 15:].mean() < 0.6 * cell_sd[3, 15:].mean()
