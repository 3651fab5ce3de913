import time
from decimal import Decimal

import pytest

from modelsearch.catalog.sources.payload import MAX_BYTES, MAX_DEPTH, joined, value_of, values_of
from modelsearch.core.errors import CatalogError


def test_numbers_are_exact_and_what_is_no_number_is_unknown() -> None:
    value = value_of(b'{"a": 0.1, "b": 3, "c": NaN, "d": -Infinity, "e": 1e999999999999999999999}', "s")
    assert value == {"a": Decimal("0.1"), "b": 3, "c": None, "d": None, "e": None}


def test_whole_numbers_of_any_length_are_read() -> None:
    assert value_of(b"[" + b"9" * 100_000 + b"]", "s") == [Decimal("9" * 100_000)]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "0 characters"),
        (b"<!doctype html><title>Sorry</title>", "'<!doctype html>"),
        (b'{"data": [', "expected JSON"),
        (b'{"data": []}{}', "expected JSON"),
        (b'{"price": 1, "price": 2}', "'price' twice"),
        (b'{"name": "\xff"}', "expected UTF-8, got byte 0xff at 10"),
        ('{"name": "ä"}'.encode("latin-1"), "expected UTF-8"),
        ('{"name": 1}'.encode("utf-16"), "expected UTF-8"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), f"at most {MAX_DEPTH} levels, got {MAX_DEPTH + 1}"),
        (b"[" * 1_000_000, "levels, got 1000000"),
        (b" " * (MAX_BYTES + 1), f"at most {MAX_BYTES} bytes"),
    ],
)
def test_what_could_be_misread_is_refused_in_one_line(body: bytes, told: str) -> None:
    with pytest.raises(CatalogError) as error:
        value_of(body, "acme")
    assert told in str(error.value)
    assert str(error.value).startswith("source acme: ")
    assert "\n" not in str(error.value)


def test_brackets_inside_texts_are_no_levels() -> None:
    assert value_of(b'{"a": "' + b"[{" * 500 + b'\\"["}', "s") == {"a": "[{" * 500 + '"['}


@pytest.mark.parametrize("body", [b'"\\' * 500_000, b'"' * 1_000_001, b'\\"' * 500_000])
def test_depth_of_hostile_texts_is_found_in_linear_time(body: bytes) -> None:
    started_s = time.process_time()
    with pytest.raises(CatalogError):
        value_of(body, "s")
    assert time.process_time() - started_s < 0.5


def test_a_byte_order_mark_is_no_matter() -> None:
    assert value_of(b"\xef\xbb\xbf[1]", "s") == [1]


def test_pages_are_one_payload_and_come_apart_again() -> None:
    assert joined([b"[1]"]) == b"[1]"
    assert values_of(joined([b"[1]", b"[2]\n"]), "s") == ([1], [2])
