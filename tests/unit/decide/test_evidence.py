from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble
from modelsearch.core.outcome import Status
from modelsearch.core.result import Verdict
from modelsearch.core.search import SearchView
from modelsearch.decide.alpha import alpha_shares
from modelsearch.decide.evidence import SURE_LOG_E, Evidence, bets, births, evidence
from modelsearch.decide.pairs import paired
from modelsearch.testing.factories import make_task
from tests.unit.decide.views import NAN, make_view, rows, with_status


def prove(view: SearchView) -> Evidence:
    return evidence(view, paired(view))


def verdict(view: SearchView, row: int = 1) -> Verdict:
    return prove(view).verdicts(alpha_shares(view), view.task.alpha)[row]


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.8, Verdict.NON_INFERIOR), (0.78, Verdict.NON_INFERIOR), (0.77, Verdict.INFERIOR), (0.3, Verdict.INFERIOR)],
)
def test_with_every_item_seen_the_verdict_is_the_truth(share: float, expected: Verdict) -> None:
    assert verdict(make_view(rows(0.8, share))) is expected


def test_without_outcomes_nothing_is_proven() -> None:
    proof = prove(make_view(np.full((3, 10), NAN)))
    assert not proof.log_certify.any()
    assert not proof.log_futility.any()


def test_much_better_and_much_worse_are_proven_before_the_end() -> None:
    view = make_view(rows(0.5, 0.95, 0.05, n_items=400, n_seen=200))
    assert verdict(view, 1) is Verdict.NON_INFERIOR
    assert verdict(view, 2) is Verdict.INFERIOR
    assert 0 < prove(view).log_certify[1] < SURE_LOG_E


def test_bets_stop_at_a_hole_and_what_lies_beyond_counts_only_for_what_is_sure() -> None:
    scores = rows(0.5, 0.95, n_items=400, n_seen=200)
    holed = scores.copy()
    holed[1, 3] = NAN
    assert verdict(make_view(holed)) is Verdict.UNDECIDED
    assert paired(make_view(holed)).scored[1, 4] == scores[1, 4] - scores[0, 4]
    whole = rows(0.5, 0.95, n_items=400)
    whole[1, 3] = NAN
    assert prove(make_view(whole)).log_certify[1] == SURE_LOG_E


def test_too_many_failures_leave_no_certificate() -> None:
    view = make_view(rows(0.5, 0.95, n_items=400, n_seen=200))
    assert verdict(with_status(view, 1, slice(0, 4), Status.ERROR)) is Verdict.NON_INFERIOR
    failed = with_status(view, 1, slice(0, 5), Status.ERROR)
    assert verdict(failed) is Verdict.UNDECIDED
    assert prove(failed).failed_share[1] == pytest.approx(5 / 200)


def test_failures_only_ever_weaken_a_claim() -> None:
    view = make_view(rows(0.5, 0.8, n_items=400, n_seen=200))
    failed = with_status(view, 1, slice(10, 13), Status.TIMEOUT)
    assert prove(failed).log_certify[1] < prove(view).log_certify[1]


def test_a_candidate_made_from_data_bets_on_later_items_only() -> None:
    scores = rows(0.5, 0.95, 0.95, n_items=400, n_seen=200)
    vote = Ensemble(members=())
    view = make_view(scores, composites=[vote])
    born = replace(view, made_at={vote.id: 150})
    unseen = replace(view, made_at={vote.id: 400})
    log_e = [prove(v).log_certify[2] for v in (view, born, unseen)]
    assert log_e[0] > log_e[1] > 1
    assert log_e[2] == pytest.approx(0)
    assert births(born, paired(born)).tolist() == [0, 0, 150]


def test_clusters_are_bet_on_whole() -> None:
    task = make_task(6)
    items = tuple(replace(item, cluster=f"c{at // 2}") for at, item in enumerate(task.items))
    view = make_view([[0.0, 0, 0, 0, 0, 0], [1.0, 1, 1, 0, 1, NAN]], task=replace(task, items=items))
    bet = bets(paired(view), 0.02)
    assert bet.bound.n_units == 3
    np.testing.assert_allclose(bet.low[1], [1.0, 0.5])
    assert bet.bound.null_total == pytest.approx(-0.02 * 6 / 2)
    assert births(replace(view, made_at={view.candidates[1].id: 3}), paired(view))[1] == 2


def test_weights_are_scaled_to_the_largest() -> None:
    task = make_task(4)
    items = tuple(replace(item, weight=w) for item, w in zip(task.items, (1.0, 1.0, 2.0, 4.0), strict=True))
    view = make_view([[0, 0, 0, 0], [1, 1, 1, 1]], task=replace(task, items=items))
    bet = bets(paired(view), 0.02)
    np.testing.assert_allclose(bet.low[1], [0.25, 0.25, 0.5, 1.0])
    assert bet.low[1].mean() * bet.scale == pytest.approx(1.0)


def test_proofs_of_both_sides_cancel() -> None:
    both = Evidence(log_certify=np.array([9.0]), log_futility=np.array([9.0]), failed_share=np.zeros(1))
    assert both.verdicts(np.array([0.05]), 0.05) == (Verdict.UNDECIDED,)
