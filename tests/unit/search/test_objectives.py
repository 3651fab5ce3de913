from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from modelsearch.core.candidate import Candidate, Cascade, Ensemble, Single
from modelsearch.core.ids import CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import SearchView
from modelsearch.core.task import Requirements
from modelsearch.evaluate.composite import cascade_outcome
from modelsearch.search.objectives import latencies_s, latency_p95_s, objectives
from modelsearch.testing.factories import make_endpoint, make_market, make_task, make_view

NAN = float("nan")


def _singles(*names: str) -> tuple[Single, ...]:
    return tuple(Single(endpoint_id=EndpointId(name)) for name in names)


def _composite(candidate: Candidate, seconds: list[list[float]], **parts: Any) -> list[float]:
    blank = [NAN] * len(seconds[0])
    view = make_view(
        np.vstack([np.ones_like(seconds), blank]), latency_s=[*seconds, blank], **parts, composites=[candidate]
    )
    return [float(second) for second in latencies_s(view)[-1]]


def test_members_of_an_ensemble_are_asked_at_once() -> None:
    vote = Ensemble(members=_singles("m00", "m02"))
    assert _composite(vote, [[1.0, 5.0], [9.0, 9.0], [3.0, 2.0]]) == [3.0, 5.0]


def test_legs_of_a_cascade_add_up_until_one_is_sure() -> None:
    cascade = Cascade(legs=_singles("m00", "m01", "m02"), thresholds=(0.8, 0.5))
    seconds = [[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0], [4.0, 4.0, 4.0, 4.0]]
    sure = [[0.8, 0.1, 0.1, NAN], [0.9, 0.5, 0.4, 0.9], [NAN] * 4, [NAN] * 4]
    assert _composite(cascade, seconds, confidence=sure) == [1.0, 3.0, 7.0, 3.0]


def test_a_cascade_by_agreement_stops_at_an_echo() -> None:
    cascade = Cascade(legs=_singles("m00", "m01", "m02"), thresholds=(2.0, 2.0), rule="agreement")
    seconds = [[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]]
    said: Any = [["a", "a"], ["a", "b"], ["c", "b"], [None, None]]
    assert _composite(cascade, seconds, answers=said) == [3.0, 7.0]


@pytest.mark.parametrize("rule", ["agreement", "confidence"])
def test_it_takes_as_long_as_the_evaluator_says(rule: Any) -> None:
    """Against `evaluate.composite` on random legs, some of them failed."""
    rng = np.random.default_rng(6)
    cascade = Cascade(legs=_singles("m00", "m01", "m02"), thresholds=(0.6, 0.4), rule=rule)
    n = 60
    said = rng.choice(["a", "b", "c"], size=(3, n))
    sure, seconds = rng.random((3, n)), rng.random((3, n)) + 0.5
    is_refused = rng.random((3, n)) < 0.2
    status = [[Status.REFUSED if r else Status.OK for r in row] for row in is_refused]
    told: Any = [
        [None if r else str(a) for a, r in zip(*pair, strict=True)] for pair in zip(said, is_refused, strict=True)
    ]
    blank: Any = [None] * n
    parts: Any = {"answers": [*told, blank], "statuses": [*status, blank]}
    sure[is_refused] = np.nan
    found = _composite(cascade, seconds.tolist(), confidence=np.vstack([sure, np.full(n, NAN)]), **parts)
    for item in range(n):
        legs = [
            Outcome(
                candidate_id=CandidateId(f"m{leg:02d}"),
                item_id=ItemId("i"),
                status=status[leg][item],
                answer=told[leg][item],
                confidence=None if is_refused[leg, item] else float(sure[leg, item]),
                latency_s=float(seconds[leg, item]),
            )
            for leg in range(3)
        ]
        assert found[item] == pytest.approx(cascade_outcome(cascade, legs, ItemId("i")).latency_s, rel=1e-5)


def test_a_cascade_of_unknown_legs_is_not_known_where_they_are_reached() -> None:
    cascade = Cascade(legs=_singles("m00", "m01"), thresholds=(0.8,))
    blank = [NAN] * 2
    view = make_view([[1.0, 1.0], blank, blank], confidence=[[0.9, 0.1], blank, blank], composites=[cascade])
    np.testing.assert_array_equal(latencies_s(view)[-1], [1.0, NAN])


def test_a_composites_own_latency_stands() -> None:
    vote = Ensemble(members=_singles("m00", "m01"))
    view = make_view(np.ones((3, 1)), latency_s=[1.0, 2.0, 7.0], composites=[vote])
    assert latencies_s(view)[-1].tolist() == [7.0]


def test_recorded_latency_stands_in_until_something_is_bought() -> None:
    market = make_market(2)
    slow = make_endpoint("m01", recorded_latency_s=4.5)
    endpoints = {**market.endpoints, slow.id: slow}
    view = make_view([[NAN], [NAN]], market=replace(market, endpoints=endpoints))
    np.testing.assert_array_equal(latency_p95_s(view), [NAN, 4.5])
    bought = make_view([[1.0], [1.0]], market=replace(market, endpoints=endpoints))
    assert latency_p95_s(bought).tolist() == [1.0, 1.0]


def _view(**wanted: Any) -> SearchView:
    task = make_task(4, requirements=Requirements(**wanted))
    score = [[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
    return make_view(score, task=task, cost_usd=[0.04, 0.01, 0.08])


def test_feasible_is_told_by_limit() -> None:
    found = objectives(_view(min_quality=0.6, max_latency_s=0.5, min_context_tokens=40_000))
    feasible = {name: kept.tolist() for name, kept in found.feasible.items()}
    assert feasible == {
        "max_cost": [True, True, False],
        "min_quality": [True, False, True],
        "max_latency": [False] * 3,
        "min_context": [False] * 3,
        "non_inferior": [True, False, True],
    }


def test_limits_that_nobody_set_are_absent_and_so_are_their_terms() -> None:
    found = objectives(_view())
    assert set(found.excess) == {"max_cost", "non_inferior"}
    assert set(found.terms) == {"cost", "quality"}
    assert found.terms["quality"].tolist() == [1.0, pytest.approx(0.5 / 0.75), 1.0]


def test_the_target_is_the_baselines_quality_unless_the_client_says() -> None:
    assert objectives(_view()).target_quality == 0.75
    assert objectives(_view(target_quality=0.5)).terms["quality"].tolist() == [1.0, 1.0, 1.0]


def test_the_lesser_of_two_cost_limits_holds() -> None:
    assert objectives(_view(max_cost_usd_per_1k=20)).excess["max_cost"][0] > 0.9
    assert objectives(_view(max_cost_usd_per_1k=2000)).excess["max_cost"][0] == pytest.approx(0.0)


def test_exactly_at_the_margin_is_kept() -> None:
    task = make_task(100)
    score = np.ones((2, 100))
    score[1, :2] = 0.0
    assert objectives(make_view(score, task=task)).feasible["non_inferior"].tolist() == [True, True]


def test_without_prices_or_outcomes_there_are_no_terms() -> None:
    found = objectives(make_view([[NAN], [NAN]], list_cost_usd=[NAN, NAN]))
    assert found.terms == {}
    assert found.excess == {}
