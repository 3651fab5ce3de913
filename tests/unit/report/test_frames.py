import json
from decimal import Decimal

import pandas as pd

from modelsearch.report.frames import (
    DROP_COLUMNS,
    ESTIMATE_COLUMNS,
    PHASE_COLUMNS,
    drops_frame,
    estimates_frame,
    phases_frame,
)
from tests.unit.report.results import make_hostile, make_result


def test_estimates_keep_raw_numbers_with_units_in_the_names() -> None:
    frame = estimates_frame(make_result()).set_index("candidate_id")
    cheap = frame.loc["cheap"]
    assert (cheap.quality, cheap.quality_low, cheap.quality_high) == (0.70, 0.62, 0.77)
    assert (cheap.gap, cheap.gap_low, cheap.gap_high) == (-0.01, -0.04, 0.02)
    assert (cheap.cost_usd_per_1k_items, cheap.cost_low_usd_per_1k_items) == (2.0, 1.9)
    assert (cheap.latency_p50_s, cheap.latency_p95_s, cheap.verdict) == (0.512, 1.25, "undecided")
    assert list(frame.index[frame.is_recommended]) == ["cheap"]
    assert list(frame.index[frame.is_baseline]) == ["big"]


def test_unknown_numbers_are_nan_and_never_zero() -> None:
    dear = estimates_frame(make_result()).set_index("candidate_id").loc["dear"]
    unknown = ["quality", "quality_low", "quality_high", "gap", "gap_low", "gap_high", "latency_p50_s"]
    assert bool(dear[[*unknown, "p_non_inferior"]].isna().all())
    assert dear.n_items == 0


def test_drops_in_order_with_evidence_as_json() -> None:
    frame = drops_frame(make_result())
    assert list(frame.candidate_id) == ["dear", "bad"]
    assert json.loads(str(frame.evidence[1])) == {"gap": -0.2, "n_pairs": 24.0}


def test_the_funnel_adds_up_and_spend_stays_exact() -> None:
    frame = phases_frame(make_result())
    assert list(frame.n_started + frame.n_added - frame.n_dropped) == list(frame.n_left)
    assert sum(frame.spend_usd) == Decimal("1.2345")


def test_empty_results_keep_their_columns() -> None:
    empty = make_result(estimates=(), drops=(), phases=())
    assert list(estimates_frame(empty).columns) == list(ESTIMATE_COLUMNS)
    assert list(drops_frame(empty).columns) == list(DROP_COLUMNS)
    assert list(phases_frame(empty).columns) == list(PHASE_COLUMNS)


def test_ids_are_kept_as_they_are(hostile: str) -> None:
    frame = estimates_frame(make_hostile(hostile))
    assert isinstance(frame, pd.DataFrame)
    assert frame.candidate_id[0] == hostile
