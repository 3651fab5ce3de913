import numpy as np

from modelsearch.search.probes import prefix
from modelsearch.testing.factories import make_list_costs
from modelsearch.testing.situations import World, seen, situations, texts, true_scores


def test_every_situation_has_its_baseline_in_the_pool() -> None:
    for name, view in situations().items():
        assert view.baseline_id in view.pool, name
        assert list(view.pool) == sorted(view.pool), name
        assert view.outcomes.score.shape == (len(view.candidates), len(view.setting.item_ids)), name


def test_a_world_charges_what_is_new_and_shows_the_truth() -> None:
    scores = true_scores(3, 10)
    world = World(scores=scores, cost_usd=make_list_costs(3))
    view = world.start(1.0)
    probe = prefix(view, view.baseline_id, 4)
    view, first_usd = world.bought(view, [probe])
    view, second_usd = world.bought(view, [probe])
    assert np.isclose(first_usd, 0.04)
    assert second_usd == 0.0
    assert view.round == 2
    assert float(view.spend_left_usd) == 1.0 - first_usd
    np.testing.assert_array_equal(view.outcomes.score[0, :4], scores[0, :4])
    assert np.isnan(view.outcomes.score[0, 4:]).all()


def test_dear_candidates_are_better_on_average() -> None:
    means = true_scores(9, 2000).mean(axis=1)
    assert means[0] > means[4] > means[8]


def test_answers_tell_right_from_wrong() -> None:
    rows = texts(seen(np.array([[1.0, 0.0, 1.0]]), [2]))
    assert rows[0][0] == "right"
    assert rows[0][1] in ("wrong", "false")
    assert rows[0][2] is None
