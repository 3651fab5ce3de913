from datetime import date
from decimal import Decimal

import pytest

from modelsearch.catalog.sources.fields import (
    count_of,
    day_of,
    is_chat_name,
    is_free_variant,
    list_of,
    model_id_of,
    name_of,
    number_of,
    object_of,
    text_of,
    words_of,
)
from tests.unit.catalog.sources.payloads import lines_of_the_catalogue

NOT_TEXT: tuple[object, ...] = (None, True, 3, Decimal(2), [], {}, "x" * 300)


@pytest.mark.parametrize("value", [*NOT_TEXT, "", "two words", "line\nbreak", "-flag", "é", "a\x00"])
def test_only_plain_ids_are_names(value: object) -> None:
    assert name_of(value) == ""


def test_names_of_providers_are_names() -> None:
    for name in ("gpt-4.1", "~acme/one-latest", "acme/one:free", "accounts/x/models/y", "@cf/one"):
        assert name_of(name) == name


@pytest.mark.parametrize("value", NOT_TEXT)
def test_text_is_short_and_printable(value: object) -> None:
    assert text_of(value) == ""
    assert text_of("Acme One") == "Acme One"


def test_numbers_come_as_numbers_or_text_and_are_finite() -> None:
    assert [number_of(each) for each in ("0.10", 3, Decimal("1.5"))] == [Decimal("0.10"), Decimal(3), Decimal("1.5")]
    nothing: tuple[object, ...] = (None, True, "", "x", "NaN", "Infinity", "-inf", [], {}, "9" * 300)
    assert [number_of(value) for value in nothing] == [None] * len(nothing)


def test_counts_of_tokens_are_at_least_one_and_no_sentinels() -> None:
    assert [count_of(each) for each in (1, "8192", Decimal("4096.0"))] == [1, 8192, 4096]
    nothing: tuple[object, ...] = (0, -1, 10**10, None, True, "many")
    assert [count_of(value) for value in nothing] == [None] * len(nothing)


def test_days_are_read_from_dates_moments_and_unix_seconds() -> None:
    day = date(2026, 5, 12)
    assert [day_of(each) for each in ("2026-05-12", "2026-05-12T10:00:00Z", 1778580000)] == [day, day, day]
    nothing: tuple[object, ...] = (
        "2098-01-01",
        "1970-01-01T00:00:00Z",
        "2026-13-01",
        "soon",
        "2026",
        0,
        -5,
        10**12,
        None,
        True,
        [],
    )
    assert [day_of(value) for value in nothing] == [None] * len(nothing)


def test_a_model_is_meant_by_its_whole_name() -> None:
    assert model_id_of("acme/One-2.5:free") == model_id_of("one-2.5") == "one-2-5"
    assert model_id_of("acme/one-2") != model_id_of("acme/one-2-mini")
    assert model_id_of("///") == "unnamed"


def test_shapes_default_to_nothing() -> None:
    assert (object_of([1]), list_of({"a": 1}), words_of(["a", 1, None])) == ({}, [], frozenset({"a"}))


def test_free_is_told_by_the_end_of_the_name() -> None:
    assert is_free_variant("acme/one:free")
    assert not is_free_variant("acme/free-one")


def test_kinds_are_told_by_whole_words_of_the_name() -> None:
    for name in (
        "text-embedding-9",
        "acme/one-image-preview",
        "gpt-9-search",
        "acme/sonar",
        "one-live",
        "Llama-Guard-9",
    ):
        assert not is_chat_name(name), name
    for name in ("olive-9", "acme/deliverance-7b", "imagery-1", "embedder/one-chat", "searching-2"):
        assert is_chat_name(name), name


def test_every_endpoint_of_the_catalogue_is_a_chat_model_by_its_name() -> None:
    wires = [line.split(": ", 1)[1] for line in lines_of_the_catalogue() if line.startswith("- wire: ")]
    assert len(wires) > 600
    assert [wire for wire in wires if not is_chat_name(wire)] == []
