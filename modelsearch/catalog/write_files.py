"""A market as a folder of catalogue files, which `load_market` reads back: for emulated markets, whose addresses are
known only once they are served.

Endpoints are named `<provider>/<wire name>` there, as in every catalogue folder. What files of other markets are
needed for is left out: specialisations, and the words that task kinds prefer and avoid.
"""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from modelsearch.catalog.schema import PRICE_KEYS
from modelsearch.core.market import Endpoint, Market, Model, Provider, Rate, TaskKind, Tier

_OTHER = "other"
_KEYS = {kind: key for key, kind in PRICE_KEYS.items()}


class _Dumper(yaml.SafeDumper):
    """SafeDumper that writes a Decimal as the number that it is."""


def _decimal(dumper: _Dumper, value: Decimal) -> yaml.ScalarNode:
    text = f"{value.normalize():f}"
    return dumper.represent_scalar("tag:yaml.org,2002:float", text if "." in text else f"{text}.0")


_Dumper.add_representer(Decimal, _decimal)


def write_catalogs(market: Market, folder: Path, *, key_env: str | None = None) -> None:
    """Write all files of a catalogue; those that are there are replaced.

    Args:
        market: models, providers, endpoints, tiers and task kinds are written, and its complexity rule.
        folder: made where it is missing.
        key_env: variable of the key, for providers of `market` that name none and are no local ones.

    Raises:
        OSError: the folder cannot be written to.
    """
    (folder / "providers").mkdir(parents=True, exist_ok=True)
    models = {e.model_id: Model(id=e.model_id, family=_OTHER) for e in market.endpoints.values()} | dict(market.models)
    _write(folder / "models.yaml", {"models": [_model(model) for model in models.values()]})
    prefixes = {model.family: () for model in models.values()} | {f.id: f.prefixes for f in market.families.values()}
    families = [{"id": _word(name), "prefixes": list(each)} for name, each in prefixes.items()]
    _write(folder / "families.yaml", {"families": families})
    tiers = market.tiers or (Tier(name="any", min_usd_per_mtok=Decimal(0), max_usd_per_mtok=None),)
    _write(folder / "tiers.yaml", {"tiers": [_stated(_fields(tier)) for tier in tiers]})
    _write(folder / "task_kinds.yaml", {"task_kinds": [_kind(kind) for kind in market.task_kinds.values()]})
    _write(folder / "specialisations.yaml", {"specialisations": []})
    _write(folder / "complexity.yaml", _complexity(market))
    for provider in market.providers.values():
        own = [endpoint for endpoint in market.endpoints.values() if endpoint.provider_id == provider.id]
        _write(folder / "providers" / f"{provider.id}.yaml", _provider(provider, own, key_env))


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _stated(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what is unknown or empty, and with lists for sets and tuples."""
    plain = {
        k: sorted(v) if isinstance(v, frozenset) else list(v) if isinstance(v, tuple) else v for k, v in fields.items()
    }
    return {key: value for key, value in plain.items() if value not in (None, [], {}, "")}


def _word(name: str) -> str:
    return name.lower().replace("-", "_")


def _model(model: Model) -> dict[str, Any]:
    scores = [
        _stated(_fields(score)) | {"benchmark": _word(score.benchmark), "source": score.source or "unknown"}
        for score in model.scores
    ]
    return _stated(_fields(model) | {"family": _word(model.family), "scores": scores})


def _kind(kind: TaskKind) -> dict[str, Any]:
    fields = {name: value for name, value in _fields(kind).items() if name not in {"prefers", "avoids"}}
    return _stated(fields)


def _complexity(market: Market) -> dict[str, Any]:
    rule = market.complexity
    if rule is None:
        return {"weights": {"any": 1.0}, "bands": [{"below": 1.01}]}
    bands = [_stated(_fields(band)) for band in rule.bands]
    return _stated({"weights": dict(rule.weights), "bands": bands, "reasoning_words": rule.reasoning_words})


def _provider(provider: Provider, endpoints: Iterable[Endpoint], key_env: str | None) -> dict[str, Any]:
    fields = _fields(provider)
    limits = {name: fields.pop(name) for name in ("max_concurrency", "rpm", "tpm", "timeout_s")}
    named = provider.key_env or (None if provider.pricing_class == "local" else key_env)
    rows = [_endpoint(endpoint) for endpoint in endpoints]
    return {"key_env": named} | _stated(fields | {"key_env": named, "limits": _stated(limits), "endpoints": rows})


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    fields = _fields(endpoint)
    for name in ("id", "provider_id", "rates", "model_id", "wire_name"):
        del fields[name]
    names = {"wire": endpoint.wire_name, "model": endpoint.model_id}
    return names | _stated(fields) | {"prices": list(_prices(endpoint.rates).values())}


def _prices(rates: Iterable[Rate]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """One row for all rates that hold together."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for rate in rates:
        condition: dict[str, Any] = {
            "processing": rate.processing,
            "over_tokens": rate.min_prompt_tokens,
            "utc": None if rate.utc_window is None else list(rate.utc_window),
            "valid_from": rate.valid_from,
            "observed_at": rate.observed_at,
            "source": rate.source or "unknown",
            "is_disputed": rate.is_disputed,
        }
        row = rows.setdefault(tuple(map(str, condition.values())), _stated(condition))
        row[_KEYS[rate.kind]] = rate.usd
    return rows
