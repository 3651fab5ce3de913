"""Whether the text that all items share stands where a provider can cache it: before what differs."""

from modelsearch.core.errors import TaskFileError
from modelsearch.core.events import Warned
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.prompt import N_COMPARED, PromptRenderer

MIN_LATE_CHARS = 1500
"""About the least that any provider caches."""


def late_text_warning(task: TaskSpec) -> Warned | None:
    """Warns of a prompt whose items end alike over a length worth caching, longer than what they begin with."""
    renderer = PromptRenderer(task)
    items = task.items[:: max(1, len(task.items) // N_COMPARED)][:N_COMPARED]
    for prompt in task.prompts:
        try:
            users = [renderer.render(item, prompt.id)[-1] for item in items]
        except TaskFileError:  # told when the item is asked
            continue
        n_late = _n_same_at_end([message.content for message in users])
        if len(items) > 1 and n_late >= MIN_LATE_CHARS and n_late > max(m.n_stable_chars for m in users):
            return Warned(
                code="shared-text-late",
                subject=task.id,
                message=(
                    f"prompt {prompt.id!r} ends with {n_late} characters that are the same for all items: put them "
                    "before the input, for providers cache what prompts begin with and charge far less for it"
                ),
            )
    return None


def _n_same_at_end(texts: list[str]) -> int:
    """Characters that all texts end with."""
    low, high = min(text[::-1] for text in texts), max(text[::-1] for text in texts)
    return next((n for n, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
