from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from modelsearch.core.market import Endpoint
from modelsearch.emulator.exchange import Decider, Exchange, answer_of
from modelsearch.emulator.faults import FaultKind, Faults
from modelsearch.emulator.replies import Asked, EmulatedReply, surely_told
from modelsearch.emulator.shelf import Shelf
from modelsearch.emulator.wire import Trouble, WireError
from modelsearch.emulator.wire_openai import OpenAiWire
from modelsearch.testing.factories import make_endpoint, make_market

REPLY = EmulatedReply(text="billing", input_tokens=100, output_tokens=20, item="i0", latency_s=0.1)


@dataclass(frozen=True)
class Says:
    """Answers everything alike, and remembers which host was asked."""

    reply_value: EmulatedReply | None = REPLY
    hosts: list[str | None] = field(default_factory=list)

    def reply(self, asked: Asked) -> EmulatedReply | None:
        self.hosts.append(asked.host)
        return self.reply_value


def shelf(*endpoints: Endpoint) -> Shelf:
    return Shelf(make_market(endpoints={endpoint.id: endpoint for endpoint in endpoints}))


def exchange(**asked: object) -> Exchange:
    plain = Asked(provider_id="p0", wire_name="m00", prompt_text="x")
    return Exchange(wire=OpenAiWire(), number=1, asked=replace(plain, **asked))  # type: ignore[arg-type]


def decided(endpoint: Endpoint, faults: Faults | None = None, **asked: object) -> Exchange:
    made = exchange(**asked)
    Decider(Says(), shelf(endpoint), faults or Faults()).decide(made, 1)
    return made


def test_a_call_costs_its_usage_at_the_endpoints_prices() -> None:
    assert decided(make_endpoint()).cost_usd == Decimal("0.00018")  # 100 x 1 and 20 x 4 USD per Mtok


def test_the_reported_cost_wins() -> None:
    made = exchange()
    Decider(Says(replace(REPLY, cost_usd=Decimal("0.7"))), shelf(make_endpoint()), Faults()).decide(made, 1)
    assert made.cost_usd == Decimal("0.7")


def test_a_prompt_beyond_the_context_is_refused_and_free() -> None:
    made = exchange()
    with pytest.raises(WireError, match="maximum context length is 99 tokens"):
        Decider(Says(), shelf(make_endpoint(context_tokens=99)), Faults()).decide(made, 1)
    assert made.cost_usd == 0


def test_a_pinned_host_is_the_one_that_answers_and_without_a_pin_the_first() -> None:
    endpoints = [make_endpoint(f"m0{n}", wire_name="m00", host=f"host{n}") for n in range(2)]
    says = Says()
    decider = Decider(says, shelf(*endpoints), Faults())
    decider.decide(exchange(host="host1"), 1)
    decider.decide(exchange(), 1)
    assert says.hosts == ["host1", "host0"]
    with pytest.raises(WireError) as caught:
        decider.decide(exchange(host="host7"), 1)
    assert caught.value.trouble is Trouble.NOT_FOUND


@pytest.mark.parametrize(
    ("capability", "given", "is_refused"),
    [
        ("no_temperature", "temperature", True),
        ("no_temperature", "max_tokens", False),
        ("max_completion_tokens", "max_tokens", True),
        ("max_completion_tokens", "max_completion_tokens", False),
    ],
)
def test_parameters_that_a_model_does_not_take(capability: str, given: str, is_refused: bool) -> None:
    endpoint = make_endpoint(capabilities=frozenset({capability}))
    if not is_refused:
        assert decided(endpoint, given=frozenset({given})).cost_usd > 0
        return
    with pytest.raises(WireError, match=given):
        decided(endpoint, given=frozenset({given}))


BILLED: Mapping[FaultKind, bool] = {
    FaultKind.RESET_BEFORE: False,
    FaultKind.RESET_AFTER: True,
    FaultKind.HANG: True,
    FaultKind.MALFORMED: True,
    FaultKind.ERROR_IN_200: True,
    FaultKind.TRUNCATED: True,
    FaultKind.SLOW: True,
}


@pytest.mark.parametrize("kind", list(BILLED))
def test_which_faults_are_billed(kind: FaultKind) -> None:
    made = decided(make_endpoint(), Faults(**{f"p_{kind.value}": 1.0}))  # type: ignore[arg-type]
    assert made.fault is kind
    assert (made.cost_usd > 0) == BILLED[kind]


def test_the_latency_of_a_reply_is_told_in_full() -> None:
    answer = answer_of(decided(make_endpoint()), replace(REPLY, latency_s=0.1 + 0.2))
    assert answer.headers == ((b"x-recorded-latency-s", b"0.30000000000000004"),)


def test_log_probabilities_are_told_where_they_are_asked_for_and_refused_by_who_cannot() -> None:
    sure = replace(REPLY, logprobs=surely_told("billing", "billing", 0.5))
    able = make_endpoint(capabilities=frozenset({"logprobs"}))
    for given, told in (({"logprobs"}, sure.logprobs), (set(), ())):
        made = exchange(given=frozenset(given))
        Decider(Says(sure), shelf(able), Faults()).decide(made, 1)
        assert made.reply == replace(sure, logprobs=told)
    with pytest.raises(WireError, match="'logprobs' is not supported"):
        decided(make_endpoint(), given=frozenset({"logprobs"}))
    refusing = exchange(given=frozenset({"logprobs"}))
    Decider(Says(replace(sure, is_refusal=True)), shelf(able), Faults()).decide(refusing, 1)
    assert refusing.reply is not None
    assert refusing.reply.logprobs == ()
