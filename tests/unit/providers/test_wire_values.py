from decimal import Decimal
from typing import Any

import pytest

from modelsearch.core.wire import Message, RawReply
from modelsearch.providers.wire_values import WireError, amount, count, error_of, read_object, without_system


@pytest.mark.parametrize(
    ("value", "n_tokens"),
    [(None, 0), (3, 3), (12.0, 12), (-1, 0), (float("inf"), 0), (float("nan"), 0), (10**9, 10**9)],
)
def test_count(value: float | None, n_tokens: int) -> None:
    assert count(value) == n_tokens


@pytest.mark.parametrize(
    ("text", "is_told"), [("0", True), ("1e-9", True), ("-1", False), ("NaN", False), ("Infinity", False)]
)
def test_amount(text: str, is_told: bool) -> None:
    assert amount(Decimal(text)) == (Decimal(text) if is_told else None)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (None, WireError()),
        ("boom", WireError(message="boom")),
        ({"code": 500, "type": "x", "message": "boom"}, WireError(code="500", kind="x", message="boom")),
        ([1], WireError(message="[1]")),
    ],
)
def test_error_of(told: Any, error: WireError) -> None:
    assert error_of(told) == error


def test_an_error_is_told_in_one_short_line() -> None:
    assert WireError(code="c", kind="k", message="m").text == "c: m"
    assert WireError(kind="k", message="m" * 9000).text == "k: " + "m" * 497


@pytest.mark.parametrize("body", [b"", b"<html>", b"3", b"[]", b"\xff"])
def test_an_error_page_may_be_anything(body: bytes) -> None:
    assert read_object(RawReply(http_status=502, body=body)) == {}


def test_without_system_keeps_the_order_and_the_rest() -> None:
    user, answer = Message(role="user", content="u"), Message(role="assistant", content="a")
    system = Message(role="system", content="s")
    assert without_system((user, answer)) == (user, answer)
    assert without_system((system, user, answer)) == (Message(role="user", content="s\n\nu"), answer)
    assert without_system((system, answer)) == (Message(role="user", content="s"), answer)


@pytest.mark.parametrize("told", [10**12 + 1, 1e13, 2**62, 1e300])
def test_a_count_that_no_reply_can_have_is_a_fault_of_the_reply(told: float) -> None:
    with pytest.raises(ValueError, match="reply: expected at most"):
        count(told)
    assert count(10**12) == 10**12


def test_a_bill_that_no_call_can_have_is_a_fault_of_the_reply() -> None:
    with pytest.raises(ValueError, match="reply: expected an amount"):
        amount(Decimal("1e10"))
    assert amount(Decimal("1e9")) == Decimal("1e9")
