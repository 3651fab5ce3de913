"""What each key of a catalogue file means, for editors; put into the JSON schemas beside what the key may hold."""

from collections.abc import Iterator, Mapping
from typing import Any

KEY_WORDS: Mapping[str, Mapping[str, str]] = {
    "ScoreRow": {
        "benchmark": "which benchmark",
        "metric": "what was measured",
        "value": "share in [0, 1], higher is better, whatever unit the source used",
        "variant": "which version or setting of the benchmark",
        "observed_on": "day on which it was read",
        "source": "where it was read",
    },
    "ModelRow": {
        "id": "weights with a version, whoever serves them",
        "family": "an id of families.yaml",
        "architecture": "how its weights are put together",
        "params_b": "all parameters, in billions",
        "active_params_b": "parameters used for a token, in billions",
        "training_tokens_t": "tokens it was trained on, in trillions",
        "released": "day of release",
        "languages": "that it was made for",
        "modalities_in": "what it reads",
        "modalities_out": "what it writes",
        "is_open_weights": "whether anybody may have the weights; null = unknown",
        "facts_source": "where size, architecture and training tokens are from",
        "scores": "published results",
    },
    "ModelsFile": {"models": "every model, whoever serves it"},
    "FamilyRow": {
        "id": "name of the family",
        "lineage": "the family that it came from",
        "prefixes": "beginnings of model ids that belong to it; the longest one wins",
        "characteristics": "words that task kinds prefer or avoid",
        "strengths": "the same, where it is known to be good",
    },
    "FamiliesFile": {"families": "lineages of models"},
    "PriceRow": {
        "input_mtok": "USD per million tokens of input; null = unknown",
        "output_mtok": "USD per million tokens of output",
        "reasoning_mtok": "USD per million tokens of hidden reasoning; as output where it is left out",
        "cache_read_mtok": "USD per million tokens read from the provider's cache",
        "cache_write_5m_mtok": "USD per million tokens put into it for five minutes",
        "cache_write_1h_mtok": "USD per million tokens put into it for an hour",
        "per_request": "USD per call",
        "per_second": "USD per second of compute",
        "processing": "how calls are handed in",
        "over_tokens": "only for prompts of more tokens than this",
        "utc": "only between these times of the day (UTC), as in ['1630', '0030']",
        "valid_from": "first day; without one it has held since before it was first seen",
        "observed_at": "day on which it was read",
        "source": "where it was read",
        "is_disputed": "sources differ; the higher price is used",
    },
    "EndpointRow": {
        "wire": "the model's name on the wire; the endpoint's id is PROVIDER/WIRE",
        "model": "an id of models.yaml",
        "quantization": "of the weights as they are served here",
        "region": "where calls are processed",
        "host": "the upstream host to pin, at a router",
        "context_tokens": "longest prompt and answer together",
        "max_output_tokens": "longest answer",
        "capabilities": "what can be asked of it",
        "deprecated_on": "last day of service",
        "recorded_latency_s": "median s per call, as seen before",
        "prices": "rows with a day and a source; appended, never edited",
    },
    "LimitsRow": {
        "max_concurrency": "calls in flight per account, at most",
        "rpm": "requests a minute; null = not limited by us",
        "tpm": "tokens a minute; null = not limited by us",
        "timeout_s": "s before a call is given up",
    },
    "ProviderFile": {
        "id": "name of the provider; first part of its endpoints' ids",
        "name": "for people",
        "dialect": "wire format: openai_chat, anthropic_messages, google_generate",
        "base_url": "address that paths are put behind, without a slash at its end",
        "key_env": "environment variable that holds the key; null = none is needed",
        "pricing_class": "for --pricing",
        "strengths": "words for people and for rankers",
        "best_for": "words that task kinds prefer",
        "limits": "calls in flight, calls and tokens a minute, patience",
        "regions": "where calls are processed, all of them; empty = not known",
        "is_zdr": "zero data retention by default or by a field of the request; null = unknown",
        "batch": "batch dialect; null = there are no batches",
        "notes": "for people",
        "endpoints": "what it serves, with prices",
    },
    "TierRow": {
        "name": "of the tier",
        "min_usd_per_mtok": "blended list price from which it begins",
        "max_usd_per_mtok": "blended list price below which it ends; the last one has none",
    },
    "TiersFile": {"tiers": "bands of blended list price, from low to high"},
    "TaskKindRow": {
        "id": "name of the kind",
        "requires": "capabilities without which an endpoint is dropped",
        "prefers": "words that raise the rank",
        "avoids": "words that lower the rank; they drop where the client is strict",
        "min_params_b": "least size in billions of parameters; drops where the client is strict",
        "min_context_tokens": "least context",
        "scorer": "that a task of the kind takes by default",
        "margin": "that a task of the kind takes by default",
        "benchmarks": "published scores that say something about the kind",
    },
    "TaskKindsFile": {"task_kinds": "kinds of tasks"},
    "SpecialisationRow": {
        "subject": "whose prior it is",
        "id": "of the provider or family",
        "kind": "of task",
        "prior": "from -1, bad at it, to 1, good at it",
        "basis": "opinion is written by hand, measured is made from scores",
        "evidence": "what it rests on",
    },
    "SpecialisationsFile": {"specialisations": "who is good at what"},
    "BandRow": {
        "below": "complexity up to which it holds, from the band before on",
        "min_params_b": "smallest size, in billions of parameters",
        "max_params_b": "largest size, in billions of parameters",
    },
    "ComplexityFile": {
        "weights": "of a task's features; their sum is 1",
        "bands": "sizes by complexity; they rise, and the last one covers 1",
        "reasoning_words": "words that tell of reasoning",
    },
    "OffsetRow": {
        "level": "of the bound",
        "gap": "what is added to the prediction",
        "coverage": "mean share of tables that the bound held on",
        "least_coverage": "least share",
    },
    "ScalingFile": {
        "source": "what it was fitted on",
        "observed_on": "day of the fit",
        "n_tables": "tables in the fit",
        "n_models": "models in the fit",
        "min_reference_b": "a baseline is like those learnt from only from this size on, in billions of parameters",
        "knots_b": "sizes at which the slope changes, in billions of parameters",
        "intercept": "of the fit",
        "slopes": "of the pieces of log size between the knots, each at least 0",
        "architectures": "what an architecture adds",
        "families": "what a family adds",
        "offsets": "to a bound at a level",
        "kin_offsets": "how much better than a larger member of its family a model can be",
    },
}


def with_words(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what its keys mean, in place.

    Args:
        schema: of a pydantic model, its classes under `$defs` by name.
    """
    for name, part in _classes(schema):
        words = KEY_WORDS.get(name, {})
        for key, value in part.get("properties", {}).items():
            if key in words:
                value["description"] = words[key]
    return schema


def _classes(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield str(schema.get("title", "")), schema
    yield from schema.get("$defs", {}).items()
