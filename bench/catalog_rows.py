"""prices.csv and genai-prices become endpoint rows: what is ours, which model it is, and what it costs."""

import csv
import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from bench import catalog_genai
from bench.catalog_facts import (
    MAKERS,
    NOT_ADDED,
    NOT_CHAT_AT_OPENAI,
    NOT_OURS,
    OPENAI_REASONING,
    OPENROUTER_HOSTS,
    PROVIDERS,
    SAME_MODEL,
    SERVING_WORDS,
    quantization_of,
)

Csv = dict[str, str]
PriceDict = dict[str, Any]
_CLAUDE = re.compile(r"^(claude-\w+-\d)-(\d)$")
_DATED = re.compile(r"^(20\d{6}|20\d\d-\d\d-\d\d)$")
_NEVER = date(2090, 1, 1)
_RECENT = date(2026, 9, 1)  # what ended before is left out; what ended since stays, so that its spend keeps a price
_CAPABILITIES = ("tools", "json_schema", "reasoning", "no_temperature", "seed", "logprobs", "prompt_cache")
_DISPUTE = Decimal("0.02")


class Offer(NamedTuple):
    """An endpoint before it is written: its row of prices.csv (or the one it borrows facts from) and its prices."""

    provider: str
    wire: str
    model: str
    facts: Csv
    prices: list[PriceDict]
    host: str | None = None


def read_csv(path: Path) -> list[Csv]:
    """All rows."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def offers(rows: list[Csv]) -> list[Offer]:
    """Every endpoint that goes into the catalogue, sorted by provider and wire name."""
    lone = _lone_dates(rows)
    found = {}
    for row in rows:
        if _is_ours(row):
            offer = _offer(row, lone)
            found[offer.provider, offer.wire] = offer
    gone = {(PROVIDERS.get(row["provider"], ""), _model_id(row, lone)) for row in rows if not _is_ours(row)}
    for offer in _added(list(found.values()), gone):
        found.setdefault((offer.provider, offer.wire), offer)
    return [_completed_offer(found[key], found) for key in sorted(found)]


def capabilities(offer: Offer) -> list[str]:
    """Flags in the catalogue's order; OpenAI's reasoning models take no temperature and another length key."""
    flags = set(offer.facts["capabilities"].split("|"))
    name = offer.wire.removeprefix("openai/")
    is_reasoning = OPENAI_REASONING.match(name) and "chat" not in name and offer.provider in ("openai", "openrouter")
    if is_reasoning and (offer.provider == "openai" or offer.wire.startswith("openai/")):
        flags |= {"reasoning", "no_temperature"}
        flags -= {"logprobs"}
        flags |= {"max_completion_tokens"} if offer.provider == "openai" else set()
    return [flag for flag in (*_CAPABILITIES, "max_completion_tokens") if flag in flags]


def deprecated_on(row: Csv) -> date | None:
    """The last day of service; the sources' sentinels of 2098 mean none."""
    text = row["deprecation_date"]
    day = date.fromisoformat(text) if text else None
    return day if day is None or day < _NEVER else None


def quantization(offer: Offer) -> str | None:
    """As the name says."""
    return quantization_of(offer.provider, offer.wire)


def _completed_offer(offer: Offer, found: dict[tuple[str, str], Offer]) -> Offer:
    """What other rows tell: OpenAI's lack what OpenRouter lists (seed, logprobs); hosts are known by the makers."""
    if offer.provider == "openrouter":
        return offer._replace(host=_host_of(offer, found))
    listed = found.get(("openrouter", f"openai/{offer.wire}")) if offer.provider == "openai" else None
    if listed is None:
        return offer
    flags = f"{offer.facts['capabilities']}|{listed.facts['capabilities']}"
    return offer._replace(facts=offer.facts | {"capabilities": flags})


def _host_of(offer: Offer, found: dict[tuple[str, str], Offer]) -> str | None:
    """The maker, where it still serves this proprietary model itself; None where hosts compete or are not known."""
    maker, host = OPENROUTER_HOSTS.get(offer.wire.split("/")[0], ("", ""))
    if not host or offer.facts["open_weights"] == "True" or "gpt-oss" in offer.wire:
        return None
    served = {each.model for each in found.values() if each.provider == maker and not each.facts["deprecation_date"]}
    return host if offer.model in served else None


def _is_ours(row: Csv) -> bool:
    provider = PROVIDERS.get(row["provider"])
    wire = row["model_id"]
    if provider is None or NOT_OURS.search(wire.lower()) or row["modalities_out"] not in ("text", ""):
        return False
    if provider == "openai" and NOT_CHAT_AT_OPENAI.search(wire):
        return False
    if not Decimal(row["in_usd_mtok"]) or not Decimal(row["out_usd_mtok"]):
        return False
    last = deprecated_on(row)
    return (last is None or last >= _RECENT) and _is_attested(row, provider)


def _is_attested(row: Csv, provider: str) -> bool:
    """Active in a listing; deprecated with a day; or in LiteLLM and another source, or a dated snapshot of a maker."""
    if row["status"] in ("active", "beta"):
        return True
    if row["status"] == "deprecated":
        return bool(row["deprecation_date"])
    if row["status"]:
        return False
    is_known = provider in MAKERS and row["model_id"] in catalog_genai.models_of(provider)
    return (is_known and not NOT_ADDED.search(row["model_id"])) or provider in ("openai", "anthropic")


def _lone_dates(rows: list[Csv]) -> set[str]:
    """Canonical ids of which a maker has one dated snapshot: the date says nothing there."""
    dates: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["provider"] in ("openai", "anthropic"):
            dates[row["canonical_id"]] |= {word for word in row["variant"].split() if _DATED.match(word)}
    return {name for name, known in dates.items() if len(known) == 1}


def _model_id(row: Csv, lone: set[str]) -> str:
    name = row["canonical_id"]
    if row["provider"] == "fireworks-ai":
        name = re.sub(r"(\d)p(\d)", r"\1-\2", name)
    words = [word for word in row["variant"].split() if word not in SERVING_WORDS]
    if name in lone:
        words = [word for word in words if not _DATED.match(word)]
    joined = "-".join([name, *words])
    return SAME_MODEL.get(joined, joined)


def _offer(row: Csv, lone: set[str]) -> Offer:
    provider = PROVIDERS[row["provider"]]
    wire = row["model_id"]
    known = catalog_genai.price_rows(provider, wire) if provider != "openrouter" else []
    prices = _reconciled(_csv_prices(row), known)
    return Offer(provider=provider, wire=wire, model=_model_id(row, lone), facts=row, prices=prices)


def _added(known: list[Offer], gone: set[tuple[str, str]]) -> list[Offer]:
    """Makers' own endpoints that only genai-prices has, where OpenRouter lists the same model of the same maker."""
    listed = {offer.wire: offer for offer in known if offer.provider == "openrouter"}
    ends = {(offer.provider, offer.model): day for offer in known if (day := offer.facts["deprecation_date"])}
    added = []
    for provider, author in MAKERS.items():
        for wire in sorted(catalog_genai.models_of(provider)):
            dotted = _CLAUDE.sub(r"\1.\2", wire)
            sibling = listed.get(f"{author}/{dotted}")
            rows = catalog_genai.price_rows(provider, wire)
            if not sibling or not rows or _is_withdrawn(provider, wire, sibling.model, gone):
                continue
            end = ends.get((provider, sibling.model), sibling.facts["deprecation_date"])
            added.append(
                Offer(provider, wire, sibling.model, sibling.facts | {"deprecation_date": end}, _completed(rows))
            )
    return added


def _is_withdrawn(provider: str, wire: str, model: str, gone: set[tuple[str, str]]) -> bool:
    is_other = provider == "openai" and NOT_CHAT_AT_OPENAI.search(wire)
    return bool(is_other or NOT_ADDED.search(wire) or (provider, model) in gone)


def _csv_prices(row: Csv) -> list[PriceDict]:
    """Base, longer prompt and batch rows of one row of prices.csv; of two prices in dispute the higher."""
    stamp = {"observed_at": _day(row["as_of"]), "source": row["source"]}
    if row["price_conflict"] == "y":
        stamp["is_disputed"] = True
    base = _stated(
        input_mtok=_higher(row, "in"),
        output_mtok=_higher(row, "out"),
        cache_read_mtok=row["cache_read_usd_mtok"],
        cache_write_5m_mtok=row["cache_write_usd_mtok"],
    )
    rows = [base | stamp]
    if row["tier_over_tokens"]:
        tier = _stated(input_mtok=row["tier_in_usd_mtok"], output_mtok=row["tier_out_usd_mtok"])
        rows.append(tier | {"over_tokens": int(float(row["tier_over_tokens"]))} | stamp)
    if row["batch_in_usd_mtok"] and row["batch_out_usd_mtok"]:
        batch = _stated(input_mtok=row["batch_in_usd_mtok"], output_mtok=row["batch_out_usd_mtok"])
        rows.append(batch | {"processing": "batch"} | stamp | {"source": f"{row['source']} ({row['batch_basis']})"})
    return _completed(rows)


def _reconciled(ours: list[PriceDict], theirs: list[PriceDict]) -> list[PriceDict]:
    """genai-prices where it knows the price of prices.csv (it has more conditions), else the dearer one, disputed."""
    if not theirs:
        return ours
    theirs = _completed([*theirs, *_lacking(ours, theirs)])
    base = ours[0]
    peers = [row for row in theirs if "processing" not in row and "over_tokens" not in row and "input_mtok" in row]
    if any(_is_near(base, row) for row in peers):
        return [row | {"source": f"{row['source']}+{base['source']}"} for row in theirs]
    newest = peers[-1]
    dearer = theirs if _blend(newest) > _blend(base) else ours
    return [row | {"is_disputed": True} for row in dearer]


def _lacking(ours: list[PriceDict], theirs: list[PriceDict]) -> list[PriceDict]:
    has_batch = any("processing" in row for row in theirs)
    return [] if has_batch else [row for row in ours if "processing" in row and "over_tokens" not in row]


def _completed(rows: list[PriceDict]) -> list[PriceDict]:
    """Longer prompts: token prices that a source leaves out grow as input does, batch rows as the standard ones do."""
    base = next(row for row in rows if "over_tokens" not in row and "processing" not in row)
    tiers = [_filled(row, base) if "processing" not in row and "over_tokens" in row else row for row in rows]
    for batch in [row for row in tiers if "processing" in row and "over_tokens" not in row]:
        have = {row.get("over_tokens") for row in tiers if "processing" in row}
        for tier in [row for row in tiers if "processing" not in row and row.get("over_tokens") not in have]:
            if "over_tokens" in tier:
                grown = {key: _ratio(batch[key] * tier[key], base[key]) for key in _token_keys(batch) if key in base}
                tiers.append(batch | grown | {"over_tokens": tier["over_tokens"]})
    return tiers


def _filled(row: PriceDict, base: PriceDict) -> PriceDict:
    growth = {
        key: _ratio(base[key] * row["input_mtok"], base["input_mtok"]) for key in _token_keys(base) if key not in row
    }
    return row | growth | ({"source": f"{row['source']} (cache grown as input)"} if growth else {})


def _ratio(product: Decimal, base: Decimal) -> Decimal:
    return (product / base).quantize(Decimal("1e-9")).normalize()


def _token_keys(row: PriceDict) -> list[str]:
    return [key for key in row if key.endswith("_mtok")]


def _is_near(a: PriceDict, b: PriceDict) -> bool:
    return all(abs(a[key] - b[key]) <= _DISPUTE * max(a[key], b[key]) for key in ("input_mtok", "output_mtok"))


def _blend(row: PriceDict) -> Decimal:
    return Decimal(3 * row["input_mtok"] + row["output_mtok"])


def _higher(row: Csv, side: str) -> str:
    alternative = row[f"alt_{side}_usd_mtok"] if row["price_conflict"] == "y" else ""
    return max(row[f"{side}_usd_mtok"], alternative or "0", key=Decimal)


def _stated(**texts: str) -> PriceDict:
    """Prices that are given; the sources write 0 for what they do not charge apart, which is no price."""
    return {key: Decimal(text).normalize() for key, text in texts.items() if text and Decimal(text)}


def _day(text: str) -> date:
    return date.fromisoformat(text if len(text) == 10 else f"{text}-01")
