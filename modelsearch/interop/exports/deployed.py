"""What is to be deployed, by value: calls as they were evaluated, and what is known of them, ready for any format.

The request body of each call is made by the house's own dialect, with two marks where the texts go. So an export asks
exactly what the search asked, and no format has a second idea of how to ask it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Endpoint, Market, Provider
from modelsearch.core.result import Certainty
from modelsearch.core.task import Prompt, TaskSpec
from modelsearch.core.wire import Message, ModelRequest
from modelsearch.evaluate.asking import model_request
from modelsearch.evaluate.caller import dialect_of
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.served import Served
from modelsearch.providers.router import ROUTER_ID, price_limits

SYSTEM_MARK, USER_MARK = "<<system>>", "<<user>>"
DEFAULT_AUTH_HEADER = "authorization"
SERVED_URL = "http://127.0.0.1:4310/v1"
SERVED_KEY = "MODELSEARCH_SERVE_KEY"
Mode = Literal["messages", "input"]


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One call of what is deployed.

    Attributes:
        request: as it is asked, with the longest prompt of the task's items: its texts bound prices, nothing else.
        body: JSON of the request with `SYSTEM_MARK` and `USER_MARK` for its texts.
        path, headers: joined to the provider's base URL; no key is in them.
        auth_header: which header takes the key; `authorization` takes it as a bearer.
        has_system: whether there is a system text.
    """

    single: Single
    endpoint: Endpoint
    provider: Provider
    prompt: Prompt
    request: ModelRequest
    body: Mapping[str, Any]
    path: str
    headers: Mapping[str, str]
    auth_header: str
    has_system: bool

    @property
    def url(self) -> str:
        """Where the call goes."""
        return self.provider.base_url.rstrip("/") + self.path


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A recommendation that is to be served.

    Attributes:
        name: what applications call it: the task's id.
        source: the run or registered task that it comes from, for people.
        source_id: what `serve-candidate` takes.
        candidate: what is served: the recommended one, or the baseline where nothing is recommended.
        legs: its calls, in order; one for a single.
        baseline: what stands in for it when it fails.
        certainty: `undecided` = the candidate is the baseline, and nothing is recommended.
        told: certainty, claim, margin and date in sentences, one a line.
        mode: how our server is talked to, where it takes one.
        is_emulated: the models are made up.
    """

    name: str
    source: str
    source_id: str
    candidate: Candidate
    legs: tuple[Leg, ...]
    baseline: Leg
    certainty: Certainty
    told: tuple[str, ...]
    margin: float
    alpha: float
    on: date
    mode: Mode = "messages"
    is_emulated: bool = False

    @property
    def needs_server(self) -> bool:
        """Whether it takes our server to run it: several calls, or answers that are weighed."""
        return not isinstance(self.candidate, Single) or self.candidate.is_calibrated

    @property
    def is_baseline(self) -> bool:
        """Whether the baseline stays: it has no other to fall back to."""
        return self.candidate.id == self.baseline.single.id

    @property
    def serve_command(self) -> str:
        """How a composite is served, as it is typed."""
        return f"modelsearch serve-candidate {self.source_id} --mode {self.mode}"


def leg_of(single: Single, task: TaskSpec, market: Market, first: Mapping[EndpointId, str]) -> Leg:
    """The call of a single, as it was evaluated.

    Args:
        single: what is called.
        task: whose prompts and limits hold.
        market: as it was searched.
        first: `Reply.served_by` of each endpoint's first answer: what a change was held against.
    """
    endpoint = Served(first, _nothing).called(single, market.endpoints[single.endpoint_id])
    provider = market.providers[endpoint.provider_id]
    longest = longest_request(single, task, endpoint)
    has_system = longest.messages[0].role == "system"
    user = Message(role="user", content=USER_MARK)
    marked = (Message(role="system", content=SYSTEM_MARK), user) if has_system else (user,)
    dialect = dialect_of(provider.dialect)
    wire = dialect.encode(replace(longest, messages=marked), endpoint)
    return Leg(
        single=single,
        endpoint=endpoint,
        provider=provider,
        prompt=next((p for p in task.prompts if p.id == single.prompt_id), task.prompts[0]),
        request=longest,
        body=_with_price_limits(json.loads(wire.body), longest, endpoint),
        path=wire.path,
        headers=dict(wire.headers),
        auth_header=str(getattr(dialect, "auth_header", DEFAULT_AUTH_HEADER)),
        has_system=has_system,
    )


def _nothing(code: str, subject: str, message: str) -> None:
    """What was warned of is in the run's report."""


def longest_request(single: Single, task: TaskSpec, endpoint: Endpoint) -> ModelRequest:
    """The request of the item whose prompt is the longest: every item renders in about 25 us."""
    renderer = PromptRenderer(task)
    requests = (model_request(task, renderer, single, item, endpoint) for item in task.items)
    return max(requests, key=lambda request: request.max_prompt_tokens)


def _with_price_limits(body: dict[str, Any], longest: ModelRequest, endpoint: Endpoint) -> dict[str, Any]:
    """A router's price limit follows the prompt's length: that of the longest holds for all."""
    limits = price_limits(longest, endpoint) if endpoint.provider_id == ROUTER_ID else {}
    return {**body, "provider": {**body["provider"], "max_price": limits}} if limits else body
