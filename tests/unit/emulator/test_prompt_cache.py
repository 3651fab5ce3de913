"""The emulated caches, and a search's engine that buys through them in each format."""

import asyncio
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count

import pytest

from modelsearch.api.caching import cache_use
from modelsearch.core.candidate import Single
from modelsearch.core.events import CallSettled
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ProviderId
from modelsearch.core.market import Endpoint, Market, Rate
from modelsearch.core.outcome import Status
from modelsearch.core.search import Probe
from modelsearch.core.task import Prompt, TaskSpec
from modelsearch.emulator.app import EmulatorApp
from modelsearch.emulator.prompt_cache import LIFETIME_S, MIN_TOKENS, PromptCaches
from modelsearch.emulator.replies import Asked, EmulatedReply
from modelsearch.emulator.server import emulated_market, emulator_server
from modelsearch.evaluate.caller import Caller
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.plugs import Plugs
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.providers.client import ProviderClient
from modelsearch.store.ledger import Ledger
from modelsearch.store.replies import MemoryReplies
from modelsearch.testing.factories import make_endpoint, make_market, make_provider, make_rates, make_task
from tests.doubles import MemoryRecorder

READ = Rate(kind="cache_read", usd=Decimal("0.1"))
WRITE = Rate(kind="cache_write_5m", usd=Decimal("1.25"))
CAN = frozenset({"prompt_cache"})
FREE = make_endpoint(capabilities=CAN, rates=(*make_rates(), READ))
CHARGED = make_endpoint(capabilities=CAN, rates=(*make_rates(), READ, WRITE))
N_ITEMS = 6


def asked(text: str, n_marked: int | None = None, *, is_whole_kept: bool = False) -> Asked:
    return Asked(
        provider_id="p0", wire_name="m00", prompt_text=text, n_marked_chars=n_marked, is_whole_kept=is_whole_kept
    )  # fmt: skip


def split(
    caches: PromptCaches, question: Asked, endpoint: Endpoint = FREE, *, n_tokens: int | None = None
) -> tuple[int, int, int]:
    """Plain, read and written tokens of a prompt that is answered at once."""
    plain = EmulatedReply(text="yes", input_tokens=n_tokens or len(question.prompt_text) // 4)
    served = caches.served(endpoint, question, plain)
    caches.keep(served.entries)
    reply = served.reply
    assert reply.usage.prompt_tokens == plain.input_tokens
    return reply.input_tokens, reply.cached_tokens, reply.written_tokens


def test_a_start_that_was_answered_is_read_in_whole_steps_for_nothing_more() -> None:
    caches, start = PromptCaches(), "a" * 8192
    assert split(caches, asked(start + "one")) == (2048, 0, 0)
    assert split(caches, asked(start + "two!" * 29)) == (29, 2048, 0)
    assert split(caches, asked("b" + start)) == (2048, 0, 0)
    assert split(caches, asked(start[: MIN_TOKENS * 4] + "c" * 4096)) == (1024, 1024, 0)


def test_what_is_on_its_way_is_not_there_yet_and_what_is_old_no_more() -> None:
    now = [0.0]
    caches, question = PromptCaches(lambda: now[0]), asked("a" * 8192)
    reply = EmulatedReply(text="yes", input_tokens=2048)
    first = caches.served(FREE, question, reply)
    assert caches.served(FREE, question, reply).reply.cached_tokens == 0
    caches.keep(first.entries)
    assert caches.served(FREE, question, reply).reply.cached_tokens == 2048
    now[0] = LIFETIME_S
    assert caches.served(FREE, question, reply).reply.cached_tokens == 0


def test_where_keeping_is_charged_only_marks_count() -> None:
    caches, start = PromptCaches(), "a" * 8000
    assert split(caches, asked(start + "b"), CHARGED) == (2000, 0, 0)
    assert split(caches, asked(start + "c", 8000), CHARGED) == (1, 0, 1999)
    assert split(caches, asked(start + "d", 8000), CHARGED) == (1, 1999, 0)
    assert split(caches, asked(start + "d", 4000), CHARGED) == (2000, 0, 0)  # too short


def test_a_whole_prompt_is_kept_and_found_only_by_itself() -> None:
    caches = PromptCaches()
    for rest, expected in (("b", (0, 0, 2000)), ("c", (0, 0, 2000)), ("b", (0, 2000, 0))):
        assert split(caches, asked("a" * 8000 + rest, is_whole_kept=True), CHARGED) == expected


def test_short_prompts_and_endpoints_without_a_cache_are_served_plainly() -> None:
    caches = PromptCaches()
    for endpoint, n_tokens in ((FREE, MIN_TOKENS - 1), (make_endpoint(), 9000)):
        for _ in range(2):
            assert split(caches, asked("a" * 8000), endpoint, n_tokens=n_tokens) == (n_tokens, 0, 0)


@dataclass(frozen=True)
class Yes:
    """Says yes; four characters are a token. A router tells what it charges."""

    is_router: bool

    def reply(self, question: Asked) -> EmulatedReply:
        n_tokens = len(question.prompt_text) // 4
        told = Decimal(n_tokens + 4) / 1_000_000 if self.is_router else None
        return EmulatedReply(text="yes", input_tokens=n_tokens, output_tokens=1, cost_usd=told, model="m00")


def one_endpoint(dialect: str, provider_id: str, *rates: Rate) -> Market:
    market = make_market(1)
    provider = make_provider(provider_id, dialect=dialect, max_concurrency=8)
    (endpoint,) = market.endpoints.values()
    changed = replace(endpoint, provider_id=ProviderId(provider_id), capabilities=CAN, rates=(*make_rates(), *rates))
    return replace(market, endpoints={endpoint.id: changed}, providers={provider.id: provider})


def long_task() -> TaskSpec:
    prompt = Prompt(id="default", system="Rule. " * 800, user="Examples. " * 400 + "\n{{ input }}")  # type: ignore[arg-type]
    return make_task(N_ITEMS, prompts=(prompt,))


async def bought(market: Market, task: TaskSpec) -> tuple[MemoryRecorder, Ledger, list[Status]]:
    recorder, ledger, numbers, prices = MemoryRecorder(), Ledger(Decimal(1)), count(), PriceBook(market=market)
    scorer = make_scorer(task)
    async with ProviderClient(market, {}) as client:
        caller = Caller(
            market=market, client=client, recorder=recorder, ledger=ledger, replies=MemoryReplies(), prices=prices,
            next_id=lambda: CallId(f"c{next(numbers)}"),
        )  # fmt: skip
        plugs = Plugs(
            task=task, market=market, renderer=PromptRenderer(task), scorer=scorer, caller=caller, recorder=recorder,
            costs=prices, known=Known(task, scorer, recorder),
        )  # fmt: skip
        probe = Probe(candidate_id=CandidateId("m00"), item_ids=tuple(item.id for item in task.items))
        single = {CandidateId("m00"): Single(endpoint_id=EndpointId("m00"))}
        outcomes = await LiveEvaluator(plugs).evaluate([probe], single)
    return recorder, ledger, [outcome.status for outcome in outcomes]


@pytest.mark.parametrize(
    ("dialect", "provider_id", "is_charged"),
    [
        ("anthropic_messages", "anthropic", True),
        ("openai_chat", "openai", True),
        ("openai_chat", "openai", False),
        ("openai_chat", "openrouter", True),
        ("openai_chat", "deepseek", False),
        ("google_generate", "google", False),
    ],
)
def test_one_call_fills_the_cache_and_the_others_read_it(dialect: str, provider_id: str, is_charged: bool) -> None:
    market = one_endpoint(dialect, provider_id, READ, *([WRITE] if is_charged else []))
    app = EmulatorApp(Yes(provider_id == "openrouter"), market)
    with emulator_server(app) as url:
        recorder, ledger, statuses = asyncio.run(bought(emulated_market(market, url), long_task()))
    assert statuses == [Status.OK] * N_ITEMS
    usages = [event.call.usage for event in recorder.events if isinstance(event, CallSettled)]
    assert [usage.cache_read_tokens > 1900 for usage in usages] == [False, *[True] * (N_ITEMS - 1)]
    assert [usage.cache_write_5m_tokens > 1900 for usage in usages] == [is_charged, *[False] * (N_ITEMS - 1)]
    assert ledger.spend().settled_usd == app.bill.total_usd
    use = cache_use(recorder.events, market)
    assert use is not None
    plain_usd = sum((Decimal(usage.prompt_tokens) for usage in usages), Decimal(0)) / 1_000_000
    assert use.saved_usd == plain_usd + Decimal(4 * N_ITEMS) / 1_000_000 - app.bill.total_usd > 0
