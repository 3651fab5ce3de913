import asyncio
import math

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.errors import OptionError
from modelsearch.core.ids import Json
from modelsearch.emulator.app import EmulatorOptions
from modelsearch.emulator.faults import FaultKind, Faults, Latency, read_faults
from modelsearch.providers.retry import retry_after_s
from tests.unit.emulator.small import KEY, endpoint_of, prompts, running_world, world

PROMPTS = tuple(prompts(world().task))
ENDPOINT = endpoint_of(world().market, "openai_chat")
FORMATS = ["anthropic_messages", "google_generate", "openai_chat"]


def options(**changes: object) -> EmulatorOptions:
    return EmulatorOptions(key=KEY, faults=Faults(**changes))  # type: ignore[arg-type]


@given(rates=st.lists(st.floats(0, 0.11), min_size=9, max_size=9), attempt=st.integers(0, 9))
def test_a_fault_is_one_that_was_asked_for_and_the_same_again(rates: list[float], attempt: int) -> None:
    named = {f"p_{kind.value}": rate for kind, rate in zip(FaultKind, rates, strict=True)}
    faults = Faults(seed=3, **named)  # type: ignore[arg-type]
    fault, wait_s = faults.pick("e|p", attempt)
    assert fault is None or named[f"p_{fault.value}"] > 0
    assert (fault, wait_s) == faults.pick("e|p", attempt)


@pytest.mark.parametrize("kind", list(FaultKind))
def test_each_fault_comes_as_often_as_asked(kind: FaultKind) -> None:
    n, p = 4000, 0.1
    others = {"p_slow": 0.3} if kind is not FaultKind.SLOW else {"p_hang": 0.3}
    faults = Faults(seed=1, **{f"p_{kind.value}": p}, **others)  # type: ignore[arg-type]
    seen = sum(faults.pick(f"e|{number}", 0)[0] is kind for number in range(n))
    assert abs(seen / n - p) < 4 * math.sqrt(p * (1 - p) / n)


def test_asking_again_draws_again() -> None:
    faults = Faults(p_server_error=0.5)
    drawn = [faults.pick("e|p", attempt)[0] for attempt in range(64)]
    assert 16 < drawn.count(FaultKind.SERVER_ERROR) < 48


@pytest.mark.parametrize("changes", [{"p_hang": 1.2}, {"p_hang": -0.1}, {"p_hang": 0.6, "p_slow": 0.6}])
def test_impossible_rates_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(OptionError, match="faults: "):
        Faults(**changes)  # type: ignore[arg-type]


def test_faults_are_read_from_json() -> None:
    given = {"p_hang": 0.25, "provider_down": ["a"], "latency": {"kind": "lognormal", "median_s": 0.1}}
    expected = Faults(p_hang=0.25, provider_down=frozenset({"a"}), latency=Latency(kind="lognormal", median_s=0.1))
    assert read_faults(given) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [{"p_hung": 0.1}, {"p_hang": "often"}, {"latency": {"kind": "slow"}}, {"p_hang": 7}])
def test_faults_that_do_not_exist_are_refused(given: dict[str, Json]) -> None:
    with pytest.raises(OptionError, match="faults: "):
        read_faults(given)


def test_latency_has_the_median_that_was_asked_for() -> None:
    lognormal = Latency(kind="lognormal", median_s=0.2, sigma=0.7)
    assert lognormal.at(0.5) == pytest.approx(0.2)
    assert lognormal.at(0.8413447) == pytest.approx(0.2 * math.exp(0.7), rel=1e-5)
    assert Latency(median_s=0.2).at(0.99) == 0.2


@pytest.mark.parametrize("name", FORMATS)
def test_a_rate_limit_says_when_to_come_back(name: str) -> None:
    endpoint = endpoint_of(world().market, name)
    with running_world(options(p_rate_limit=1.0, retry_after_s=7)) as asker:
        response = asker.ask(endpoint, PROMPTS[0])
        assert asker.app.bill.total_usd == 0
    assert response.status_code == 429
    if name == "google_generate":
        assert {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"} in response.json()["error"][
            "details"
        ]
    else:
        assert response.headers["retry-after"] == "7"


def test_a_rate_limit_can_say_it_as_a_date() -> None:
    with running_world(options(p_rate_limit=1.0, retry_after_s=7, retry_after_date=True)) as asker:
        headers = asker.ask(ENDPOINT, PROMPTS[0]).headers
    assert retry_after_s(headers) == 7


def test_server_errors_have_the_status_that_was_asked_for() -> None:
    with running_world(options(p_server_error=1.0, server_status=502)) as asker:
        assert asker.ask(ENDPOINT, PROMPTS[0]).status_code == 502
        assert [line.fault for line in asker.app.bill.lines] == ["server_error"]
        assert asker.app.bill.total_usd == 0


@pytest.mark.parametrize(("fault", "is_billed"), [("p_reset_before", False), ("p_reset_after", True)])
def test_a_reset_cuts_the_connection_before_or_after_the_work_was_billed(fault: str, is_billed: bool) -> None:
    with running_world(options(**{fault: 1.0})) as asker:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            asker.ask(ENDPOINT, PROMPTS[0])
        (line,) = asker.app.bill.lines
    assert (line.status, line.fault) == (0, fault.removeprefix("p_"))
    assert (line.cost_usd > 0) == is_billed


def test_a_hang_never_answers_and_is_billed() -> None:
    with running_world(options(p_hang=1.0)) as asker:
        with pytest.raises(httpx.ReadTimeout):
            asker.http.post(
                f"{asker.url}/p/{ENDPOINT.provider_id}/chat/completions",
                headers={"authorization": f"Bearer {KEY}"},
                json={"model": ENDPOINT.wire_name, "messages": [{"role": "user", "content": PROMPTS[0]}]},
                timeout=0.1,
            )
        assert asker.app.bill.total_usd > 0


def test_malformed_json_is_billed() -> None:
    with running_world(options(p_malformed=1.0)) as asker:
        response = asker.ask(ENDPOINT, PROMPTS[0])
        assert asker.app.bill.total_usd > 0
    assert response.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        response.json()


@pytest.mark.parametrize("name", FORMATS)
def test_an_error_inside_a_200_is_billed_only_where_the_body_tells_the_usage(name: str) -> None:
    endpoint = endpoint_of(world().market, name)
    with running_world(options(p_error_in_200=1.0)) as asker:
        response = asker.ask(endpoint, PROMPTS[0])
        charged = asker.app.bill.total_usd
    body = response.json()
    assert response.status_code == 200
    assert "error" in body or "error" in body["choices"][0]
    assert (charged > 0) == ("usage" in body)


def test_truncated_output_says_so() -> None:
    with running_world(options(p_truncated=1.0)) as asker:
        body = asker.ask(ENDPOINT, PROMPTS[0]).json()
        assert asker.app.bill.total_usd > 0
    assert body["choices"][0]["finish_reason"] == "length"


def test_a_slow_first_byte_is_slow() -> None:
    with running_world(options(p_slow=1.0, slow_s=0.15)) as asker:
        assert asker.ask(ENDPOINT, PROMPTS[0]).elapsed.total_seconds() >= 0.15


def test_a_provider_that_is_down_serves_nobody_and_others_go_on() -> None:
    other = endpoint_of(world().market, "anthropic_messages")
    with running_world(options(provider_down=frozenset({ENDPOINT.provider_id}))) as asker:
        assert asker.ask(ENDPOINT, PROMPTS[0]).status_code == 503
        assert asker.ask(other, PROMPTS[0]).status_code == 200


@pytest.mark.parametrize(
    ("name", "status", "word"),
    [
        ("openai_chat", 429, "insufficient_quota"),
        ("anthropic_messages", 402, "billing_error"),
        ("google_generate", 429, "GenerateRequestsPerDay"),
    ],
)
def test_after_its_quota_an_account_is_told_that_the_money_is_gone(name: str, status: int, word: str) -> None:
    endpoint = endpoint_of(world().market, name)
    with running_world(options(quota_calls=2)) as asker:
        answers = [asker.ask(endpoint, prompt) for prompt in PROMPTS[:4]]
    assert [answer.status_code for answer in answers] == [200, 200, status, status]
    assert word in answers[-1].text


async def test_more_in_flight_than_allowed_is_a_rate_limit() -> None:
    slow = options(max_in_flight=1, latency=Latency(median_s=0.2))
    body = {"model": ENDPOINT.wire_name, "messages": [{"role": "user", "content": PROMPTS[0]}]}
    with running_world(slow) as asker:
        url = f"{asker.url}/p/{ENDPOINT.provider_id}/chat/completions"
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {KEY}"}) as http:
            first, second = await gathered(http, url, body)
    assert sorted([first, second]) == [200, 429]


async def gathered(http: httpx.AsyncClient, url: str, body: object) -> tuple[int, int]:
    first, second = await asyncio.gather(http.post(url, json=body), http.post(url, json=body))
    return first.status_code, second.status_code


def test_faults_over_http_are_those_that_were_drawn() -> None:
    rates = {"p_server_error": 0.2, "p_malformed": 0.2}
    with running_world(options(**rates)) as asker:
        for prompt in PROMPTS:
            asker.ask(ENDPOINT, prompt)
            asker.ask(ENDPOINT, prompt)
        seen = [(line.prompt, line.attempt, line.fault) for line in asker.app.bill.lines]
    faults = Faults(**rates)  # type: ignore[arg-type]
    for prompt, attempt, fault in seen:
        assert fault == (faults.pick(f"{ENDPOINT.id}|{prompt}", attempt)[0] or "")
    share = sum(bool(fault) for *_, fault in seen) / len(seen)
    assert abs(share - 0.4) < 4 * math.sqrt(0.24 / len(seen))
