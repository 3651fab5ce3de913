import numpy as np
import pytest

from modelsearch.compare.ucb_e import UcbE
from modelsearch.core.errors import PlanError
from modelsearch.testing.factories import make_view


def test_unseen_arms_come_first_whatever_they_cost() -> None:
    score = np.full((4, 20), np.nan)
    score[:3, :8] = 1.0
    probes = UcbE(n_arms=1, step_items=8).ask(make_view(score, cost_usd=[0.01, 0.001, 0.001, 0.009]))
    assert [(probe.candidate_id, len(probe.item_ids)) for probe in probes] == [("m03", 8)]


def test_little_exploration_follows_the_mean_and_much_the_shallow() -> None:
    score = np.full((3, 40), np.nan)
    score[0], score[1, :32], score[2, :2] = 1.0, 0.9, 0.8
    assert UcbE(a=1e-6, n_arms=1).ask(make_view(score))[0].candidate_id == "m01"
    assert UcbE(a=10.0, n_arms=1).ask(make_view(score))[0].candidate_id == "m02"


def test_it_ends_when_all_is_bought_or_nothing_affordable() -> None:
    assert UcbE().ask(make_view(np.ones((3, 10)))) == ()
    assert UcbE().ask(make_view(np.full((3, 10), np.nan), spend_left_usd=1e-9)) == ()


@pytest.mark.parametrize("changes", [{"a": 0.0}, {"step_items": 0}, {"n_arms": 0}])
def test_parameters_are_checked(changes: dict[str, float]) -> None:
    with pytest.raises(PlanError, match="UcbE"):
        UcbE(**changes)  # type: ignore[arg-type]
