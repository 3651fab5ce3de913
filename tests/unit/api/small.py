"""A small recorded table, a plan that asks for everything a plan can, and searches over them."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from modelsearch.api.request import SearchRequest
from modelsearch.core.events import Event, OutcomeScored, RoundClosed
from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.core.search import Move
from modelsearch.settings import Settings, read_settings
from modelsearch.store.recorded import write_recorded_table

BASELINE = "m0"
PLAN = """
name: small
phases:
  - name: screen
    filters: [price_ceiling]
    rankers: [tier_order]
  - name: first
    sampler: {round_robin: {step_items: 2, max_items: 6}}
    combiners: [{majority_vote: {min_items: 3}}]
    spend_share: 0.6
    max_rounds: 20
  - name: last
    filters: [{racing: {min_items: 3, confidence: 0.9999}}]
    sampler: {round_robin: {step_items: 3}}
    combiners: [{majority_vote: {min_items: 3}}]
    max_rounds: 20
"""
BAYESIAN_PLAN = """
name: bayesian
phases:
  - name: smart
    filters: [price_ceiling]
    sampler: {cluster_representatives: {n_items: 2}}
    spend_share: 0.5
    max_rounds: 4
  - name: advanced
    filters: [{racing: {min_items: 3, confidence: 0.9999}}]
    rankers: [weighted_objectives]
    sampler: bayesian
    combiners: [{majority_vote: {min_items: 3}}]
    max_rounds: 6
"""


def make_table(n_models: int = 5, n_items: int = 12, *, seed: int = 3, name: str = "small") -> RecordedTable:
    """Yes/no answers of m0 (the dearest, always right), m1 (never right) and cheaper ones, each about
    half the price of the one before, that are wrong on every third item, never the same ones: a vote of three is right.
    """
    rng = np.random.default_rng(seed)
    gold = tuple("yes" if n % 2 else "no" for n in range(n_items))
    columns = np.arange(n_items)
    is_right = np.array([columns >= 0, columns < 0, *(columns % 3 != n % 3 for n in range(2, n_models))])
    other = {"yes": "no", "no": "yes"}
    answer = np.array([[g if r else other[g] for g, r in zip(gold, row, strict=True)] for row in is_right], object)
    prices = 8.0 / 2.0 ** np.arange(n_models)
    models = tuple(
        RecordedModel(
            name=f"m{n}", provider=f"p{n % 2}", family=f"f{n % 3}", params_b=float(2 ** (n_models - n)),
            input_usd_per_mtok=float(price), output_usd_per_mtok=float(4 * price), context_tokens=8192,
        )
        for n, price in enumerate(prices)
    )  # fmt: skip
    cost = (prices[:, None] * 9e-4 * rng.uniform(0.8, 1.2, (n_models, n_items))).round(9)
    return RecordedTable(
        name=name,
        models=models,
        item_ids=tuple(f"i{n:03d}" for n in range(n_items)),
        score=is_right.astype(np.float64),
        cost_usd=cost,
        latency_s=rng.uniform(0.1, 2.0, (n_models, n_items)).round(3),
        input_tokens=np.full((n_models, n_items), 100),
        output_tokens=np.full((n_models, n_items), 10),
        answer=answer,
        gold=gold,
        is_recorded=np.ones((n_models, n_items), dtype=bool),
    )


def make_request(folder: Path, **changes: Any) -> SearchRequest:
    """A search of a small table, written into `folder` with the plan above, for four fifths of its whole cost."""
    table = changes.pop("table", None) or make_table()
    if not (folder / table.name / "outcomes.parquet").exists():
        write_recorded_table(table, folder / table.name)
    plan = folder / "small.yaml"
    plan.write_text(changes.pop("plan_text", PLAN), encoding="utf-8")
    plain = SearchRequest(baseline=BASELINE, recorded=folder / table.name, budget_share=0.8, plan=str(plan), seed=4)
    return replace(plain, **changes)


def make_settings(folder: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """A project of its own, and an environment without keys."""
    return read_settings(environ or {}, project=folder)


def moves_of(events: list[Event]) -> list[Move]:
    """The decisions, in order."""
    return [event for event in events if isinstance(event, Move)]


def scored(events: list[Event]) -> dict[tuple[str, str, int], tuple[str, str | None, float | None, Decimal]]:
    """What came of each cell: status, answer, score and cost, whatever the order."""
    outcomes = [event.outcome for event in events if isinstance(event, OutcomeScored)]
    return {(o.candidate_id, o.item_id, o.repeat): (o.status.value, o.answer, o.score, o.cost_usd) for o in outcomes}


def rounds_of(events: list[Event]) -> list[tuple[str, int]]:
    """Closed rounds, in order."""
    return [(event.phase, event.round) for event in events if isinstance(event, RoundClosed)]
