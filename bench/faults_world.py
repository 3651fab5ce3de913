"""The world of `bench.faults`: eight models at four providers that speak three formats, and yes/no questions.

Every call takes about 50 ms; a slow provider takes twenty times as long. The same question always gets the same answer
at the same price, so a bill can be held against a journal call by call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from modelsearch.core.ids import EndpointId, ItemId, Json, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.task import TaskSpec
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.faults import Faults, read_faults
from modelsearch.emulator.replies import Asked, EmulatedReply, prompt_key
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.testing.factories import make_market, make_provider, make_task

N_MODELS = 8
LATENCY_S = 0.05
SLOW_FACTOR = 20.0
TIMEOUT_S = 3.0
DIALECTS = {"p0": "openai_chat", "p1": "anthropic_messages", "p2": "google_generate", "p3": "openai_chat"}
MIX: Mapping[str, Json] = {
    "seed": 7,
    "p_rate_limit": 0.10,
    "p_server_error": 0.05,
    "p_reset_before": 0.005,
    "p_reset_after": 0.005,
    "p_malformed": 0.01,
    "p_hang": 0.01,
    "p_error_in_200": 0.01,
    "p_truncated": 0.01,
    "retry_after_s": 1.0,
    "hang_s": 60.0,
}
"""The mix of issue 4."""


@cache
def task_of(n_items: int) -> TaskSpec:
    """Questions with a yes or no for an answer."""
    return make_task(n_items)


def market(n_models: int = N_MODELS) -> Market:
    """Models m00, m01, ... at the providers in turn."""
    names = list(DIALECTS)
    plain = make_market(n_models)
    providers = {
        ProviderId(name): make_provider(name, dialect=dialect, max_concurrency=32, timeout_s=TIMEOUT_S)
        for name, dialect in DIALECTS.items()
    }
    endpoints = {
        EndpointId(name): replace(endpoint, provider_id=ProviderId(names[row % len(names)]))
        for row, (name, endpoint) in enumerate(plain.endpoints.items())
    }
    return replace(plain, providers=providers, endpoints=endpoints)


@dataclass(frozen=True, kw_only=True)
class Honest:
    """Gives the right answer, each at the same usage.

    Attributes:
        items: by key of the prompt.
        slow: providers that take `SLOW_FACTOR` times as long.
    """

    items: Mapping[str, tuple[ItemId, str]]
    slow: frozenset[str] = frozenset()

    def reply(self, asked: Asked) -> EmulatedReply | None:
        """The answer."""
        found = self.items.get(prompt_key(asked.prompt_text))
        if found is None:
            return None
        latency_s = LATENCY_S * (SLOW_FACTOR if asked.provider_id in self.slow else 1.0)
        return EmulatedReply(
            text=found[1], item=found[0], input_tokens=100, output_tokens=20, model=asked.wire_name, latency_s=latency_s
        )


def make_app(
    n_items: int, log_path: str, faults: Mapping[str, Json] | None = None, slow: tuple[str, ...] = ()
) -> EmulatorApp:
    """What `spawned_emulator` starts; `faults` as `read_faults` has them, none by default."""
    task = task_of(n_items)
    renderer = PromptRenderer(task)
    items = {
        prompt_key("\n".join(m.content for m in renderer.render(item, task.prompts[0].id))): (item.id, str(item.target))
        for item in task.items
    }
    options = EmulatorOptions(
        faults=read_faults(faults) if faults else Faults(), log_path=Path(log_path), latency_scale=1.0
    )
    return EmulatorApp(Honest(items=items, slow=frozenset(slow)), market(), options)
