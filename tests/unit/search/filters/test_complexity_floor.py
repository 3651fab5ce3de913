from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.market import ComplexityBand, ComplexityRule
from modelsearch.core.search import SearchView
from modelsearch.search.filters.complexity_floor import ComplexityFloor
from modelsearch.testing.factories import make_view
from tests.unit.search.test_ceilings import market

NAN = float("nan")
BANDS = (
    ComplexityBand(below=0.1, min_params_b=None, max_params_b=7),
    ComplexityBand(below=1.01, min_params_b=14, max_params_b=None),
)
HARD = ComplexityRule(weights={"reasoning_keywords": 1.0}, bands=BANDS, reasoning_words=("question",))
EASY = replace(HARD, reasoning_words=("nowhere",))


def _view(sizes_b: list[float | None], rule: ComplexityRule | None, n_bought: int = 0) -> SearchView:
    score = np.full((len(sizes_b), 10), NAN)
    score[:, :n_bought] = 1.0
    return make_view(score, market=replace(market(sizes_b, None), complexity=rule))


def _dropped(view: SearchView, share: float = 1.0) -> list[str]:
    return [str(drop.candidate_id) for drop in ComplexityFloor(share=share).drop(view)]


def test_too_small_for_the_band_goes_and_unknown_stays() -> None:
    sizes: list[float | None] = [1.0, 8.0, 14.0, 70.0, None]
    assert _dropped(_view(sizes, HARD)) == ["m01"]
    (drop,) = ComplexityFloor(share=1.0).drop(_view(sizes, HARD))
    assert drop.reason == "8 B parameters, while a task of complexity 1.00 calls for 14 B at least"


def test_a_share_of_the_floor_is_asked() -> None:
    assert _dropped(_view([70.0, 8.0, 6.0], HARD), share=0.5) == ["m02"]


def test_an_easy_task_no_rule_and_outcomes_drop_nobody() -> None:
    assert _dropped(_view([70.0, 1.0], EASY)) == []
    assert _dropped(_view([70.0, 1.0], None)) == []
    assert _dropped(_view([70.0, 1.0], HARD, n_bought=1)) == []
    assert _dropped(_view([70.0, 1.0], replace(HARD, bands=()))) == []


def test_parameters_are_checked() -> None:
    with pytest.raises(PlanError, match="share of ComplexityFloor"):
        ComplexityFloor(share=0.0)
