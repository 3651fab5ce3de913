"""The task and the catalogue of `make local`, as the files that a user would write: three endpoints, two prompts."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GEMMA, SMOLLM2, CLASSIFIER = "gemma-3-270m", "smollm2-135m-instruct", "tfidf-logistic-regression"
PROVIDERS = {"local_gemma": GEMMA, "local_smollm2": SMOLLM2, "local_classifier": CLASSIFIER}
"""One account for each server, so that all three are busy at once and each has one call at a time."""
BASELINE = f"local_gemma/{GEMMA}#interleaved"
LABELS = ("positive", "negative")
EXAMPLES_PER_LABEL = 4
EXAMPLE_CHARS = (30, 70)
BEFORE_INPUT, AFTER_INPUT = "Review: ", "\nSentiment:"
USD_PER_CPU_S = "0.0001"
TIMEOUT_S = 60
MARGIN = 0.02
_SHOT = f"{BEFORE_INPUT}{{{{ e.input }}}}{AFTER_INPUT} {{{{ e.target }}}}\n\n"
_ASK = f"{BEFORE_INPUT}{{{{ input }}}}{AFTER_INPUT}"
PROMPTS = {
    "interleaved": f"{{% for e in examples %}}{_SHOT}{{% endfor %}}{_ASK}",
    "grouped": "{% for label in labels %}{% for e in examples if e.target == label %}"
    f"{_SHOT}{{% endfor %}}{{% endfor %}}{_ASK}",
}
_MODELS: dict[str, dict[str, Any]] = {
    GEMMA: {"family": "gemma", "architecture": "dense", "params_b": 0.268, "is_open_weights": True},
    SMOLLM2: {"family": "smollm", "architecture": "dense", "params_b": 0.135, "is_open_weights": True},
    CLASSIFIER: {"family": "bag_of_words", "is_open_weights": True},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The files of a search."""

    task: Path
    catalogs: Path


def interleaved_examples(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The first short rows of each label in turn: positive, negative, positive, ..."""
    shortest, longest = EXAMPLE_CHARS
    fit = [row for row in rows if shortest <= len(row["input"]) <= longest]
    by_label = [[row for row in fit if row["target"] == label][:EXAMPLES_PER_LABEL] for label in LABELS]
    return [{"input": row["input"], "target": row["target"]} for turn in zip(*by_label, strict=True) for row in turn]


def task_file(items: Path, examples: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The task: reviews to sort, one word each."""
    return {
        "id": "sentiment-local",
        "kind": "classification",
        "items": str(items),
        "prompts": PROMPTS,
        "examples": list(examples),
        "scorer": "choice",
        "labels": list(LABELS),
        "margin": MARGIN,
        "max_output_tokens": 4,
    }


def provider_file(provider_id: str, wire: str, base_url: str) -> dict[str, Any]:
    """A provider with one endpoint, priced by the CPU second; tokens cost nothing."""
    price = {"input_mtok": 0, "output_mtok": 0, "per_second": USD_PER_CPU_S}
    dated = {**price, "observed_at": "2026-11-23", "source": "own machine"}
    return {
        "id": provider_id,
        "name": f"{wire} on this machine",
        "dialect": "openai_chat",
        "base_url": base_url,
        "key_env": None,
        "pricing_class": "local",
        "limits": {"max_concurrency": 1, "rpm": None, "tpm": None, "timeout_s": TIMEOUT_S},
        "endpoints": [{"wire": wire, "model": wire, "context_tokens": 2048, "prices": [dated]}],
    }


def write_inputs(folder: Path, *, items: Path, training: Path, base_url: str, catalogs: Path) -> Inputs:
    """Write task and catalogue.

    Args:
        folder: an empty folder.
        items: JSONL with the items to search over.
        training: JSONL that the examples of the prompts are taken from.
        base_url: of the gateway, with /v1.
        catalogs: the installed catalogue, for its tiers and its rule of complexity.
    """
    rows = [json.loads(line) for line in training.read_text(encoding="utf-8").splitlines()]
    inputs = Inputs(task=folder / "sentiment.yaml", catalogs=folder / "catalogs")
    (inputs.catalogs / "providers").mkdir(parents=True)
    for name in ("tiers.yaml", "complexity.yaml"):
        shutil.copy(catalogs / name, inputs.catalogs / name)
    files: dict[str, dict[str, Any]] = {
        "models.yaml": {"models": [{"id": model_id, **facts} for model_id, facts in _MODELS.items()]},
        "families.yaml": {"families": [{"id": facts["family"]} for facts in _MODELS.values()]},
        "task_kinds.yaml": {"task_kinds": [{"id": "classification", "scorer": "choice", "margin": MARGIN}]},
        "specialisations.yaml": {"specialisations": []},
    }
    for provider_id, wire in PROVIDERS.items():
        files[f"providers/{provider_id}.yaml"] = provider_file(provider_id, wire, base_url)
    for name, content in files.items():
        _write(inputs.catalogs / name, content)
    _write(inputs.task, task_file(items, interleaved_examples(rows)))
    return inputs


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """JSON is YAML too."""
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
