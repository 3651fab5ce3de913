"""What our client must see of a real server: answers, token counts and the right status for each way to fail."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.outcome import Reply, Status
from modelsearch.core.wire import Message, ModelRequest, RawReply, Retry
from modelsearch.providers.client import ProviderClient
from modelsearch.providers.dialects.openai_chat import OpenAiChat
from modelsearch.testing.factories import make_endpoint, make_market, make_provider

DIALECT = OpenAiChat()
ASKED = {"France": "Paris", "England": "London", "Russia": "Moscow", "Greece": "Athens"}
N_CONCURRENT = 8
N_CALLS = 16
SHORT_TOKENS = 2
TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One call: what was sent back, and what our dialect makes of it (a reply, or what to do about the error)."""

    raw: RawReply
    reply: Reply | None
    retry: Retry | None

    @property
    def text(self) -> str:
        """The reply, or its error."""
        if self.reply is not None:
            return self.reply.text.strip()
        return f"HTTP {self.raw.http_status} {self.retry.kind if self.retry else ''}: {self.raw.body[:120]!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold, and what was seen."""

    name: str
    is_ok: bool
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A running server. `is_model_free`: it serves the one model it has under any name."""

    name: str
    url: str
    model: str
    context_tokens: int
    is_model_free: bool

    @property
    def endpoint(self) -> Endpoint:
        """As the catalogue would have it."""
        return make_endpoint(
            EndpointId(self.name), provider_id=ProviderId(self.name), wire_name=self.model,
            context_tokens=self.context_tokens, capabilities=frozenset({"seed"}),
        )  # fmt: skip

    @property
    def market(self) -> Market:
        """Of this server alone."""
        provider = make_provider(
            self.name, base_url=f"{self.url}/v1", max_concurrency=N_CONCURRENT, timeout_s=TIMEOUT_S
        )
        endpoint = self.endpoint
        return replace(make_market(1), endpoints={endpoint.id: endpoint}, providers={provider.id: provider})


async def checks(target: Target) -> list[Check]:
    """All that must hold of our client with this server."""
    async with ProviderClient(target.market, {}, max_attempts=2) as client:
        return [
            await right_answers(client, target),
            await truncation(client, target),
            await unknown_model(client, target),
            await too_long(client, target),
            await many_at_once(client, target),
        ]


async def ask(client: ProviderClient, endpoint: Endpoint, text: str, max_tokens: int) -> Seen:
    """One call at temperature 0."""
    request = ModelRequest(
        messages=(Message(role="user", content=text),), max_output_tokens=max_tokens, temperature=0.0, seed=1
    )
    raw = await client.send(DIALECT.encode(request, endpoint), endpoint)
    if raw.http_status == 200:
        return Seen(raw=raw, reply=DIALECT.decode(raw), retry=None)
    return Seen(raw=raw, reply=None, retry=DIALECT.classify(raw))


def question(country: str) -> str:
    """Asks for a capital."""
    return f"What is the capital of {country}? Answer with one word."


async def right_answers(client: ProviderClient, target: Target) -> Check:
    """The capitals are right, and text and tokens are those of the body."""
    seen = [await ask(client, target.endpoint, question(country), 8) for country in ASKED]
    right = [capital in s.text for s, capital in zip(seen, ASKED.values(), strict=True)]
    is_counted = all(_is_counted(s) for s in seen)
    statuses = {s.reply.status.value if s.reply else s.text for s in seen}
    is_ok = all(right) and is_counted and statuses <= {Status.OK.value, Status.TRUNCATED.value}
    tokens = [(s.reply.usage.prompt_tokens, s.reply.usage.output_tokens) for s in seen if s.reply]
    told = f"{sum(right)} of {len(right)} right, e.g. {seen[0].text!r}; tokens in, out {tokens}"
    return Check(name="answers and tokens", is_ok=is_ok, told=told)


def _is_counted(seen: Seen) -> bool:
    """What the dialect read is what the server wrote, and no count is missing."""
    if seen.reply is None:
        return False
    body, usage = json.loads(seen.raw.body), seen.reply.usage
    told = body["usage"]
    sums = (usage.prompt_tokens, usage.output_tokens + usage.reasoning_tokens)
    is_same = sums == (told["prompt_tokens"], told["completion_tokens"])
    return is_same and min(sums) > 0 and seen.reply.text == body["choices"][0]["message"]["content"]


async def truncation(client: ProviderClient, target: Target) -> Check:
    """A reply that ends at the limit is truncated, with as many tokens as were allowed."""
    seen = await ask(client, target.endpoint, "Count from one to twenty in words, all of them.", SHORT_TOKENS)
    reply = seen.reply
    is_ok = reply is not None and (reply.status, reply.usage.output_tokens) == (Status.TRUNCATED, SHORT_TOKENS)
    return Check(name="truncation", is_ok=is_ok, told=f"{reply.status if reply else seen.text}: {seen.text!r}")


async def unknown_model(client: ProviderClient, target: Target) -> Check:
    """A model that is not there is gone, and not asked for again; a server of one model may answer to any name."""
    endpoint = replace(target.endpoint, wire_name="no-such-model")
    seen = await ask(client, endpoint, question("France"), 8)
    is_gone = seen.retry is not None and seen.retry.kind == "gone" and seen.raw.n_attempts == 1
    is_ok = seen.reply is not None if target.is_model_free else is_gone
    return Check(name="unknown model", is_ok=is_ok, told=f"{'served all the same: ' * (not is_gone)}{seen.text}")


async def too_long(client: ProviderClient, target: Target) -> Check:
    """A prompt beyond the context is the item's fault: no repeat, nobody else suffers."""
    seen = await ask(client, target.endpoint, "word " * 3 * target.context_tokens, 8)
    is_ok = seen.retry is not None and seen.retry.kind == "none" and seen.raw.n_attempts == 1
    after = await ask(client, target.endpoint, question("France"), 8)
    return Check(name="too long", is_ok=is_ok and after.reply is not None, told=seen.text)


async def many_at_once(client: ProviderClient, target: Target) -> Check:
    """Eight calls in flight, all of them answered."""
    countries = [list(ASKED)[n % len(ASKED)] for n in range(N_CALLS)]
    started_s = time.monotonic()
    seen = await asyncio.gather(*(ask(client, target.endpoint, question(country), 8) for country in countries))
    wall_s = time.monotonic() - started_s
    n_answered = sum(_is_counted(s) for s in seen)
    told = f"{n_answered} of {N_CALLS} answered in {wall_s:.1f} s, {len(_by_country(countries, seen))} texts of 4 items"
    return Check(name=f"{N_CONCURRENT} at once", is_ok=n_answered == N_CALLS, told=told)


def _by_country(countries: Sequence[str], seen: Sequence[Seen]) -> set[tuple[str, str]]:
    """Different replies: more than one an item where the server's sums depend on who else is served."""
    return {(country, s.text) for country, s in zip(countries, seen, strict=True)}
