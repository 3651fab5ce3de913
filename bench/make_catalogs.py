"""Writes the generated part of `catalogs/`: models, endpoints with prices, measured specialisations, JSON schemas.

    python -m bench.make_catalogs

Reads `<repo>/../shared/data/catalog/{prices,scores}.csv` (facts from models.dev, LiteLLM, genai-prices, model-prices:
all MIT; scores Apache-2.0 and MIT) and the genai-prices package. What is written by hand stays: the head of each
provider file, families, tiers, task kinds, complexity, specialisations of opinion. This is the first snapshot; later
prices are appended to these files, never put in the place of old ones. Exit 77 without the data.
"""

import re
import sys
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from bench import catalog_rows
from bench.catalog_facts import DENSE, SELF_SERVED, SIZES, Facts
from bench.catalog_rows import Csv, Offer
from bench.catalog_scores import measured, scores_by_model
from modelsearch.catalog.schema import schema_texts

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "catalog"
CATALOGS = ROOT / "catalogs"
_PLAIN = re.compile(r"^[A-Za-z_][A-Za-z0-9_./+()=-]*( [A-Za-z0-9_./+()=-]+)*$")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def main() -> int:
    if not (DATA / "prices.csv").exists():
        print(f"skipped: needs {DATA / 'prices.csv'}")
        return 77
    print(write_catalogs(DATA, CATALOGS))
    return 0


def write_catalogs(data: Path, catalogs: Path) -> str:
    """Write all that is generated into `catalogs`, which holds what is written by hand; a line on what there is."""
    offers = catalog_rows.offers(catalog_rows.read_csv(data / "prices.csv"))
    scores = scores_by_model(
        catalog_rows.read_csv(data / "scores.csv"), {offer.model for offer in offers} | set(SELF_SERVED)
    )
    models = model_rows(offers, scores, family_prefixes(catalogs / "families.yaml"))
    write_models(catalogs / "models.yaml", models)
    for provider in sorted({offer.provider for offer in offers}):
        write_endpoints(catalogs / "providers" / f"{provider}.yaml", [o for o in offers if o.provider == provider])
    families = {row["id"]: row["family"] for row in models}
    write_measured(catalogs / "specialisations.yaml", measured(scores, families))
    for name, text in schema_texts().items():
        (catalogs / "schemas" / name).write_text(text, encoding="utf-8")
    n_scores = sum(len(rows) for rows in scores.values())
    return f"{len(models)} models, {len(offers)} endpoints, {n_scores} scores of {len(scores)} models"


def model_rows(
    offers: list[Offer], scores: dict[str, list[dict[str, Any]]], families: list[tuple[str, str]]
) -> list[dict[str, Any]]:
    """One row per model, sorted by id; facts from OpenRouter's row first, then from the others."""
    rows: dict[str, list[Csv]] = {}
    for offer in sorted(offers, key=lambda offer: (offer.provider != "openrouter", offer.provider, offer.wire)):
        rows.setdefault(offer.model, []).append(offer.facts)
    for model in SELF_SERVED:
        rows.setdefault(model, [])
    return [model_row(model, rows[model], families) | {"scores": scores.get(model, [])} for model in sorted(rows)]


def model_row(model: str, rows: list[Csv], families: list[tuple[str, str]]) -> dict[str, Any]:
    """What is known of a model's weights; absent = unknown."""
    named = Facts(first_size(rows, "params_b"), first_size(rows, "active_params_b"))
    known = SIZES | SELF_SERVED
    params, active, tokens = known.get(model, named)
    openness = {"True"} if model in SELF_SERVED else {row["open_weights"] for row in rows} - {""}
    released = min((row["release_date"] for row in rows if len(row["release_date"]) == 10), default="")
    row: dict[str, Any] = {
        "id": model,
        "family": next((family for prefix, family in families if model.startswith(prefix)), "other"),
        "architecture": "moe" if active else "dense" if DENSE.match(model) else None,
        "params_b": number(params),
        "active_params_b": number(active),
        "training_tokens_t": number(tokens),
        "released": date.fromisoformat(released) if released else None,
        "modalities_in": modalities(rows),
        "is_open_weights": "True" in openness if openness else None,
        "facts_source": "model card" if model in known else "name" if params else None,
    }
    return {key: value for key, value in row.items() if value is not None}


def modalities(rows: list[Csv]) -> list[str] | None:
    """Input kinds beside text, where a source lists any; None where there is text only."""
    listed = next((row["modalities_in"] for row in rows if row["modalities_in"]), "text").split("|")
    return sorted({"text", *listed}, key=("text", "image", "audio", "video", "pdf").index) if len(listed) > 1 else None


def first_size(rows: list[Csv], key: str) -> float | None:
    """Billions of parameters as the sources read them from the name."""
    return next((float(row[key]) for row in rows if row[key]), None)


def family_prefixes(path: Path) -> list[tuple[str, str]]:
    """Prefix and family, the longest prefix first."""
    families = yaml.safe_load(path.read_text(encoding="utf-8"))["families"]
    pairs = [(prefix, family["id"]) for family in families for prefix in family.get("prefixes", ())]
    return sorted(pairs, key=lambda pair: (-len(pair[0]), pair))


def write_models(path: Path, rows: list[dict[str, Any]]) -> None:
    head = (
        "# yaml-language-server: $schema=schemas/models.schema.json\n"
        "# Weights with a version, whoever serves them. Generated by bench/make_catalogs.py; absent = unknown.\n"
        "models:\n"
    )
    path.write_text(head + "".join(block(row, "scores") for row in rows), encoding="utf-8")


def write_endpoints(path: Path, offers: list[Offer]) -> None:
    """The `endpoints` list of a provider file; what stands above it is written by hand."""
    head = path.read_text(encoding="utf-8").split("\nendpoints:")[0]
    rows = "".join(block(endpoint_row(offer), "prices") for offer in offers)
    path.write_text(f"{head}\nendpoints:\n{rows}", encoding="utf-8")


def endpoint_row(offer: Offer) -> dict[str, Any]:
    row: dict[str, Any] = {
        "wire": offer.wire,
        "model": offer.model,
        "quantization": catalog_rows.quantization(offer),
        "host": offer.host,
        "context_tokens": count(offer.facts["context"]),
        "max_output_tokens": count(offer.facts["max_output"]),
        "capabilities": catalog_rows.capabilities(offer) or None,
        "deprecated_on": catalog_rows.deprecated_on(offer.facts),
        "prices": offer.prices,
    }
    return {key: value for key, value in row.items() if value is not None}


def write_measured(path: Path, rows: list[dict[str, Any]]) -> None:
    """Measured rows after the rows of opinion, which stay as they are."""
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if "basis: measured" not in line]
    path.write_text("\n".join(kept) + "\n" + "".join(f"- {flow(row)}\n" for row in rows), encoding="utf-8")


def block(row: dict[str, Any], inner: str) -> str:
    """One list entry: its keys in one flow mapping a line or, where it holds rows (`inner`), these below it."""
    lines = [f"{key}: {flow(value)}" for key, value in row.items() if key != inner]
    if row.get(inner):
        lines += [f"{inner}:", *(f"- {flow(each)}" for each in row[inner])]
    return "- " + "\n  ".join(lines) + "\n"


def flow(value: Any) -> str:
    """A value on one line of YAML; decimals exact and without exponent."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items() if each != "") + "}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    if not isinstance(value, str):
        return text
    return text if _PLAIN.match(text) and text.lower() not in _WORDS else '"' + text.replace('"', '\\"') + '"'


def number(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(f"{value:g}")


def count(text: str) -> int | None:
    return int(float(text)) or None if text else None


if __name__ == "__main__":
    sys.exit(main())
