"""Who can be called: keys in the environment, what goes without one, and whom a resumed run still needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from modelsearch.core.candidate import Single, singles_of
from modelsearch.core.errors import KeyMissingError, StoppedError
from modelsearch.core.ids import CandidateId, ProviderId
from modelsearch.core.market import Market, Provider
from modelsearch.core.search import Drop
from modelsearch.search.fold import Fold
from modelsearch.settings import Settings


class Pool(Protocol):
    """What a source tells of its pool."""

    @property
    def market(self) -> Market:
        """All endpoints."""

    @property
    def candidates(self) -> tuple[Single, ...]:
        """The starting pool."""

    @property
    def baseline(self) -> Single:
        """What serves the task today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many of the task's items the baseline's outcomes are known of before the search."""

    n_known: int = 0
    n_items: int = 1

    @property
    def is_full(self) -> bool:
        """Whether the baseline need not be called at all."""
        return self.n_known >= self.n_items


NOTHING_KNOWN = Coverage()


def keys_of(market: Market, settings: Settings) -> dict[ProviderId, str]:
    """The keys that the environment holds, by provider."""
    found = {provider.id: settings.key(provider.key_env) for provider in market.providers.values() if provider.key_env}
    return {provider_id: key for provider_id, key in found.items() if key is not None}


def drops_without_key(pool: Pool, keys: Mapping[ProviderId, str], known: Coverage = NOTHING_KNOWN) -> list[Drop]:
    """Candidates at providers whose key is not in the environment.

    Args:
        pool: the starting pool.
        keys: those that are there.
        known: of the baseline; its own key is not needed where every item is known.

    Raises:
        KeyMissingError: the baseline's own key is missing, or no provider can be called at all.
    """
    market, baseline = pool.market, pool.baseline
    lacking = _lacking(market, keys)
    home = _provider_of(baseline, market)
    if home.id in lacking and not known.is_full:
        raise KeyMissingError(_missing_key(baseline, home, known))
    drops = [
        _drop(candidate.id, provider)
        for candidate in pool.candidates
        if candidate.id != baseline.id and (provider := _provider_of(candidate, market)).id in lacking
    ]
    if drops and len(drops) == len(pool.candidates) - 1:
        names = ", ".join(sorted(str(p.key_env) for p in lacking.values()))
        message = (
            f"no other provider's key is set, so no candidate can be called: set at least one of {names} "
            "(OPENROUTER_API_KEY reaches most models)"
        )
        raise KeyMissingError(message)
    return drops


def check_live_keys(fold: Fold, keys: Mapping[ProviderId, str]) -> None:
    """Refuse to go on with a run while a candidate that may still be called has no key.

    Raises:
        StoppedError: naming the variables; nothing that was paid is lost.
    """
    market, candidates = fold.setting.market, fold.candidates
    lacking = _lacking(market, keys)
    wanted: dict[ProviderId, list[CandidateId]] = {}
    for candidate_id in dict.fromkeys((fold.setting.baseline_id, *fold.pool)):
        for single in singles_of(candidates[candidate_id]):
            provider = _provider_of(single, market)
            if provider.id in lacking and not all(fold.is_known(single.id, item) for item in fold.setting.item_ids):
                wanted.setdefault(provider.id, []).append(candidate_id)
    if not wanted:
        return
    told = "; ".join(
        f"{lacking[provider_id].key_env} for {lacking[provider_id].name} ({', '.join(dict.fromkeys(ids))})"
        for provider_id, ids in sorted(wanted.items())
    )
    message = (
        f"candidates of this run that are still in the race cannot be called without their key: set {told}, and "
        "resume; nothing that was paid is lost"
    )
    raise StoppedError(message)


def _lacking(market: Market, keys: Mapping[ProviderId, str]) -> dict[ProviderId, Provider]:
    """Providers that ask for a key that is not there."""
    return {p.id: p for p in market.providers.values() if p.key_env and p.id not in keys}


def _drop(candidate_id: CandidateId, provider: Provider) -> Drop:
    reason = f"no key for {provider.name}: {provider.key_env} is not set"
    return Drop(candidate_id=candidate_id, reason=reason, remedy=f"set {provider.key_env}", strategy="keys")


def _missing_key(baseline: Single, provider: Provider, known: Coverage) -> str:
    whose = (
        f"baseline {baseline.id!r} is served by {provider.name}, whose key is not in the environment: "
        f"set {provider.key_env}"
    )
    if known.n_known:
        return f"{whose}, or complete --baseline-outcomes, which covers {known.n_known} of {known.n_items} items"
    return f"{whose}, or give the answers you already have of all items with --baseline-outcomes FILE"


def _provider_of(single: Single, market: Market) -> Provider:
    return market.providers[market.endpoints[single.endpoint_id].provider_id]
