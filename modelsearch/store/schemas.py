"""One declared schema for each table of a run, and of the synced catalogue: name, type, unit and meaning of every
field, and a version.

A field is named after what it holds, its unit last; money is exact (38 digits, 12 of them behind the point). A new
field or another meaning raises `VERSION`.
"""

from typing import Final, TypeAlias

import pyarrow as pa

VERSION: Final = 1
FieldRow: TypeAlias = tuple[str, pa.DataType, str, str]

_TEXT: Final = pa.string()
_INT: Final = pa.int64()
_FLOAT: Final = pa.float64()
_BOOL: Final = pa.bool_()
_USD: Final = pa.decimal128(38, 12)
_DAY: Final = pa.date32()
_TEXTS: Final = pa.list_(pa.field("item", _TEXT))

# name, type, unit ("" = none: ids, text, yes/no), meaning; a meaning that ends in "?" may be empty
_ENDPOINTS: Final[tuple[FieldRow, ...]] = (
    ("endpoint_id", _TEXT, "", "the endpoint that is called"),
    ("model_id", _TEXT, "", "the model that it serves"),
    ("provider_id", _TEXT, "", "who bills"),
    ("family", _TEXT, "", "the model's family"),
    ("wire_name", _TEXT, "", "the model's name on the wire"),
    ("pricing_class", _TEXT, "", "the provider's pricing class?"),
    ("architecture", _TEXT, "", "dense, moe, hybrid or unknown"),
    ("params_b", _FLOAT, "1e9 parameters", "size of the model, all experts?"),
    ("context_tokens", _INT, "tokens", "longest prompt and answer together?"),
    ("max_output_tokens", _INT, "tokens", "longest answer?"),
    ("input_usd_per_mtok", _USD, "USD / 1e6 tokens", "standard price of input on the catalogue's date?"),
    ("output_usd_per_mtok", _USD, "USD / 1e6 tokens", "standard price of output on the catalogue's date?"),
    ("is_open_weights", _BOOL, "", "whether the weights are published?"),
    ("n_candidates", _INT, "candidates", "candidates of the search that call this endpoint"),
)
_SCREEN: Final[tuple[FieldRow, ...]] = (
    ("phase", _TEXT, "", "the phase that dropped it"),
    ("candidate_id", _TEXT, "", "who was dropped"),
    ("strategy", _TEXT, "", "the filter that dropped it"),
    ("reason", _TEXT, "", "why, in one sentence"),
    ("remedy", _TEXT, "", "what would bring it back"),
    ("evidence", _TEXT, "", "the numbers behind it, as JSON"),
)
_TRAJECTORY: Final[tuple[FieldRow, ...]] = (
    ("n_before", _INT, "rows", "rows of the trajectory before this one"),
    ("phase", _TEXT, "", "the phase"),
    ("round", _INT, "rounds", "number of the round in its phase, from 0; empty for the phase itself?"),
    ("kind", _TEXT, "", "phase_started, drop, addition, probe, round_closed or phase_closed"),
    ("candidate_id", _TEXT, "", "whom a drop, an addition or a probe is about?"),
    ("strategy", _TEXT, "", "the filter behind a drop?"),
    ("reason", _TEXT, "", "why it was dropped or the phase ended?"),
    ("label", _TEXT, "", "what an added candidate is made of?"),
    ("n_items", _INT, "items", "items that a probe asks for, known ones included?"),
    ("spend_usd", _USD, "USD", "what the phase may spend?"),
)
_CALLS: Final[tuple[FieldRow, ...]] = (
    ("call_id", _TEXT, "", "the call"),
    ("key", _TEXT, "", "hash of request and endpoint: equal calls have equal keys"),
    ("endpoint_id", _TEXT, "", "the endpoint that was called"),
    ("state", _TEXT, "", "settled, released, unknown (may have been billed) or in_flight"),
    ("status", _TEXT, "", "how a settled call ended?"),
    ("http_status", _INT, "HTTP status", "status of the reply; 0 = no complete answer?"),
    ("bound_usd", _USD, "USD", "the most that it could cost, reserved before it was sent"),
    ("cost_usd", _USD, "USD", "what it cost?"),
    ("input_tokens", _INT, "tokens", "input that was not cached?"),
    ("cache_read_tokens", _INT, "tokens", "input read from the provider's cache?"),
    ("cache_write_tokens", _INT, "tokens", "input written to the provider's cache?"),
    ("output_tokens", _INT, "tokens", "visible output?"),
    ("reasoning_tokens", _INT, "tokens", "hidden output?"),
    ("latency_s", _FLOAT, "s", "time from sending to the whole reply?"),
    ("n_attempts", _INT, "attempts", "requests sent for this call?"),
    ("n_reply_bytes", _INT, "bytes", "length of the reply's body, which the journal holds?"),
    ("served_by", _TEXT, "", "model, host and fingerprint that answered?"),
    ("error", _TEXT, "", "what went wrong?"),
)
_OUTCOMES: Final[tuple[FieldRow, ...]] = (
    ("candidate_id", _TEXT, "", "who was asked"),
    ("item_id", _TEXT, "", "what was asked"),
    ("repeat", _INT, "repeats", "number of the repeat, from 0"),
    ("status", _TEXT, "", "ok, refused, truncated, invalid, timeout, error, not_run or unscored"),
    ("answer", _TEXT, "", "canonical form of the reply?"),
    ("score", _FLOAT, "score in [0, 1]", "the scorer's judgement; empty = none, which is not 0?"),
    ("confidence", _FLOAT, "share in [0, 1]", "how sure the candidate was?"),
    ("cost_usd", _USD, "USD", "what serving the item costs"),
    ("spend_usd", _USD, "USD", "what this search paid for it"),
    ("latency_s", _FLOAT, "s", "time to answer the item"),
    ("call_ids", _TEXTS, "", "the calls behind it"),
    ("served_by", _TEXT, "", "model, host and fingerprint that answered"),
    ("score_variance", _FLOAT, "score squared", "of the score as a mean of several judgements of this answer?"),
)
_LEDGER: Final[tuple[FieldRow, ...]] = (
    ("n_before", _INT, "rows", "entries before this one"),
    ("call_id", _TEXT, "", "the call"),
    ("kind", _TEXT, "", "reserve, settle, release or hold"),
    ("amount_usd", _USD, "USD", "what was reserved, paid, given back or held"),
    ("settled_usd", _USD, "USD", "paid so far"),
    ("reserved_usd", _USD, "USD", "taken aside for calls in flight, after this entry"),
    ("unknown_usd", _USD, "USD", "held for calls that may have been billed, after this entry"),
)
_ESTIMATES: Final[tuple[FieldRow, ...]] = (
    ("candidate_id", _TEXT, "", "the candidate"),
    ("label", _TEXT, "", "its name for people"),
    ("n_items", _INT, "items", "items with an outcome"),
    ("n_pairs", _INT, "items", "items that the baseline has too"),
    ("quality_mean", _FLOAT, "score in [0, 1]", "expected score?"),
    ("quality_low", _FLOAT, "score in [0, 1]", "lower bound of the quality?"),
    ("quality_high", _FLOAT, "score in [0, 1]", "upper bound of the quality?"),
    ("gap_mean", _FLOAT, "score difference", "quality minus the baseline's on shared items?"),
    ("gap_low", _FLOAT, "score difference", "lower bound of the gap?"),
    ("gap_high", _FLOAT, "score difference", "upper bound of the gap?"),
    ("mean_cost_usd", _FLOAT, "USD / item", "expected cost, an estimate and so no exact amount?"),
    ("low_cost_usd", _FLOAT, "USD / item", "lower bound of the cost?"),
    ("high_cost_usd", _FLOAT, "USD / item", "upper bound of the cost?"),
    ("interval_level", _FLOAT, "share in [0, 1]", "coverage of the quality's interval?"),
    ("latency_p50_s", _FLOAT, "s", "median time per item?"),
    ("latency_p95_s", _FLOAT, "s", "95th percentile of the time per item?"),
    ("p_non_inferior", _FLOAT, "probability", "that the gap over all items is within the margin?"),
    ("log_e_value", _FLOAT, "log", "natural log of the evidence against being worse than the margin"),
    ("alpha_share", _FLOAT, "probability", "the part of alpha that the certificate is tested at"),
    ("verdict", _TEXT, "", "non_inferior, inferior or undecided"),
    ("evidence_missing_share", _FLOAT, "share in [0, 1]", "compared items that failed and count at their worst"),
    ("is_feasible", _BOOL, "", "whether it meets the task's hard limits"),
    ("noise_sd", _FLOAT, "score", "spread of an item's score over repetitions of the search?"),
)
_DECISION: Final[tuple[FieldRow, ...]] = (
    ("run_id", _TEXT, "", "the run"),
    ("task_id", _TEXT, "", "the task"),
    ("plan", _TEXT, "", "the plan"),
    ("baseline_id", _TEXT, "", "the candidate in use now"),
    ("candidate_id", _TEXT, "", "the candidate recommended"),
    ("label", _TEXT, "", "its name for people"),
    ("certainty", _TEXT, "", "certified, likely or undecided"),
    ("claim", _TEXT, "", "these items, or the population that they come from"),
    ("reason", _TEXT, "", "why this one"),
    ("covers", _TEXTS, "", "constraints that the certificate covers"),
    ("runner_up_id", _TEXT, "", "the second choice?"),
    ("p_right", _FLOAT, "probability", "that a likely recommendation is right?"),
    ("saving_share", _FLOAT, "share", "1 - cost / the baseline's cost?"),
    ("saving_usd_per_1k", _FLOAT, "USD / 1000 items", "saved against the baseline, an estimate?"),
    ("margin", _FLOAT, "score difference", "largest loss of quality accepted"),
    ("alpha", _FLOAT, "probability", "level of false certificates"),
    ("n_items", _INT, "items", "items of the recommended candidate"),
    ("n_pairs", _INT, "items", "of those, items that the baseline has too"),
    ("settled_usd", _USD, "USD", "paid by the search"),
    ("unknown_usd", _USD, "USD", "may have been billed besides"),
    ("budget_usd", _USD, "USD", "the limit"),
    ("n_calls", _INT, "calls", "calls of the search"),
    ("wall_s", _FLOAT, "s", "duration of the search"),
)

_PRICES: Final[tuple[FieldRow, ...]] = (
    ("endpoint_id", _TEXT, "", "the endpoint"),
    ("kind", _TEXT, "", "what is paid for: input, output, reasoning, cache_read and others"),
    ("processing", _TEXT, "", "standard, batch, flex or priority"),
    ("per", _TEXT, "", "what the price is of: mtok, call or second"),
    ("min_prompt_tokens", _INT, "tokens", "holds for prompts of more tokens than this"),
    ("utc_start", _TEXT, "", "HHMM in UTC from which it holds; empty = always?"),
    ("utc_end", _TEXT, "", "HHMM in UTC until which it holds; empty = always?"),
    ("price_usd", _USD, "USD / 1e6 tokens, call or second", "the price; empty = unknown, never 0?"),
    ("valid_from", _DAY, "", "the day on which it was first seen"),
    ("observed_at", _DAY, "", "the day on which the source was read"),
    ("source", _TEXT, "", "who says so"),
    ("is_disputed", _BOOL, "", "two sources differ, and this is the higher"),
    ("is_listed", _BOOL, "", "no: from this day on the source names no such price any more"),
)
_CHANGES: Final[tuple[FieldRow, ...]] = (
    ("change_id", _TEXT, "", "the same for the same change, however often it is seen"),
    ("kind", _TEXT, "", "appeared, repriced, deprecated, gone or alias_moved"),
    ("endpoint_id", _TEXT, "", "the endpoint"),
    ("model_id", _TEXT, "", "the model that it serves"),
    ("provider_id", _TEXT, "", "who bills"),
    ("day", _DAY, "", "the day on which it was seen"),
    ("facts", _TEXT, "", "before and after, as JSON"),
)


def _schema(name: str, rows: tuple[FieldRow, ...]) -> pa.Schema:
    fields = [
        pa.field(
            field, kind, nullable=meaning.endswith("?"), metadata={"unit": unit, "meaning": meaning.removesuffix("?")}
        )
        for field, kind, unit, meaning in rows
    ]
    return pa.schema(fields, metadata={"table": name, "version": str(VERSION)})


SCHEMAS: Final[dict[str, pa.Schema]] = {
    name: _schema(name, rows)
    for name, rows in (
        ("endpoints", _ENDPOINTS),
        ("screen", _SCREEN),
        ("trajectory", _TRAJECTORY),
        ("calls", _CALLS),
        ("outcomes", _OUTCOMES),
        ("ledger", _LEDGER),
        ("estimates", _ESTIMATES),
        ("decision", _DECISION),
        ("prices", _PRICES),
        ("changes", _CHANGES),
    )
}
