import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.events import Event, OutcomeScored, PhaseClosed, PhaseStarted, RoundClosed
from modelsearch.core.ids import CandidateId, EndpointId, ItemId, ModelId, PromptId, ProviderId
from modelsearch.core.market import Endpoint, Market, Model, Provider, Rate, RateKind
from modelsearch.core.search import Drop, Move, Probe
from modelsearch.store.stage_tables import (
    decision_rows,
    endpoint_rows,
    estimate_rows,
    outcome_rows,
    screen_rows,
    trajectory_rows,
)
from modelsearch.store.tables import read_table, write_table
from tests.unit.store.events import events, outcome
from tests.unit.store.results import ESTIMATES, RESULT


def rate(kind: RateKind, price_usd: str | None, **fields: Any) -> Rate:
    return Rate(kind=kind, usd=None if price_usd is None else Decimal(price_usd), **fields)


RATES = (
    rate("input", "0.5"),
    rate("input", "0.4", valid_from=date(2026, 6, 1)),
    rate("input", "0.1", valid_from=date(2026, 12, 1)),
    rate("input", "0.2", processing="batch", valid_from=date(2026, 7, 1)),
    rate("input", "0.8", min_prompt_tokens=200_000, valid_from=date(2026, 7, 1)),
    rate("input", "0.3", utc_window=("1630", "0030"), valid_from=date(2026, 7, 1)),
    rate("output", None),
)
SMALL, BIG = EndpointId("acme/small"), EndpointId("acme/big")
MARKET = Market(
    as_of=date(2026, 11, 23),
    models={ModelId(name): Model(id=ModelId(name), family="a") for name in ("small", "big", "idle")},
    providers={
        ProviderId("acme"): Provider(
            id=ProviderId("acme"), name="Acme", dialect="d", base_url="", key_env=None, pricing_class="budget"
        )
    },
    endpoints={
        EndpointId(f"acme/{name}"): Endpoint(
            id=EndpointId(f"acme/{name}"),
            model_id=ModelId(name),
            provider_id=ProviderId("acme"),
            wire_name=name,
            rates=RATES,
        )
        for name in ("small", "big", "idle")
    },
)
CANDIDATES = (
    Single(endpoint_id=SMALL),
    Single(endpoint_id=SMALL, prompt_id=PromptId("terse")),
    Ensemble(members=(Single(endpoint_id=SMALL), Single(endpoint_id=BIG))),
)
EVENTS: list[Event] = [
    PhaseStarted(phase="race", spend_usd=Decimal("0.5")),
    Move(
        phase="race",
        round=0,
        drops=(Drop(candidate_id=CandidateId("x"), reason="worse", strategy="racing"),),
        additions=(CANDIDATES[2],),
        probes=(Probe(candidate_id=CandidateId("acme/small"), item_ids=(ItemId("i1"), ItemId("i2"))),),
    ),
    OutcomeScored(outcome=outcome("acme/small", "i1", 0.0)),
    OutcomeScored(outcome=outcome("acme/small", "i2", None)),
    OutcomeScored(outcome=outcome("acme/small", "i1", 1.0)),
    RoundClosed(phase="race", round=0),
    PhaseClosed(phase="race", reason="all bought"),
]


def fits(path: Path, name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as they come back from a written table."""
    write_table(path / f"{name}.parquet", name, rows, fingerprint="")
    return read_table(path / f"{name}.parquet", name).to_pylist()


def test_endpoints_are_those_called_with_the_standing_price(tmp_path: Path) -> None:
    rows = fits(tmp_path, "endpoints", endpoint_rows(MARKET, CANDIDATES))
    assert [(row["endpoint_id"], row["n_candidates"]) for row in rows] == [("acme/big", 1), ("acme/small", 3)]
    assert rows[0]["input_usd_per_mtok"] == Decimal("0.4")
    assert rows[0]["output_usd_per_mtok"] is None
    assert (rows[0]["pricing_class"], rows[0]["params_b"]) == ("budget", None)


def test_drops_carry_their_evidence_as_json(tmp_path: Path) -> None:
    evidence = {"price": 3.5, "limit": float("inf")}
    drop = Drop(candidate_id=CandidateId("x"), reason="too dear", evidence=evidence, remedy="raise it", strategy="f")
    (row,) = fits(tmp_path, "screen", screen_rows([("screen", drop)]))
    assert json.loads(row["evidence"]) == {"price": 3.5, "limit": "inf"}
    assert (row["phase"], row["candidate_id"], row["remedy"]) == ("screen", "x", "raise it")


def test_the_trajectory_holds_each_decision_in_order(tmp_path: Path) -> None:
    rows = fits(tmp_path, "trajectory", trajectory_rows(EVENTS))
    kinds = ["phase_started", "drop", "addition", "probe", "round_closed", "phase_closed"]
    assert [row["kind"] for row in rows] == kinds
    assert [row["n_before"] for row in rows] == list(range(6))
    assert rows[0]["spend_usd"] == Decimal("0.5")
    assert (rows[1]["strategy"], rows[2]["candidate_id"], rows[3]["n_items"]) == ("racing", CANDIDATES[2].id, 2)
    assert "acme/big" in rows[2]["label"]


def test_the_last_outcome_of_an_item_counts_and_none_is_not_0(tmp_path: Path) -> None:
    rows = fits(tmp_path, "outcomes", outcome_rows(EVENTS))
    assert [(row["item_id"], row["score"]) for row in rows] == [("i1", 1.0), ("i2", None)]
    assert (rows[0]["cost_usd"], rows[0]["call_ids"]) == (Decimal("0.004"), ["c1"])


def test_estimates_keep_unknown_empty(tmp_path: Path) -> None:
    small, big = fits(tmp_path, "estimates", estimate_rows(ESTIMATES))
    assert (small["gap_low"], small["mean_cost_usd"], small["verdict"]) == (-0.03, 0.001, "non_inferior")
    assert (big["quality_mean"], big["gap_mean"], big["interval_level"]) == (None, None, None)
    assert big["log_e_value"] == float("-inf")


def test_the_decision_is_one_row(tmp_path: Path) -> None:
    (row,) = fits(tmp_path, "decision", decision_rows(RESULT))
    assert (row["candidate_id"], row["baseline_id"], row["certainty"]) == ("acme/small", "acme/big", "certified")
    assert (row["settled_usd"], row["covers"]) == (Decimal("0.123456789012"), ["quality", "cost"])


@settings(max_examples=15, deadline=None)
@given(some=st.lists(events, max_size=5))
def test_any_events_fit_the_schemas(tmp_path_factory: pytest.TempPathFactory, some: list[Event]) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    assert len(fits(folder, "trajectory", trajectory_rows(some))) == len(trajectory_rows(some))
    assert len(fits(folder, "outcomes", outcome_rows(some))) <= len(some)
