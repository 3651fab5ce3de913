from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.budget import Spend
from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.outcome import Status, Usage
from modelsearch.core.search import STATUS_CODES, OutcomeMatrix
from modelsearch.testing.factories import make_items, make_setting, make_task, make_view


def test_status_codes_are_those_on_disk_and_zero_is_none() -> None:
    assert {status.value: code for status, code in STATUS_CODES.items()} == {
        "ok": 1, "refused": 2, "truncated": 3, "invalid": 4, "timeout": 5, "error": 6, "not_run": 7, "unscored": 8,
    }  # fmt: skip


def test_weights_have_mean_one() -> None:
    items = tuple(replace(item, weight=w) for item, w in zip(make_items(4), (1.0, 2.0, 3.0, 2.0), strict=True))
    weights = make_setting(task=make_task(4, items=items)).item_weights
    np.testing.assert_allclose(weights, [0.5, 1.0, 1.5, 1.0])


def test_class_weights_make_every_class_count_the_same() -> None:
    items = tuple(replace(item, target=t) for item, t in zip(make_items(4), ("a", "a", "a", "b"), strict=True))
    weights = make_setting(task=make_task(4, items=items, metric="class_weighted_mean")).item_weights
    assert weights.mean() == pytest.approx(1.0)
    assert weights[:3].sum() == pytest.approx(weights[3])


def test_an_item_without_cluster_is_its_own() -> None:
    items = tuple(replace(item, cluster=c) for item, c in zip(make_items(4), ("x", None, "x", None), strict=True))
    assert make_setting(task=make_task(4, items=items)).cluster_codes.tolist() == [0, 1, 0, 2]


def test_random_numbers_are_a_function_of_seed_phase_and_round() -> None:
    view = make_view(np.ones((2, 2)))
    draws = {
        int(v.rng.integers(2**60))
        for v in (
            view, view, replace(view, round=1), replace(view, phase="other"),
            replace(view, setting=replace(view.setting, seed=1)),
        )
    }  # fmt: skip
    assert len(draws) == 4


def test_a_composite_has_neither_endpoint_nor_model() -> None:
    vote = Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in ("m00", "m01")))
    view = make_view(np.ones((3, 2)), composites=[vote])
    assert (view.endpoint(vote.id), view.model(vote.id)) == (None, None)
    endpoint, model = view.endpoint(CandidateId("m01")), view.model(CandidateId("m01"))
    assert endpoint is not None
    assert model is not None
    assert (endpoint.id, model.id) == ("m01", "m01")


def test_what_was_bought_is_counted_failures_too() -> None:
    statuses = [[Status.OK, Status.ERROR, None]] * 2
    view = make_view([[1.0, np.nan, np.nan]] * 2, statuses=statuses)
    assert view.n_bought(CandidateId("m01")) == 2


def test_committed_is_everything_that_can_be_gone() -> None:
    spend = Spend(settled_usd=Decimal("0.1"), reserved_usd=Decimal("0.02"), unknown_usd=Decimal("0.003"))
    assert spend.committed_usd == Decimal("0.123")


def test_prompt_tokens_are_all_input_and_nothing_of_zero_is_priced() -> None:
    usage = Usage(
        input_tokens=1, cache_read_tokens=2, cache_write_5m_tokens=3, cache_write_1h_tokens=4, output_tokens=5
    )
    assert usage.prompt_tokens == 10
    assert dict(usage.amounts()) == {
        "request": 1, "input": 1, "cache_read": 2, "cache_write_5m": 3, "cache_write_1h": 4, "output": 5,
    }  # fmt: skip
    assert dict(Usage(reasoning_tokens=7, compute_s=Decimal("0.5")).amounts()) == {
        "request": 1, "compute_second": Decimal("0.5"), "reasoning": 7,
    }  # fmt: skip


def test_a_matrix_without_confidence_says_that_nobody_told_it() -> None:
    silent = OutcomeMatrix(
        score=np.ones((2, 3), dtype=np.float32),
        status=np.ones((2, 3), dtype=np.uint8),
        cost_usd=np.ones((2, 3)),
        latency_s=np.ones((2, 3), dtype=np.float32),
        answer=np.zeros((2, 3), dtype=np.int32),
    )
    np.testing.assert_array_equal(silent.confidence, np.full((2, 3), np.nan, dtype=np.float32))
    sure = replace(silent, confidence=np.full((2, 3), 0.5, dtype=np.float32))
    assert replace(sure, score=silent.score).confidence[1, 2] == 0.5
