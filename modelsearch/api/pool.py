"""The starting pool: every endpoint with every prompt, what each is expected to cost, and who cannot be called."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Protocol

from modelsearch.core.candidate import DEFAULT_PROMPT, Single
from modelsearch.core.errors import BaselineError, KeyMissingError
from modelsearch.core.ids import CandidateId, PromptId, ProviderId
from modelsearch.core.market import Market, Provider
from modelsearch.core.search import Drop
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.settings import Settings

N_ITEMS_FOR_LENGTH = 64
"""Prompts whose length is averaged; enough for an order by list price."""
HIDDEN_REASONING_TOKENS = 400
"""Assumed hidden output of a model with reasoning, until its calls tell (an assumption, used for order only)."""
_CHARS_PER_TOKEN = 4
_ANSWER_OVERHEAD_TOKENS = 8


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


def candidates_of(task: TaskSpec, market: Market) -> tuple[Single, ...]:
    """Every endpoint with every prompt of the task, sorted by id; the only prompt is the default one."""
    prompt_ids = [DEFAULT_PROMPT] if len(task.prompts) == 1 else [prompt.id for prompt in task.prompts]
    singles = (
        Single(endpoint_id=endpoint_id, prompt_id=prompt_id)
        for endpoint_id in market.endpoints
        for prompt_id in prompt_ids
    )
    return tuple(sorted(singles, key=lambda single: single.id))


def baseline_of(name: str, candidates: tuple[Single, ...]) -> Single:
    """The candidate that serves the task today.

    Raises:
        BaselineError: no candidate has that id.
    """
    for candidate in candidates:
        if candidate.id == name:
            return candidate
    ids = [str(candidate.id) for candidate in candidates]
    near = get_close_matches(name, ids, 3, 0.4) or [i for i in ids if name.lower() in i.lower()][:3] or ids[:3]
    message = (
        f"--baseline: expected the id of one of {len(ids)} candidates, got {name!r}; near it: {', '.join(near)} "
        "(`modelsearch catalog list` shows all)"
    )
    raise BaselineError(message)


def list_costs_of(
    task: TaskSpec, market: Market, candidates: tuple[Single, ...], prices: PriceBook, renderer: PromptRenderer
) -> dict[CandidateId, float]:
    """Expected USD per item from list prices and the lengths of prompts and targets; unknown prices are left out."""
    costs = {}
    n_chars = {prompt.id: _mean_chars(task, renderer, prompt.id) for prompt in task.prompts}
    n_chars.setdefault(DEFAULT_PROMPT, n_chars[task.prompts[0].id])
    n_visible = _visible_tokens(task)
    for candidate in candidates:
        endpoint = market.endpoints[candidate.endpoint_id]
        hidden = HIDDEN_REASONING_TOKENS if "reasoning" in endpoint.capabilities else 0
        n_output = min(task.max_output_tokens, n_visible + hidden)
        cost = prices.expected(endpoint, n_chars[candidate.prompt_id], n_output)
        if cost is not None:
            costs[candidate.id] = cost
    return costs


def check_baseline(baseline: Single, costs: Mapping[CandidateId, float]) -> None:
    """Refuse a baseline whose price nobody knows: there is nothing to compare with.

    Raises:
        BaselineError: no price.
    """
    if baseline.id not in costs:
        message = (
            f"baseline {baseline.id!r}: its price is unknown, so no saving can be told; "
            "add its rates to the catalogue, or name another baseline"
        )
        raise BaselineError(message)


def keys_of(market: Market, settings: Settings) -> dict[ProviderId, str]:
    """The keys that the environment holds, by provider."""
    found = {provider.id: settings.key(provider.key_env) for provider in market.providers.values() if provider.key_env}
    return {provider_id: key for provider_id, key in found.items() if key is not None}


def drops_without_key(pool: Pool, keys: Mapping[ProviderId, str], *, is_baseline_known: bool) -> list[Drop]:
    """Candidates at providers whose key is not in the environment.

    Raises:
        KeyMissingError: the baseline's own key is missing, or no provider can be called at all.
    """
    market, baseline = pool.market, pool.baseline
    lacking = {p.id: p for p in market.providers.values() if p.key_env and p.id not in keys}
    home = _provider_of(baseline, market)
    if home.id in lacking and not is_baseline_known:
        raise KeyMissingError(_missing_key(f"baseline {baseline.id!r}", home))
    drops = []
    for candidate in pool.candidates:
        provider = _provider_of(candidate, market)
        if provider.id in lacking and candidate.id != baseline.id:
            reason = f"no key for {provider.name}: {provider.key_env} is not set"
            drops.append(
                Drop(candidate_id=candidate.id, reason=reason, remedy=f"set {provider.key_env}", strategy="keys")
            )
    if drops and len(drops) == len(pool.candidates) - 1:
        names = ", ".join(sorted(str(p.key_env) for p in lacking.values()))
        message = (
            f"no other provider's key is set, so no candidate can be called: set at least one of {names} "
            "(OPENROUTER_API_KEY reaches most models)"
        )
        raise KeyMissingError(message)
    return drops


def _missing_key(whose: str, provider: Provider) -> str:
    return (
        f"{whose} is served by {provider.name}, whose key is not in the environment: set {provider.key_env}, "
        "or give the answers you already have with --baseline-outcomes FILE"
    )


def _provider_of(single: Single, market: Market) -> Provider:
    return market.providers[market.endpoints[single.endpoint_id].provider_id]


def _mean_chars(task: TaskSpec, renderer: PromptRenderer, prompt_id: PromptId) -> int:
    items = task.items[:N_ITEMS_FOR_LENGTH]
    total = sum(len(m.content) for item in items for m in renderer.render(item, prompt_id))
    return max(1, total // len(items))


def _visible_tokens(task: TaskSpec) -> int:
    """Tokens of a plain answer: the length of the targets, and a little around it."""
    items = task.items[:N_ITEMS_FOR_LENGTH]
    n_chars = sum(len(str(item.target)) for item in items) / len(items)
    return _ANSWER_OVERHEAD_TOKENS + round(n_chars / _CHARS_PER_TOKEN)
