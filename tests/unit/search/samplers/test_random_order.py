import numpy as np

from modelsearch.search.samplers.random_order import RandomOrder
from modelsearch.testing.factories import make_view

NAN = float("nan")


def test_the_baseline_and_one_other_are_bought_whole() -> None:
    probes = RandomOrder().ask(make_view(np.full((5, 7), NAN)))
    assert probes[0].candidate_id == "m00"
    assert [len(probe.item_ids) for probe in probes] == [7, 7]


def test_rounds_differ_and_seeds_differ() -> None:
    picks = {
        RandomOrder().ask(make_view(np.full((30, 2), NAN), round=number, seed=seed))[1].candidate_id
        for number in range(4)
        for seed in range(4)
    }
    assert len(picks) > 5


def test_every_candidate_is_as_likely() -> None:
    n_rounds, n_others = 300, 3
    picks = [RandomOrder().ask(make_view(np.full((4, 1), NAN), round=n))[1].candidate_id for n in range(n_rounds)]
    shares = [picks.count(c) / n_rounds for c in set(picks)]
    assert len(shares) == n_others
    assert max(abs(share - 1 / n_others) for share in shares) < 4 * np.sqrt(2 / 9 / n_rounds)


def test_without_money_for_the_baseline_nothing_is_asked() -> None:
    assert RandomOrder().ask(make_view(np.full((3, 4), NAN), list_cost_usd=[1.0, 0.1, 0.1], spend_left_usd=3.9)) == ()
