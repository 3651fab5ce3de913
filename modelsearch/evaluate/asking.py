"""What an item of a candidate asks of its endpoint, before it takes a wire format."""

from modelsearch.core.candidate import Single
from modelsearch.core.market import Endpoint
from modelsearch.core.task import Item, TaskSpec, output_limit_tokens
from modelsearch.core.wire import ModelRequest
from modelsearch.evaluate.prompt import PromptRenderer

N_ALTERNATIVES = 20
"""What else a model could have said in place of each piece: labels are looked for among them."""


def model_request(
    task: TaskSpec,
    renderer: PromptRenderer,
    single: Single,
    item: Item,
    endpoint: Endpoint,
    *,
    has_logprobs: bool = False,
) -> ModelRequest:
    """The request of one item of a single at its endpoint; `has_logprobs` asks how sure it is of its answer."""
    params = single.params
    return ModelRequest(
        messages=renderer.render(item, single.prompt_id),
        max_output_tokens=output_limit_tokens(task, endpoint, params.max_output_tokens),
        temperature=task.temperature if params.temperature is None else params.temperature,
        reasoning_effort=params.reasoning_effort,
        is_zdr="zdr" in task.requirements.needs,
        has_logprobs=has_logprobs,
        n_alternatives=N_ALTERNATIVES if has_logprobs and is_any_calibrated(task) else 0,
    )


def is_any_calibrated(task: TaskSpec) -> bool:
    """Whether a variant of the task weighs answers; then all ask for alternatives, so that its twin's replies serve."""
    return any(variant.is_calibrated for variant in task.variants)
