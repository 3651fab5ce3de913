"""Published scores by model, and what they say about families at kinds of tasks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import Any, NamedTuple

from bench.catalog_facts import SAME_MODEL

Csv = dict[str, str]


class Kept(NamedTuple):
    """A metric that we keep, under our name; `is_bad` = lower is better, turned round to 1 - value."""

    metric: str
    is_bad: bool = False


KEPT = {
    ("aider-polyglot", "pass_rate_2"): Kept("pass_rate_2"),
    ("aider-edit", "pass_rate_2"): Kept("pass_rate_2"),
    ("aider-refactor", "pass_rate_1"): Kept("pass_rate_1"),
    ("bfcl-v4", "overall_acc"): Kept("overall_acc"),
    ("vectara-hhem", "hallucination_rate"): Kept("consistency_rate", is_bad=True),
    ("swe-bench-verified", "resolved"): Kept("resolved"),
    ("swe-bench-verified", "percent_resolved"): Kept("resolved"),
    ("swe-bench-pro", "resolve_rate"): Kept("resolved"),
    ("swe-bench-pro", "percent_resolved"): Kept("resolved"),
    ("swe-bench-pro-public", "resolve_rate"): Kept("resolved"),
    ("swe-bench-multilingual", "percent_resolved"): Kept("resolved"),
    ("terminal-bench-2-1", "percent"): Kept("score"),
    ("terminal-bench-2.1", "success_rate@Terminus-2"): Kept("score"),
    ("gpqa-diamond", "score"): Kept("score"),
    ("humanity-s-last-exam", "score"): Kept("score"),
    ("livecodebench", "score"): Kept("score"),
    ("scicode", "score"): Kept("score"),
}
# Benchmark, its metric and the kind of task that it tells most about.
MEASURES = (
    ("aider_polyglot", "coding"),
    ("bfcl_v4", "extraction"),
    ("vectara_hhem", "summarisation"),
)
MIN_MODELS = 3


def scores_by_model(rows: Iterable[Csv], known: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Score rows of each model of the catalogue; scores of a variant that is no model of its own carry its name."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        kept = KEPT.get((row["benchmark"], row["metric"]))
        if kept is None or row["unit"] != "percent":
            continue
        model, variant = _model_of(row, known)
        if model is not None:
            found[model].append(_score(row, kept, variant))
    return {model: _best_first(scores) for model, scores in sorted(found.items())}


def measured(scores: Mapping[str, Sequence[dict[str, Any]]], families: Mapping[str, str]) -> list[dict[str, Any]]:
    """A prior for each family with enough scored models: the family's median rank among all scored models."""
    priors = []
    for benchmark, kind in MEASURES:
        best = {
            model: max(s["value"] for s in rows if s["benchmark"] == benchmark)
            for model, rows in scores.items()
            if any(s["benchmark"] == benchmark for s in rows)
        }
        by_family = defaultdict(list)
        for model, value in best.items():
            by_family[families[model]].append(value)
        for family, values in sorted(by_family.items()):
            if len(values) >= MIN_MODELS and family != "other":
                priors.append(_prior(family, kind, benchmark, (median(values), len(values), sorted(best.values()))))
    return priors


def _prior(family: str, kind: str, benchmark: str, found: tuple[Any, int, list[Any]]) -> dict[str, Any]:
    middle, n_models, everyone = found
    below = sum(value < middle for value in everyone) + sum(value == middle for value in everyone) / 2
    rank = below / len(everyone)
    return {
        "subject": "family",
        "id": family,
        "kind": kind,
        "prior": Decimal(str(round(rank - 0.5, 2))),
        "basis": "measured",
        "evidence": f"median {benchmark} {middle:.3f} of {n_models} models: rank {rank:.2f} in {len(everyone)} scored",
    }


def _model_of(row: Csv, known: set[str]) -> tuple[str | None, str]:
    name, variant = row["canonical_id"], row["variant"]
    joined = "-".join([name, *variant.split()])
    for candidate in (SAME_MODEL.get(joined, joined), joined):
        if variant and candidate in known:
            return candidate, ""
    base = SAME_MODEL.get(name, name)
    return (base, variant) if base in known else (None, "")


def _score(row: Csv, kept: Kept, variant: str) -> dict[str, Any]:
    share = Decimal(row["value"]) / 100
    return {
        "benchmark": row["benchmark"].replace("-", "_").replace(".", "_"),
        "metric": kept.metric,
        "value": (1 - share if kept.is_bad else share).quantize(Decimal("0.0001")).normalize(),
        "variant": variant,
        "observed_on": row["date"],
        "source": f"{row['source']} ({row['licence'].split(' (')[0]})",
    }


def _best_first(scores: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per benchmark, metric and variant: the best of repeated runs; in a stable order."""
    best: dict[tuple[str, str, str], dict[str, Any]] = {}
    for score in scores:
        key = (score["benchmark"], score["metric"], score["variant"])
        if key not in best or score["value"] > best[key]["value"]:
            best[key] = score
    return [best[key] for key in sorted(best)]
