"""The starting pool: every endpoint with every prompt, and what each is expected to cost."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from modelsearch.core.candidate import DEFAULT_PROMPT, Single
from modelsearch.core.errors import BaselineError, OptionError
from modelsearch.core.ids import CandidateId, PromptId
from modelsearch.core.market import Market
from modelsearch.core.task import TaskSpec, output_limit_tokens
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer

N_ITEMS_FOR_LENGTH = 64
"""Prompts whose length is averaged; enough for an order by list price."""
HIDDEN_REASONING_TOKENS = 400
"""Assumed hidden output of a model with reasoning, until its calls tell (an assumption, used for order only)."""
_CHARS_PER_TOKEN = 4
_ANSWER_OVERHEAD_TOKENS = 8


def candidates_of(task: TaskSpec, market: Market) -> tuple[Single, ...]:
    """Every endpoint with every prompt of the task, sorted by id; the only prompt is the default one."""
    prompt_ids = [DEFAULT_PROMPT] if len(task.prompts) == 1 else [prompt.id for prompt in task.prompts]
    singles = (
        Single(endpoint_id=endpoint_id, prompt_id=prompt_id)
        for endpoint_id in market.endpoints
        for prompt_id in prompt_ids
    )
    return tuple(sorted(singles, key=lambda single: single.id))


def baseline_of(name: str, candidates: tuple[Single, ...], task: TaskSpec) -> Single:
    """The candidate that serves the task today; an endpoint's id alone means the task's first prompt.

    Raises:
        BaselineError: no candidate has that id.
    """
    by_id = {str(candidate.id): candidate for candidate in candidates}
    with_first = f"{name}#{task.prompts[0].id}"
    if name in by_id or with_first in by_id:
        return by_id.get(name) or by_id[with_first]
    ids = [str(candidate.id) for candidate in candidates]
    near = get_close_matches(name, ids, 3, 0.4) or [i for i in ids if name.lower() in i.lower()][:3] or ids[:3]
    message = (
        f"--baseline: expected the id of one of {len(ids)} candidates, got {name!r}; near it: {', '.join(near)} "
        "(`modelsearch catalog list` shows all)"
    )
    raise BaselineError(message)


def pool_of(candidates: tuple[Single, ...], baseline: Single, wanted: Collection[str]) -> tuple[Single, ...]:
    """The candidates that are wanted by id, and the baseline; all where none is named.

    Raises:
        OptionError: one that is wanted is not there.
    """
    if not wanted:
        return candidates
    missing = sorted(set(wanted) - {str(candidate.id) for candidate in candidates})
    if missing:
        message = (
            f"candidates: expected ids of some of {len(candidates)}, got {missing[0]!r} "
            "(`modelsearch catalog list` shows all endpoints)"
        )
        raise OptionError(message)
    return tuple(candidate for candidate in candidates if candidate.id in wanted or candidate == baseline)


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
        n_output = min(output_limit_tokens(task, endpoint), n_visible + hidden)
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


def _mean_chars(task: TaskSpec, renderer: PromptRenderer, prompt_id: PromptId) -> int:
    items = task.items[:N_ITEMS_FOR_LENGTH]
    total = sum(len(m.content) for item in items for m in renderer.render(item, prompt_id))
    return max(1, total // len(items))


def _visible_tokens(task: TaskSpec) -> int:
    """Tokens of a plain answer: the length of the targets, and a little around it."""
    items = task.items[:N_ITEMS_FOR_LENGTH]
    n_chars = sum(len(str(item.target)) for item in items) / len(items)
    return _ANSWER_OVERHEAD_TOKENS + round(n_chars / _CHARS_PER_TOKEN)
