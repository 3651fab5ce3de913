import numpy as np
import pytest

from bench.bound import shop_of
from bench.bound_belief import Floats, Ints, Told, belief
from bench.bound_buyer import Shop, all_for_each, bought, chosen
from bench.bound_prior import cheaper_rows, pairs_of, told
from modelsearch.compare.tables import Field
from tests.unit.bench.test_scaling_pairs import table

N_ROWS, N_ITEMS = 3, 7
MEANS = np.asarray(np.kron(np.eye(N_ROWS), np.ones(N_ITEMS) / N_ITEMS), dtype=np.float64)


def _told(rng: np.random.Generator) -> Told:
    roots = rng.normal(size=(2, N_ROWS, N_ROWS))
    return Told(
        mean=rng.normal(size=N_ROWS),
        covariance=roots[0] @ roots[0].T + 0.1 * np.eye(N_ROWS),
        noise=roots[1] @ roots[1].T + 0.1 * np.eye(N_ROWS),
    )


def _conditioned(known: Told, score: Floats, depth: Ints, wanted: Floats) -> tuple[Floats, Floats]:
    """Mean and covariance of `wanted` (n, n_cells) sums of all cells, by conditioning them all at once."""
    mean = np.repeat(known.mean, N_ITEMS)
    joint = np.kron(known.covariance, np.ones((N_ITEMS, N_ITEMS))) + np.kron(known.noise, np.eye(N_ITEMS))
    is_seen = (np.arange(N_ITEMS)[None, :] < depth[:, None]).ravel()
    gain = wanted @ joint[:, is_seen] @ np.linalg.inv(joint[np.ix_(is_seen, is_seen)])
    found = wanted @ mean + gain @ (score.ravel() - mean)[is_seen]
    return found, wanted @ joint @ wanted.T - gain @ joint[is_seen] @ wanted.T


@pytest.mark.parametrize("depth", [[0, 0, 0], [7, 0, 2], [3, 5, 3], [7, 7, 7], [1, 7, 4]])
def test_the_posterior_is_that_of_conditioning_every_cell(depth: list[int]) -> None:
    rng = np.random.default_rng(1)
    known, score, deep = _told(rng), rng.normal(size=(N_ROWS, N_ITEMS)), np.array(depth)
    now = belief(known, score, deep)
    mean, covariance = _conditioned(known, score, deep, MEANS)
    np.testing.assert_allclose(now.mean, mean, atol=1e-8)
    np.testing.assert_allclose(now.covariance, covariance, atol=1e-8)


def test_a_step_is_the_observation_that_it_says() -> None:
    rng = np.random.default_rng(2)
    known, score, deep = _told(rng), rng.normal(size=(N_ROWS, N_ITEMS)), np.array([2, 4, 7])
    now = belief(known, score, deep)
    one, other = now.step(0, 6), now.step(1, 7)
    cells = np.zeros((2, N_ROWS, N_ITEMS))
    cells[0, 0, 2:6], cells[1, 1, 4:7] = 1 / 4, 1 / 3
    wanted = np.concatenate([MEANS, cells.reshape(2, -1)])
    _, covariance = _conditioned(known, score, deep, wanted)
    np.testing.assert_allclose(one.along, covariance[:N_ROWS, N_ROWS], atol=1e-8)
    np.testing.assert_allclose([one.variance, other.variance], np.diag(covariance)[N_ROWS:], atol=1e-8)
    np.testing.assert_allclose(now.together(one, other), covariance[N_ROWS, N_ROWS + 1], atol=1e-8)


def _shop(seed: int, n_items: int = 200) -> Shop:
    """A dear baseline, one as good at a fifth of the price, and a cheap poor one."""
    rng = np.random.default_rng(seed)
    cost = np.array([0.01, 0.002, 0.0005])
    score = (rng.random((3, n_items)) < np.array([[0.8], [0.95], [0.3]])).astype(np.float64)
    return Shop(
        told=Told(mean=np.array([0.8, 0.6, 0.6]), covariance=0.04 * (np.eye(3) + 0.5), noise=0.15 * np.eye(3) + 0.05),
        score=score,
        paid_usd=np.concatenate(
            [np.zeros((3, 1)), np.cumsum(np.repeat(cost[:, None], n_items, axis=1), axis=1)], axis=1
        ),
        cost_usd=cost,
        margin=0.02,
    )


@pytest.mark.parametrize("usd", [0.1, 0.4, 1.0])
def test_the_buyer_keeps_to_its_money_and_the_relaxed_one_has_at_least_as_much_of_every_row(usd: float) -> None:
    shop, rng = _shop(0), np.random.default_rng(0)
    now, each = bought(shop, usd, rng), all_for_each(shop, usd)
    assert 0 < shop.spend_usd(now.depth) <= usd * (1 + 1e-9)
    assert (each.depth >= now.depth).all()
    assert all(shop.paid_usd[row, depth] <= usd * (1 + 1e-9) for row, depth in enumerate(each.depth))


def test_with_enough_money_it_takes_the_good_one_and_without_any_the_baseline() -> None:
    shop, rng = _shop(1), np.random.default_rng(0)
    assert chosen(shop, bought(shop, 1.5, rng), rng) == 1
    assert chosen(shop, bought(shop, 0.0, rng), rng) == 0


def test_it_is_told_the_other_tables_by_price_and_this_ones_items() -> None:
    field = Field(table())
    at = int(np.argmax(field.cost_usd))
    rows = [at, *cheaper_rows(field, at)]
    known = told(pairs_of([field]), field, rows)
    assert known.mean.shape == (len(rows),)
    assert np.linalg.eigvalsh(known.covariance).min() > 0
    assert np.linalg.eigvalsh(known.noise).min() > 0
    shop = shop_of(field, pairs_of([field]), rows, 0)
    np.testing.assert_allclose(shop.paid_usd[:, -1], field.table.cost_usd[rows].sum(axis=1))
    np.testing.assert_allclose(shop.score.mean(axis=1), field.quality[rows])
