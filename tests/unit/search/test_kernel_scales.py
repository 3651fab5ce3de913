import numpy as np
import pytest

from modelsearch.core.search import Floats, SearchView
from modelsearch.search import gaussian_process as gp
from modelsearch.search import kernel_scales as ks
from modelsearch.search.features import feature_table
from modelsearch.search.kernel_scales import kernel_scales
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import seen, true_scores

N_ROWS, N_ITEMS = 24, 128
SCORES = true_scores(N_ROWS, N_ITEMS)


def _view(depths: list[int]) -> SearchView:
    return make_view(seen(SCORES, depths + [0] * (N_ROWS - len(depths))))


def _scales(depths: list[int], refit_every: int = 5) -> Floats:
    view = _view(depths)
    return kernel_scales(view, feature_table(view), refit_every)


def test_items_between_two_powers_of_two_change_nothing() -> None:
    """Only the first 16 pairs of each count until there are 32."""
    some = _scales([128, *[16] * 10])
    np.testing.assert_array_equal(_scales([128, *[31] * 10]), some)
    assert not np.array_equal(_scales([128, *[32] * 10]), some)


def test_fewer_candidates_than_refit_every_change_nothing() -> None:
    some = _scales([128, *[32] * 5, *[8] * 5])
    np.testing.assert_array_equal(_scales([128, *[32] * 5, *[8] * 9]), some)
    assert not np.array_equal(_scales([128, *[32] * 5, *[8] * 10]), some)


def test_a_new_process_gets_the_same_numbers() -> None:
    depths = [128, *[64] * 8, *[16] * 12]
    _scales([128, *[16] * 20])
    warm = _scales(depths)
    ks._fitted.cache_clear()
    np.testing.assert_array_equal(_scales(depths), warm)


def test_an_unchanged_set_is_not_fitted_again() -> None:
    _scales([128, *[16] * 20])
    before = ks._fitted.cache_info()
    _scales([128, *[16] * 20, 8])
    after = ks._fitted.cache_info()
    assert after.misses == before.misses
    assert after.hits > before.hits


def test_only_the_last_rung_is_new_when_candidates_are_added() -> None:
    ks._fitted.cache_clear()
    _scales([128, *[16] * 15])
    before = ks._fitted.cache_info().misses
    _scales([128, *[16] * 15, *[8] * 5])
    assert ks._fitted.cache_info().misses == before + 1


def test_a_warm_start_ends_as_high_as_a_cold_one() -> None:
    view = _view([128, *[64] * 20])
    table = feature_table(view)
    told = ks._told(view, table, 5)
    distances = gp.squared_distances(told.points, told.points, table.group)
    centre = np.log([gp.AMPLITUDE] + [gp.LENGTH] * len(distances))
    noise = told.noise + gp.OWN_SD**2
    cold = gp.fit(distances, told.target, noise)
    values = [
        gp._negative_log_posterior(s, centre, distances, told.target, noise)[0]
        for s in (kernel_scales(view, table, 5), cold, centre)
    ]
    assert values[0] == pytest.approx(values[1], abs=0.02)
    assert values[0] < values[2]


def test_without_outcomes_they_stay_near_the_priors() -> None:
    scales = _scales([])
    assert np.abs(scales[1:] - np.log(gp.LENGTH)).max() < 0.1
    assert abs(scales[0] - np.log(gp.AMPLITUDE)) < gp.LOG_SD
