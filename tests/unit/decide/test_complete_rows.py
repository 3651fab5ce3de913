from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble
from modelsearch.core.outcome import Status
from modelsearch.core.result import Verdict
from modelsearch.core.search import Floats, SearchView
from modelsearch.decide.alpha import alpha_shares, shared_level
from modelsearch.decide.complete_rows import log_shared
from modelsearch.decide.evidence import evidence
from modelsearch.decide.pairs import paired
from tests.unit.decide.views import NAN, make_view, with_status

N_ITEMS = 400


def world(n_seen: int, *, n_rows: int = 5, gap: float = 0.0) -> Floats:
    """Rows of quality 0.9 that err on nearly the same items; the baseline is bought up to `n_seen`."""
    rng = np.random.default_rng(7)
    hardness = rng.random(N_ITEMS)[None, :] + rng.normal(0, 0.02, (n_rows, N_ITEMS))
    quality = np.concatenate([[0.9], np.full(n_rows - 1, 0.9 + gap)])
    scores = (hardness.argsort(axis=1).argsort(axis=1) < quality[:, None] * N_ITEMS).astype(np.float64)
    scores[0, n_seen:] = NAN
    return scores


def shared(view: SearchView) -> Floats:
    return log_shared(view, paired(view))


def test_complete_rows_are_certified_on_fewer_of_the_baselines_items_than_by_their_own_bets() -> None:
    view = make_view(world(300))
    found, level = shared(view), -np.log(shared_level(view.task.alpha))
    assert (found[1:] >= level).all()
    assert found[0] == 0
    assert Verdict.NON_INFERIOR in evidence(view, paired(view)).verdicts(alpha_shares(view), view.task.alpha)[1:]


def test_items_that_are_missing_count_as_wrong() -> None:
    whole, holed, half = world(300), world(300), world(300)
    holed[1, 310:314] = NAN
    whole[1, 310:314] = 0.0
    half[1, 200:] = NAN
    found = shared(make_view(holed))
    assert 0 < found[1] <= shared(make_view(whole))[1] < shared(make_view(world(300)))[1]
    assert shared(make_view(half))[1] == 0


def test_without_anything_complete_or_without_the_baseline_nothing_is_said() -> None:
    scores = world(300)
    scores[1:, 390:] = NAN
    assert not shared(make_view(scores)).any()
    assert not shared(make_view(np.full((3, 10), NAN))).any()
    assert not shared(make_view(world(0))).any()


def test_a_composite_of_complete_rows_needs_no_items_after_its_birth() -> None:
    vote = Ensemble(members=())
    view = make_view(world(300), composites=[vote])
    born_last = replace(view, made_at={vote.id: N_ITEMS})
    proof = evidence(born_last, paired(born_last))
    assert proof.verdicts(alpha_shares(view), view.task.alpha)[-1] is Verdict.NON_INFERIOR


def test_worse_rows_have_less_evidence_and_bad_ones_none() -> None:
    scores = world(250)
    worse = world(250, gap=-0.015)
    scores[2], scores[3] = worse[2], 0.0
    found = shared(make_view(scores))
    assert found[1] >= found[2]
    assert found[3] == 0


def test_failures_of_the_baseline_count_as_right_and_those_of_a_candidate_as_wrong() -> None:
    view = make_view(world(300))
    plain = shared(view)
    assert shared(with_status(view, 0, slice(0, 5), Status.ERROR))[1] <= plain[1]
    assert shared(with_status(view, 1, slice(300, 303), Status.ERROR))[1] < plain[1]


def test_clusters_and_weights_are_units_of_the_baselines_run() -> None:
    view = make_view(world(301))
    items = tuple(replace(item, cluster=f"c{at // 2}", weight=2.0) for at, item in enumerate(view.task.items))
    task = replace(view.task, items=items)
    paired_up = replace(view, setting=replace(view.setting, task=task))
    even = make_view(world(300), task=task)
    assert shared(paired_up)[1] == pytest.approx(shared(even)[1])
    assert shared(paired_up)[1] > 0
