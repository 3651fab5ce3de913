"""What the emulator is asked in `bench.wire`, and what an official client must make of each answer."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Endpoint, Market
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.faults import Faults
from modelsearch.emulator.replies import Asked, EmulatedReply, surely_told
from modelsearch.emulator.server import emulator_server
from modelsearch.testing.factories import make_endpoint, make_market, make_provider, make_rates

KEY = "key-of-the-bench"
DIALECTS = {"openai": "openai_chat", "anthropic": "anthropic_messages", "google": "google_generate"}
MODEL = "m"
PLAIN = EmulatedReply(text="yes", input_tokens=12, output_tokens=3, model=MODEL)
REPLIES: Mapping[str, EmulatedReply] = {
    "success": PLAIN,
    "empty": replace(PLAIN, text="", output_tokens=0),
    "truncated": replace(PLAIN, text="ye", is_truncated=True),
    "refusal": replace(PLAIN, text="I cannot help with that.", is_refusal=True),
    "cached": replace(PLAIN, cached_tokens=1024),
    "written": replace(PLAIN, written_tokens=2048),
    "reasoning": replace(PLAIN, reasoning_tokens=7),
    "logprobs": replace(PLAIN, logprobs=surely_told("yes", "yes", 0.5)),
    "too long": replace(PLAIN, input_tokens=5000),
}
REASONS: Mapping[str, Mapping[str, str]] = {
    "openai": {"truncated": "length", "refusal": "content_filter", "": "stop"},
    "anthropic": {"truncated": "max_tokens", "refusal": "refusal", "": "end_turn"},
    "google": {"truncated": "MAX_TOKENS", "refusal": "SAFETY", "": "STOP"},
}
FAULTS: Mapping[str, Faults] = {
    "": Faults(),
    "rate limit": Faults(p_rate_limit=1.0),
    "server error": Faults(p_server_error=1.0),
    "overloaded": Faults(provider_down=frozenset(DIALECTS)),
    "no money": Faults(quota_calls=0),
}
STATUSES: Mapping[str, Mapping[str, int]] = {
    "bad request": dict.fromkeys(DIALECTS, 400),
    "too long": dict.fromkeys(DIALECTS, 400),
    "unsupported": dict.fromkeys(DIALECTS, 400),
    "bad key": dict.fromkeys(DIALECTS, 401),
    "unknown model": dict.fromkeys(DIALECTS, 404),
    "rate limit": dict.fromkeys(DIALECTS, 429),
    "server error": dict.fromkeys(DIALECTS, 500),
    "overloaded": {"openai": 503, "anthropic": 529, "google": 503},
    "no money": {"openai": 429, "anthropic": 402, "google": 429},
}
ERRORS: Mapping[str, Mapping[int, frozenset[str]]] = {
    "openai": {
        400: frozenset({"BadRequestError"}),
        401: frozenset({"AuthenticationError"}),
        404: frozenset({"NotFoundError"}),
        429: frozenset({"RateLimitError"}),
        500: frozenset({"InternalServerError"}),
        503: frozenset({"InternalServerError"}),
    },
    "anthropic": {
        400: frozenset({"BadRequestError"}),
        401: frozenset({"AuthenticationError"}),
        402: frozenset({"APIStatusError", "PaymentRequiredError"}),
        404: frozenset({"NotFoundError"}),
        429: frozenset({"RateLimitError"}),
        500: frozenset({"InternalServerError"}),
        529: frozenset({"OverloadedError", "InternalServerError"}),
    },
    "google": {status: frozenset({"ClientError"}) for status in (400, 401, 404, 429)}
    | {status: frozenset({"ServerError"}) for status in (500, 503)},
}


BATCHES: Mapping[str, dict[str, Any]] = {
    "openai": {
        "status": "completed", "listed": True, "texts": {"good": "yes"}, "failed": {"bad": 400}, "counts": [2, 1, 1],
    },
    "anthropic": {
        "status": "ended", "listed": True, "texts": {"good": "yes"}, "failed": {"bad": "invalid_request_error"},
        "counts": [1, 1],
    },
}  # fmt: skip
"""What is seen of a batch of one request that is answered and one that is not."""
_NOT_THERE = frozenset({("anthropic", "logprobs"), ("anthropic", "unsupported"), ("google", "written")})
"""What a format does not have."""


@dataclass(frozen=True)
class Scripted:
    """Replies as the first words of the prompt say; an unknown prompt is a bad request."""

    def reply(self, asked: Asked) -> EmulatedReply | None:
        """The reply of a case."""
        case = asked.prompt_text.removeprefix("Be brief.").strip().rstrip("?")
        return REPLIES.get(case)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request of one client."""

    client: str
    case: str
    url: str
    model: str = MODEL
    key: str = KEY
    prompt: str = field(default="")


def market() -> Market:
    """One endpoint at a provider of each format, and one that tells no log-probabilities."""
    endpoints: dict[EndpointId, Endpoint] = {}
    for provider_id in DIALECTS:
        for name, can in ((MODEL, frozenset({"logprobs"})), ("plain", frozenset[str]())):
            endpoint_id = EndpointId(f"{provider_id}/{name}")
            endpoints[endpoint_id] = make_endpoint(
                endpoint_id, provider_id=ProviderId(provider_id), wire_name=name, capabilities=can, context_tokens=4096,
                rates=(*make_rates(), *(replace(rate, processing="batch") for rate in make_rates())),
            )  # fmt: skip
    providers = {
        ProviderId(name): make_provider(name, dialect=dialect, batch=name if name in BATCHES else None)
        for name, dialect in DIALECTS.items()
    }
    return replace(make_market(1), endpoints=endpoints, providers=providers)


@contextlib.contextmanager
def serving() -> Iterator[Mapping[str, str]]:
    """Base URL of an emulator for each kind of fault."""
    with contextlib.ExitStack() as stack:
        urls = {}
        for name, faults in FAULTS.items():
            app = EmulatorApp(Scripted(), market(), EmulatorOptions(faults=faults, key=KEY))
            urls[name] = stack.enter_context(emulator_server(app))
        yield urls


def questions(urls: Mapping[str, str]) -> list[Question]:
    """Every case to every client that it is for."""
    cases = dict.fromkeys([*REPLIES, *STATUSES])
    found = [_question(client, case, urls) for client in DIALECTS for case in cases if (client, case) not in _NOT_THERE]
    return found + [_question(client, "batch", urls) for client in BATCHES]


def _question(client: str, case: str, urls: Mapping[str, str]) -> Question:
    asked = "logprobs" if case == "unsupported" else case
    return Question(
        client=client,
        case=asked,
        url=f"{urls.get(case, urls[''])}/p/{client}",
        model={"unknown model": "nobody", "unsupported": "plain"}.get(case, MODEL),
        key="wrong" if case == "bad key" else KEY,
        prompt=f"{'success' if case in FAULTS else asked}?",
    )


def expected(question: Question) -> dict[str, Any]:
    """What the client must have seen of an answer that is a success, or of a batch."""
    if question.case == "batch":
        return BATCHES[question.client]
    reply = REPLIES[question.case]
    client, usage = question.client, reply.usage
    n_out = reply.output_tokens + (reply.reasoning_tokens if client != "google" else 0)
    is_refused_text = reply.is_refusal and client != "anthropic"
    seen = {
        "text": "" if is_refused_text else reply.text,
        "reason": REASONS[client].get(question.case, REASONS[client][""]),
        "input": reply.input_tokens if client == "anthropic" else usage.prompt_tokens,
        "cached": reply.cached_tokens,
        "output": n_out,
        "hidden": reply.reasoning_tokens,
    }
    own: Mapping[str, dict[str, Any]] = {
        "openai": {"refusal": reply.text if reply.is_refusal else "", "logprobs": _logprobs(reply)},
        "anthropic": {"written": reply.written_tokens},
        "google": {"total": usage.prompt_tokens + n_out + reply.reasoning_tokens, "logprobs": _logprobs(reply)},
    }
    return seen | own[client]


def _logprobs(reply: EmulatedReply) -> list[float]:
    return [piece.logprob for piece in reply.logprobs]
