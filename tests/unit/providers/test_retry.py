import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.errors import OptionError
from modelsearch.core.wire import RawReply, Retry
from modelsearch.providers.retry import Backoff, classify_error, retry_after_s
from modelsearch.providers.wire_values import WireError

NOON = "Mon, 23 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "121"}, 121.0),
        ({"retry-after": "86400"}, 900.0),
        ({"retry-after": "inf"}, 900.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "40", "retry-after": "9"}, 0.04),
        ({"retry-after-ms": "later", "retry-after": "9"}, 9.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:07 GMT", "date": NOON}, 7.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT", "date": NOON}, 0.0),
        ({"retry-after": "Mon, 23 Nov 2026 13:00:00 GMT", "date": NOON}, 900.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:07 -0000", "date": NOON}, 7.0),
    ],
)
def test_retry_after(headers: dict[str, str], wait_s: float | None) -> None:
    assert retry_after_s(headers) == wait_s


@pytest.mark.parametrize("date", [{}, {"date": "soon"}])
def test_a_date_without_one_to_hold_it_against_tells_nothing(date: dict[str, str]) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert retry_after_s({"retry-after": until, **date}) is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (WireError(code="429"), "rate"),
        (WireError(kind="rate_limit_error"), "rate"),
        (WireError(code="RESOURCE_EXHAUSTED"), "rate"),
        (WireError(code="402", message="no"), "quota"),
        (WireError(message="Insufficient credits"), "quota"),
        (WireError(code="401"), "auth"),
        (WireError(kind="authentication_error"), "auth"),
        (WireError(code="404"), "gone"),
        (WireError(code="unsupported_parameter"), "incapable"),
        (WireError(code="503"), "transient"),
        (WireError(code="9" * 5000), "none"),
        (WireError(message="boom"), "none"),
    ],
)
def test_an_error_inside_a_200_counts_as_the_status_that_it_names(error: WireError, kind: str) -> None:
    assert classify_error(RawReply(http_status=200), error).kind == kind


@pytest.mark.parametrize("status", [504, 524])
def test_a_gateways_timeout_may_have_been_billed_whatever_the_gateway_says(status: int) -> None:
    raw = RawReply(http_status=status, headers={"x-should-retry": "true"})
    assert raw.is_unanswered
    assert classify_error(raw, WireError()).kind == "none"


@pytest.mark.parametrize(("is_sent", "kind"), [(True, "none"), (False, "transient")])
def test_no_answer_is_repeated_only_if_it_was_not_sent(is_sent: bool, kind: str) -> None:
    raw = RawReply(http_status=0, is_sent=is_sent, failure="reset")
    assert classify_error(raw, WireError()) == Retry(kind=kind, message="reset")  # type: ignore[arg-type]


def test_a_redirect_is_not_followed_nor_repeated() -> None:
    assert classify_error(RawReply(http_status=307), WireError()) == Retry(kind="none", message="HTTP 307")


def test_the_body_tells_the_wait_where_the_headers_do_not() -> None:
    raw = RawReply(http_status=429, headers={"retry-after": "2"})
    assert classify_error(raw, WireError(wait_s=9.0)).wait_s == 2.0
    assert classify_error(RawReply(http_status=429), WireError(wait_s=9.0)).wait_s == 9.0
    assert classify_error(RawReply(http_status=429), WireError(wait_s=999.0)).wait_s == 900.0
    assert classify_error(RawReply(http_status=429), WireError(wait_s=-1.0)).wait_s is None


def test_the_providers_wish_wins_over_the_backoff() -> None:
    assert Backoff().wait_s(1, Retry(kind="rate", wait_s=33.0)) == 33.0


@given(seed=st.integers(0, 2**31), n_attempts=st.integers(1, 40))
def test_backoff_is_bounded_and_repeatable(seed: int, n_attempts: int) -> None:
    waits = [Backoff(rng=random.Random(seed)).wait_s(n_attempts, Retry(kind="transient")) for _ in range(2)]
    assert waits[0] == waits[1]
    assert 0 <= waits[0] <= min(8.0, 0.5 * 2 ** (n_attempts - 1))


def test_no_attempts_at_all_is_refused() -> None:
    with pytest.raises(OptionError, match="max_attempts of a call: expected at least 1, got 0"):
        Backoff(max_attempts=0)
