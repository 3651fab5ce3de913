"""Core values as rows of the declared tables; pure, in the order in which things happened.

The tables about money (calls, ledger) are in `money_tables`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from modelsearch.core.candidate import Candidate, label, singles_of
from modelsearch.core.events import Event, OutcomeScored, PhaseClosed, PhaseStarted, RoundClosed
from modelsearch.core.ids import EndpointId, canonical_json
from modelsearch.core.market import Endpoint, Market, RateKind
from modelsearch.core.money import round_usd
from modelsearch.core.outcome import Outcome
from modelsearch.core.result import Estimate, Interval, SearchResult
from modelsearch.core.search import Drop, Move

Row: TypeAlias = dict[str, Any]


def endpoint_rows(market: Market, candidates: Iterable[Candidate]) -> list[Row]:
    """Table `endpoints`: those that the candidates call, by id."""
    counts: Counter[EndpointId] = Counter()
    for candidate in candidates:
        counts.update({single.endpoint_id for single in singles_of(candidate)})
    return [_endpoint_row(market, endpoint_id, counts[endpoint_id]) for endpoint_id in sorted(counts)]


def screen_rows(drops: Iterable[tuple[str, Drop]]) -> list[Row]:
    """Table `screen`: (phase, drop) pairs as in `SearchResult.drops`."""
    return [
        {
            "phase": phase,
            "candidate_id": drop.candidate_id,
            "strategy": drop.strategy,
            "reason": drop.reason,
            "remedy": drop.remedy,
            "evidence": _json({name: float(value) for name, value in drop.evidence.items()}),
        }
        for phase, drop in drops
    ]


def trajectory_rows(events: Iterable[Event]) -> list[Row]:
    """Table `trajectory`: each decision of each move, and where phases and rounds begin and end."""
    rows = (row for event in events for row in _decisions(event))
    return [{"n_before": number, **row} for number, row in enumerate(rows)]


def outcome_rows(events: Iterable[Event]) -> list[Row]:
    """Table `outcomes`: the last outcome of each candidate, item and repeat, in the order of the first."""
    outcomes: dict[tuple[str, str, int], Outcome] = {}
    for event in events:
        if isinstance(event, OutcomeScored):
            outcome = event.outcome
            outcomes[outcome.candidate_id, outcome.item_id, outcome.repeat] = outcome
    return [_outcome_row(outcome) for outcome in outcomes.values()]


def estimate_rows(estimates: Iterable[Estimate]) -> list[Row]:
    """Table `estimates`."""
    return [_estimate_row(estimate) for estimate in estimates]


def decision_rows(result: SearchResult) -> list[Row]:
    """Table `decision`: one row."""
    advice, spend = result.recommendation, result.spend
    return [
        {
            "run_id": result.run_id,
            "task_id": result.task_id,
            "plan": result.plan,
            "baseline_id": result.baseline_id,
            "candidate_id": advice.candidate_id,
            "label": advice.label,
            "certainty": advice.certainty.value,
            "claim": advice.claim.value,
            "reason": advice.reason,
            "covers": list(advice.covers),
            "runner_up_id": advice.runner_up_id,
            "p_right": advice.p_right,
            "saving_share": advice.saving_share,
            "saving_usd_per_1k": advice.saving_usd_per_1k,
            "margin": advice.margin,
            "alpha": advice.alpha,
            "n_items": advice.n_items,
            "n_pairs": advice.n_pairs,
            "settled_usd": round_usd(spend.settled_usd),
            "unknown_usd": round_usd(spend.unknown_usd),
            "budget_usd": round_usd(result.budget_usd),
            "n_calls": spend.n_calls,
            "wall_s": result.wall_s,
        }
    ]


def _endpoint_row(market: Market, endpoint_id: EndpointId, n_candidates: int) -> Row:
    endpoint = market.endpoints[endpoint_id]
    model = market.models[endpoint.model_id]
    provider = market.providers.get(endpoint.provider_id)
    return {
        "endpoint_id": endpoint_id,
        "model_id": endpoint.model_id,
        "provider_id": endpoint.provider_id,
        "family": model.family,
        "wire_name": endpoint.wire_name,
        "pricing_class": None if provider is None else provider.pricing_class,
        "architecture": model.architecture,
        "params_b": model.params_b,
        "context_tokens": endpoint.context_tokens,
        "max_output_tokens": endpoint.max_output_tokens,
        "input_usd_per_mtok": _standing_price(market, endpoint, "input"),
        "output_usd_per_mtok": _standing_price(market, endpoint, "output"),
        "is_open_weights": model.is_open_weights,
        "n_candidates": n_candidates,
    }


def _standing_price(market: Market, endpoint: Endpoint, kind: RateKind) -> Decimal | None:
    """USD per Mtok of the plain row on the catalogue's date: standard, any length, any hour; None = unknown."""
    rows = [
        rate
        for rate in endpoint.rates
        if (rate.kind, rate.per, rate.processing, rate.min_prompt_tokens) == (kind, "mtok", "standard", 0)
        and rate.utc_window is None
        and rate.valid_from <= market.as_of
    ]
    newest = max(rows, key=lambda rate: rate.valid_from, default=None)
    return None if newest is None or newest.usd is None else round_usd(newest.usd)


def _decisions(event: Event) -> Iterator[Row]:
    if isinstance(event, Move):
        yield from _move_rows(event)
    elif isinstance(event, PhaseStarted):
        yield {"phase": event.phase, "kind": "phase_started", "spend_usd": round_usd(event.spend_usd)}
    elif isinstance(event, RoundClosed):
        yield {"phase": event.phase, "round": event.round, "kind": "round_closed"}
    elif isinstance(event, PhaseClosed):
        yield {"phase": event.phase, "kind": "phase_closed", "reason": event.reason}


def _move_rows(move: Move) -> Iterator[Row]:
    place = {"phase": move.phase, "round": move.round}
    for drop in move.drops:
        about = {"candidate_id": drop.candidate_id, "strategy": drop.strategy, "reason": drop.reason}
        yield {**place, "kind": "drop", **about}
    for added in move.additions:
        yield {**place, "kind": "addition", "candidate_id": added.id, "label": label(added)}
    for probe in move.probes:
        yield {**place, "kind": "probe", "candidate_id": probe.candidate_id, "n_items": len(probe.item_ids)}


def _outcome_row(outcome: Outcome) -> Row:
    return {
        "candidate_id": outcome.candidate_id,
        "item_id": outcome.item_id,
        "repeat": outcome.repeat,
        "status": outcome.status.value,
        "answer": outcome.answer,
        "score": outcome.score,
        "confidence": outcome.confidence,
        "cost_usd": round_usd(outcome.cost_usd),
        "spend_usd": round_usd(outcome.spend_usd),
        "latency_s": outcome.latency_s,
        "call_ids": list(outcome.call_ids),
        "served_by": outcome.served_by,
        "score_variance": outcome.score_variance,
    }


def _estimate_row(estimate: Estimate) -> Row:
    return {
        "candidate_id": estimate.candidate_id,
        "label": estimate.label,
        "n_items": estimate.n_items,
        "n_pairs": estimate.n_pairs,
        **_interval(estimate.quality, ("quality_mean", "quality_low", "quality_high")),
        **_interval(estimate.gap, ("gap_mean", "gap_low", "gap_high")),
        **_interval(estimate.cost_usd, ("mean_cost_usd", "low_cost_usd", "high_cost_usd")),
        "interval_level": None if estimate.quality is None else estimate.quality.level,
        "latency_p50_s": estimate.latency_p50_s,
        "latency_p95_s": estimate.latency_p95_s,
        "p_non_inferior": estimate.p_non_inferior,
        "log_e_value": estimate.log_e_value,
        "alpha_share": estimate.alpha_share,
        "verdict": estimate.verdict.value,
        "evidence_missing_share": estimate.evidence_missing_share,
        "is_feasible": estimate.is_feasible,
        "noise_sd": estimate.noise_sd,
    }


def _interval(interval: Interval | None, names: Sequence[str]) -> Row:
    values = (None, None, None) if interval is None else (interval.mean, interval.low, interval.high)
    return dict(zip(names, values, strict=True))


def _json(evidence: dict[str, float]) -> str:
    """Canonical JSON; what is not finite, as text."""
    plain = {name: value if abs(value) < float("inf") else repr(value) for name, value in evidence.items()}
    return canonical_json(plain).decode()
