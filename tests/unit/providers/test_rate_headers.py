import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.providers.rate_headers import DEFAULT_RESET_S, Told, told_limits

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
DATE = ("Date", format_datetime(NOW, usegmt=True))


def told(*pairs: tuple[str, str]) -> list[Told]:
    return told_limits([(name.encode(), value.encode()) for name, value in pairs])


def test_openai_and_groq_tell_durations() -> None:
    assert told(
        ("x-ratelimit-limit-requests", "5000"),
        ("x-ratelimit-limit-tokens", "160000"),
        ("x-ratelimit-remaining-requests", "4999"),
        ("x-ratelimit-remaining-tokens", "159976"),
        ("x-ratelimit-reset-requests", "12ms"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ) == [Told("requests", 5000, 4999, 0.012), Told("tokens", 160_000, 159_976, 360.0)]


def test_anthropic_tells_moments_which_are_held_against_the_replys_own_date() -> None:
    found = told(
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "49"),
        ("anthropic-ratelimit-requests-reset", "2026-11-23T12:00:07Z"),
        ("anthropic-ratelimit-input-tokens-limit", "30000"),
        ("anthropic-ratelimit-input-tokens-remaining", "0"),
        ("anthropic-ratelimit-input-tokens-reset", "2026-11-23T11:59:00Z"),
        ("anthropic-ratelimit-output-tokens-limit", "8000"),
        ("anthropic-ratelimit-output-tokens-remaining", "7000"),
        ("anthropic-ratelimit-output-tokens-reset", "2026-11-23T14:00:30+02:00"),
        ("anthropic-ratelimit-tokens-limit", "38000"),
        ("anthropic-ratelimit-tokens-remaining", "7000"),
        ("anthropic-ratelimit-tokens-reset", "2026-11-23T12:00:30Z"),
        DATE,
    )
    assert found == [
        Told("requests", 50, 49, 7.0),
        Told("input_tokens", 30_000, 0, 0.0),
        Told("output_tokens", 8000, 7000, 30.0),
        Told("tokens", 38_000, 7000, 30.0),
    ]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (
            [("x-ratelimit-limit-req-minute", "60"), ("x-ratelimit-remaining-req-minute", "59")],
            Told("requests", 60, 59, 60.0),
        ),
        (
            [("x-ratelimit-limit-tokens-month", "4000000"), ("x-ratelimit-remaining-tokens-month", "3950246")],
            Told("tokens", 4e6, 3_950_246, 30 * 86_400.0),
        ),
        (
            [
                ("x-ratelimit-limit-requests-day", "14400"),
                ("x-ratelimit-remaining-requests-day", "14399"),
                ("x-ratelimit-reset-requests-day", "33011.382867"),
            ],
            Told("requests", 14_400, 14_399, 33_011.382867),
        ),
        (
            [
                ("X-RateLimit-Limit", "20"),
                ("X-RateLimit-Remaining", "0"),
                ("X-RateLimit-Reset", str(int(NOW.timestamp() * 1000) + 41_000)),
                DATE,
            ],
            Told("requests", 20, 0, 41.0),
        ),
        (
            [
                ("ratelimit-limit", "100"),
                ("ratelimit-remaining", "7"),
                ("ratelimit-reset", str(int(NOW.timestamp()) + 3)),
                DATE,
            ],
            Told("requests", 100, 7, 3.0),
        ),
        (
            [("x-tokenlimit-limit", "3000"), ("x-tokenlimit-remaining", "2900")],
            Told("tokens", 3000, 2900, DEFAULT_RESET_S),
        ),
    ],
)
def test_the_other_names_and_units(pairs: list[tuple[str, str]], expected: Told) -> None:
    assert told(*pairs) == [expected]


@pytest.mark.parametrize("reset", ["2026-11-23T12:00:07Z", str(int(NOW.timestamp()) + 7), "soon", "", "-3"])
def test_a_moment_without_a_date_to_hold_it_against_is_not_told(reset: str) -> None:
    found = told(("x-ratelimit-limit", "9"), ("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", reset))
    assert found == [Told("requests", 9, 1, DEFAULT_RESET_S)]


@pytest.mark.parametrize(
    ("limit", "remaining"), [("-1", "-1"), ("0", "0"), ("10", "-1"), ("many", "3"), ("10", ""), ("nan", "inf")]
)
def test_what_has_no_size_tells_nothing(limit: str, remaining: str) -> None:
    assert told(("x-ratelimit-limit-requests", limit), ("x-ratelimit-remaining-requests", remaining)) == []


def test_headers_about_something_else_tell_nothing() -> None:
    names = ("content-type", "x-limit-user-remaining", "anthropic-ratelimit-unified-status", "x-ratelimit-tokens-cost")
    assert told(*((name, "7") for name in names)) == []


@given(st.lists(st.tuples(st.binary(max_size=40), st.binary(max_size=40)), max_size=8))
def test_whatever_a_server_sends_is_read_without_an_error(pairs: list[tuple[bytes, bytes]]) -> None:
    named = [(b"x-ratelimit-" + name, value) for name, value in pairs]
    for each in told_limits([*pairs, *named, (b"x-ratelimit-limit", b"5"), (b"x-ratelimit-remaining", b"2")]):
        assert each.limit > 0
        assert each.remaining >= 0
        assert 0 <= each.reset_s < math.inf


@given(st.text(max_size=30))
def test_no_text_of_a_reset_is_an_error(text: str) -> None:
    (found,) = told_limits(
        [(b"x-ratelimit-limit", b"5"), (b"x-ratelimit-remaining", b"2"),
         (b"x-ratelimit-reset", text.encode("utf-8", "replace")), (b"date", DATE[1].encode())]
    )  # fmt: skip
    assert found.reset_s >= 0


@given(st.integers(0, 10**6))
def test_a_go_duration_is_read_to_the_millisecond(n_ms: int) -> None:
    parts = timedelta(milliseconds=n_ms)
    minutes, seconds = divmod(parts.total_seconds(), 60)
    (found,) = told(
        ("x-ratelimit-limit", "5"), ("x-ratelimit-remaining", "2"), ("x-ratelimit-reset", f"{minutes:.0f}m{seconds}s")
    )
    assert found.reset_s == pytest.approx(n_ms / 1000)
