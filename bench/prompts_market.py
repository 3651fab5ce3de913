"""The task and the catalogue of `make bench-prompts`: two real models on this machine, and many ways of asking them.

The default way is one that people write: eight worked examples, put down label by label. The others show fewer of them,
or the same in other orders, or weigh the answers by the prompt's own leaning (`calibrated`).
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.local_market import (
    AFTER_INPUT,
    BEFORE_INPUT,
    GEMMA,
    LABELS,
    SMOLLM2,
    interleaved_examples,
    provider_file,
)

PROVIDERS = {"local_gemma": GEMMA, "local_smollm2": SMOLLM2}
PRICES: dict[str, dict[str, Any]] = {
    GEMMA: {"input_mtok": 0.02, "cache_read_mtok": 0.02, "output_mtok": 0.02, "per_second": 0},
    SMOLLM2: {"input_mtok": 0.01, "cache_read_mtok": 0.01, "output_mtok": 0.01, "per_second": 0},
}
"""Made up, by size: prompts are billed by their length, as hosts bill them."""
PRICED = {"observed_at": "2026-11-23", "source": "made up"}
DEFAULT = "by-label"
BASELINE = f"local_gemma/{GEMMA}#{DEFAULT}"
MARGIN = 0.02
MIN_QUALITY = 0.8
"""What the user wants at least, and the default way of asking does not reach."""
FACTS: dict[str, dict[str, Any]] = {
    GEMMA: {"family": "gemma", "architecture": "dense", "params_b": 0.268, "is_open_weights": True},
    SMOLLM2: {"family": "smollm", "architecture": "dense", "params_b": 0.135, "is_open_weights": True},
}
PROMPTS = {
    "review": f"{{% for e in examples %}}{BEFORE_INPUT}{{{{ e.input }}}}{AFTER_INPUT} {{{{ e.target }}}}\n\n"
    f"{{% endfor %}}{BEFORE_INPUT}{{{{ input }}}}{AFTER_INPUT}",
    "question": "{% for e in examples %}{{ e.input }}\nIs this positive or negative? {{ e.target }}\n\n{% endfor %}"
    "{{ input }}\nIs this positive or negative?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What a user would have on disk."""

    task: Path
    fresh: Path
    catalogs: Path


def variants() -> list[dict[str, Any]]:
    """The ways of asking, the default first. Examples p1, n1, p2, n2, ... are positive and negative in turn."""
    positive, negative = ([f"{letter}{n}" for n in range(1, 5)] for letter in "pn")
    turns = [name for pair in zip(positive, negative, strict=True) for name in pair]
    ways: list[dict[str, Any]] = [
        {"name": DEFAULT, "prompt": "review", "examples": [*negative, *positive]},
        {"name": "by-label-back", "prompt": "review", "examples": [*positive, *negative]},
        {"name": "in-turn", "prompt": "review", "examples": turns},
        {"name": "four", "prompt": "review", "examples": turns[:4]},
        {"name": "two", "prompt": "review", "examples": turns[:2]},
        {"name": "none", "prompt": "review", "examples": "none"},
        {"name": "question", "prompt": "question", "examples": turns},
        {"name": "question-four", "prompt": "question", "examples": turns[:4]},
    ]
    weighed = (DEFAULT, "four", "two", "none", "question-four")
    return ways + [{**way, "name": f"{way['name']}-cal", "calibrated": True} for way in ways if way["name"] in weighed]


def write_files(
    folder: Path, *, items: Sequence[str], fresh: Sequence[str], training: Path, base_url: str, catalogs: Path
) -> Files:
    """Write task, fresh task and catalogue.

    Args:
        folder: an empty folder.
        items: JSON lines to search over.
        fresh: those that confirm what was found.
        training: JSONL that the examples are taken from.
        base_url: of the gateway, with /v1.
        catalogs: the installed catalogue, for its tiers and its rule of complexity.
    """
    rows = [json.loads(line) for line in training.read_text(encoding="utf-8").splitlines()]
    made = Files(task=folder / "task.yaml", fresh=folder / "fresh.yaml", catalogs=folder / "catalogs")
    (made.catalogs / "providers").mkdir(parents=True)
    for name in ("tiers.yaml", "complexity.yaml"):
        shutil.copy(catalogs / name, made.catalogs / name)
    kinds = [{"id": "classification", "scorer": "choice", "margin": MARGIN}]
    files: dict[str, dict[str, Any]] = {
        "models.yaml": {"models": [{"id": model_id, **facts} for model_id, facts in FACTS.items()]},
        "families.yaml": {"families": [{"id": facts["family"]} for facts in FACTS.values()]},
        "task_kinds.yaml": {"task_kinds": kinds},
        "specialisations.yaml": {"specialisations": []},
    }
    for provider_id, wire in PROVIDERS.items():
        provider = provider_file(provider_id, wire, base_url)
        provider["endpoints"][0] |= {"capabilities": ["logprobs"], "prices": [{**PRICES[wire], **PRICED}]}
        files[f"providers/{provider_id}.yaml"] = provider
    for name, content in files.items():
        _write(made.catalogs / name, content)
    for name, lines, path in (("items", items, made.task), ("fresh-items", fresh, made.fresh)):
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        _write(path, task_file(f"{name}.jsonl", rows))
    return made


def task_file(items: str, training: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The task: reviews to sort, one word each."""
    shown = interleaved_examples(training)
    names = [f"{'p' if row['target'] == LABELS[0] else 'n'}{at // 2 + 1}" for at, row in enumerate(shown)]
    return {
        "id": "sentiment-prompts",
        "kind": "classification",
        "items": items,
        "prompts": PROMPTS,
        "examples": [{"id": name, **row} for name, row in zip(names, shown, strict=True)],
        "variants": variants(),
        "scorer": "choice",
        "labels": list(LABELS),
        "margin": MARGIN,
        "max_output_tokens": 4,
        "requirements": {"min_quality": MIN_QUALITY},
    }


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """JSON is YAML too."""
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
