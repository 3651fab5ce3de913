"""The starting pool: every endpoint with every prompt, and what each is expected to cost."""

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from modelsearch.core.candidate import DEFAULT_PROMPT, Single
from modelsearch.core.errors import BaselineError, OptionError, TaskFileError
from modelsearch.core.ids import CandidateId, PromptId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.task import TaskSpec, output_limit_tokens
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer

N_ITEMS_FOR_LENGTH = 64
"""Prompts whose length is averaged; enough for an order by list price."""
HIDDEN_REASONING_TOKENS = 400
"""Assumed hidden output of a model with reasoning, until its calls tell (an assumption, used for order only)."""
HIDDEN_TOKENS_OF_EFFORT = {
    "none": 0,
    "minimal": 50,
    "low": 150,
    "medium": 400,
    "high": 1200,
    "xhigh": 2000,
    "max": 2000,
}
"""The same by reasoning effort."""
MAX_CANDIDATES = 5000
"""Of a task with variants: the model of all rows is fitted anew each round."""
_CHARS_PER_TOKEN = 4
_ANSWER_OVERHEAD_TOKENS = 8


def candidates_of(task: TaskSpec, market: Market) -> tuple[Single, ...]:
    """Every endpoint with every variant of the task, or else with every prompt, sorted by id.

    The only prompt is the default one. An endpoint is asked without what it does not take (effort, temperature);
    variants that are then the same are one candidate. Endpoints that the task's own globs or providers leave out are
    there with the first variant alone, so that the funnel tells why they left.

    Raises:
        TaskFileError: there are more than a search can look at.
    """
    if task.variants:
        return tuple(sorted(_varied(task, market), key=lambda single: single.id))
    prompt_ids = [DEFAULT_PROMPT] if len(task.prompts) == 1 else [prompt.id for prompt in task.prompts]
    singles = (
        Single(endpoint_id=endpoint_id, prompt_id=prompt_id)
        for endpoint_id in market.endpoints
        for prompt_id in prompt_ids
    )
    return tuple(sorted(singles, key=lambda single: single.id))


def ways_at(task: TaskSpec, endpoint: Endpoint) -> list[Single]:
    """The different candidates that the task's variants make of an endpoint, in the order of the variants."""
    is_wanted = _is_wanted(task, endpoint)
    found: dict[object, Single] = {}
    is_whole: dict[object, bool] = {}
    for variant in task.variants if is_wanted else task.variants[:1]:
        single, whole = variant.at(endpoint), variant.is_whole_at(endpoint)
        sent = _sent(task, endpoint, single)
        if sent not in found or (whole and not is_whole[sent]):
            found[sent], is_whole[sent] = single, whole  # who asks for no more than is taken gives the name
    ways = list(found.values())
    if "logprobs" not in endpoint.capabilities:
        ways = [single for single in ways if not single.is_calibrated] or ways[:1]
    return ways


def _sent(task: TaskSpec, endpoint: Endpoint, single: Single) -> tuple[object, ...]:
    """What makes requests of an endpoint differ: the task's own parameters where a variant has none."""
    params = single.params
    takes_temperature = "no_temperature" not in endpoint.capabilities
    own = task.temperature if params.temperature is None else params.temperature
    limit = output_limit_tokens(task, endpoint, params.max_output_tokens)
    temperature = own if takes_temperature else None
    return single.prompt_id, params.reasoning_effort, temperature, limit, single.is_calibrated


def _varied(task: TaskSpec, market: Market) -> list[Single]:
    found = [single for endpoint in market.endpoints.values() for single in ways_at(task, endpoint)]
    n_wanted = sum(_is_wanted(task, endpoint) for endpoint in market.endpoints.values())
    if len(found) > MAX_CANDIDATES:
        message = (
            f"task {task.id!r}: variants: at most {MAX_CANDIDATES} candidates, got {len(found)} of {n_wanted} "
            f"endpoints with up to {len(task.variants)} ways of asking each: name fewer variants, or fewer endpoints "
            "(requirements.include, providers)"
        )
        raise TaskFileError(message)
    return found


def _is_wanted(task: TaskSpec, endpoint: Endpoint) -> bool:
    """Whether the task's own globs and providers let an endpoint in."""
    wanted, name = task.requirements, endpoint.id
    is_in = not wanted.include or any(fnmatchcase(name, glob) for glob in wanted.include)
    is_out = any(fnmatchcase(name, glob) for glob in wanted.exclude)
    return is_in and not is_out and (not wanted.providers or endpoint.provider_id in wanted.providers)


def baseline_of(name: str, candidates: tuple[Single, ...], task: TaskSpec) -> Single:
    """The candidate that serves the task today; an endpoint's id alone means the task's first variant, or prompt.

    Raises:
        BaselineError: no candidate has that id.
    """
    by_id = {str(candidate.id): candidate for candidate in candidates}
    if task.variants:
        of_endpoint = sorted((c for c in candidates if c.endpoint_id == name), key=_place(task))
        if of_endpoint:
            by_id[name] = of_endpoint[0]
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


def _place(task: TaskSpec) -> Callable[[Single], int]:
    """Where the task lists the way in which a candidate asks."""
    ways = [(variant.prompt_id, variant.is_calibrated) for variant in task.variants]
    names = [variant.id for variant in task.variants]

    def place(single: Single) -> int:
        if single.variant_id in names:
            return names.index(single.variant_id)
        return ways.index((single.prompt_id, single.is_calibrated))

    return place


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
        limit = output_limit_tokens(task, endpoint, candidate.params.max_output_tokens)
        n_output = min(limit, n_visible + _hidden_tokens(endpoint, candidate))
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


def _hidden_tokens(endpoint: Endpoint, candidate: Single) -> int:
    if "reasoning" not in endpoint.capabilities:
        return 0
    return HIDDEN_TOKENS_OF_EFFORT.get(candidate.params.reasoning_effort or "", HIDDEN_REASONING_TOKENS)


def _mean_chars(task: TaskSpec, renderer: PromptRenderer, prompt_id: PromptId) -> int:
    items = task.items[:N_ITEMS_FOR_LENGTH]
    total = sum(len(m.content) for item in items for m in renderer.render(item, prompt_id))
    return max(1, total // len(items))


def _visible_tokens(task: TaskSpec) -> int:
    """Tokens of a plain answer: the length of the targets, and a little around it."""
    items = task.items[:N_ITEMS_FOR_LENGTH]
    n_chars = sum(len(str(item.target)) for item in items) / len(items)
    return _ANSWER_OVERHEAD_TOKENS + round(n_chars / _CHARS_PER_TOKEN)
