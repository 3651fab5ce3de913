from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.market import Endpoint, Rate
from modelsearch.core.wire import Message
from modelsearch.providers.prompt_prefix import (
    MIN_BYTES_PER_TOKEN,
    MIN_MARKED_TOKENS,
    MIN_UNMARKED_TOKENS,
    is_write_charged,
    marked_content,
    shared_start,
)
from modelsearch.testing.factories import make_endpoint, make_rates

LEAST_MARKED = MIN_MARKED_TOKENS * MIN_BYTES_PER_TOKEN
LEAST_UNMARKED = MIN_UNMARKED_TOKENS * MIN_BYTES_PER_TOKEN
CAN = make_endpoint(capabilities=frozenset({"prompt_cache"}))


def system(n_chars: int, n_stable: int | None = None) -> Message:
    return Message(role="system", content="s" * n_chars, n_stable_chars=n_chars if n_stable is None else n_stable)


def user(stable: str, rest: str) -> Message:
    return Message(role="user", content=stable + rest, n_stable_chars=len(stable))


def priced(*kinds: str, usd: str = "1.25") -> Endpoint:
    rates = tuple(Rate(kind=kind, usd=Decimal(usd)) for kind in kinds)  # type: ignore[arg-type]
    return make_endpoint(rates=(*make_rates(), *rates))


@pytest.mark.parametrize(("is_marked", "least"), [(True, LEAST_MARKED), (False, LEAST_UNMARKED)])
def test_the_start_ends_where_items_differ_and_is_long_enough(is_marked: bool, least: int) -> None:
    question = user("", "one question")
    assert shared_start((system(least - 1), question), CAN, is_marked=is_marked) is None
    cut = shared_start((system(least), question), CAN, is_marked=is_marked)
    assert cut is not None
    assert cut[:2] == (0, least)
    with_more = shared_start((system(least), user("Question: ", "why?")), CAN, is_marked=is_marked)
    assert with_more is not None
    assert with_more[:2] == (1, len("Question: "))
    assert with_more.name != cut.name


def test_the_name_does_not_depend_on_the_item() -> None:
    long = "x" * LEAST_UNMARKED
    found = {shared_start((user(long, rest),), CAN, is_marked=False) for rest in ("a", "b c", "d\n")}
    assert len(found) == 1
    assert found != {None}


def test_who_has_no_cache_no_stable_start_or_no_message_has_no_cut() -> None:
    messages = (system(LEAST_UNMARKED), user("", "q"))
    assert shared_start(messages, make_endpoint(), is_marked=True) is None
    assert shared_start((), CAN, is_marked=True) is None
    assert shared_start((system(LEAST_UNMARKED, n_stable=0), user("", "q")), CAN, is_marked=True) is None


def test_no_part_is_of_white_space_alone() -> None:
    long = system(LEAST_MARKED)
    for question in (user("\n", "q"), user("q", " \n")):
        cut = shared_start((long, question), CAN, is_marked=True)
        assert cut is not None
        assert cut[:2] == (0, LEAST_MARKED)


def test_keeping_is_charged_where_both_prices_are_known() -> None:
    assert is_write_charged(priced("cache_read", "cache_write_5m"))
    assert not is_write_charged(priced("cache_read"))
    assert not is_write_charged(priced("cache_write_5m"))
    assert not is_write_charged(
        priced("cache_read", "cache_write_5m", usd="0.3")
    )  # storage of a cache that fills unasked
    unknown = Rate(kind="cache_write_5m", usd=None)
    assert not is_write_charged(make_endpoint(rates=(*priced("cache_read").rates, unknown)))


@given(st.text(max_size=50), st.integers(0, 50))
def test_marked_parts_say_what_the_message_says(text: str, n_chars: int) -> None:
    parts = marked_content(Message(role="user", content=text), n_chars, {"mark": 1})
    assert "".join(part["text"] for part in parts) == text
    assert ["mark" in part for part in parts] == [True, False][: len(parts)]
