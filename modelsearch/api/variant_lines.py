"""A task's ways of asking as a table of text: what each shows, asks for and costs at the baseline's endpoint."""

from collections import Counter

from modelsearch.api.pool import list_costs_of, ways_at
from modelsearch.api.source import Source
from modelsearch.core.candidate import Single
from modelsearch.core.ids import PromptId
from modelsearch.core.task import TaskSpec

_NONE = "-"


def variant_lines(source: Source) -> list[str]:
    """One line a way; nothing for a task without variants. The cost is by list prices, in USD per 1,000 items."""
    task = source.task
    if not task.variants:
        return []
    here = ways_at(task, source.market.endpoints[source.baseline.endpoint_id])
    by_id = list_costs_of(task, source.market, tuple(here), source.prices, source.renderer)
    costs = {single.variant_id: by_id[single.id] for single in here if single.id in by_id}
    n_of = Counter(candidate.variant_id for candidate in source.candidates)
    ways = {candidate.variant_id: candidate for candidate in source.candidates}
    width = max(len("way of asking"), *(len(name) for name in ways)) + 2
    names = ("examples", "effort", "temperature", "candidates", "list cost")
    lines = ["", f"{'way of asking':<{width}}" + "".join(f"{name:>13}" for name in names)]
    for name in sorted(ways, key=lambda name: _place(task, ways[name])):
        params = ways[name].params
        cells = (
            _n_examples(task, ways[name].prompt_id),
            params.reasoning_effort or _NONE,
            _NONE if params.temperature is None else f"{params.temperature:g}",
            n_of[name],
            f"{1000 * costs[name]:.4f}" if name in costs else _NONE,
        )
        lines.append(f"{name:<{width}}" + "".join(f"{cell:>13}" for cell in cells))
    said = (
        f"list cost: USD per 1,000 items at {source.baseline.endpoint_id}; the first way is meant where none is named; "
        "an endpoint is asked without an effort or temperature that it does not take"
    )
    return [*lines, said]


def _place(task: TaskSpec, single: Single) -> tuple[int, str]:
    """Where the task lists a way; what only endpoints have that take less comes after its own."""
    names = [variant.id for variant in task.variants]
    if single.variant_id in names:
        return names.index(single.variant_id), ""
    kin = [variant.prompt_id for variant in task.variants]
    return len(kin) - 1 - kin[::-1].index(single.prompt_id), single.variant_id


def _n_examples(task: TaskSpec, prompt_id: PromptId) -> int:
    prompt = next(prompt for prompt in task.prompts if prompt.id == prompt_id)
    if "examples" not in prompt.user + prompt.system:
        return 0
    return len(task.examples if prompt.example_ids is None else prompt.example_ids)
