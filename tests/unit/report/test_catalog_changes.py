from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from modelsearch.catalog.diff import changes
from modelsearch.catalog.price_rows import new_rows
from modelsearch.core.market import Rate
from modelsearch.core.sync_report import SourceReport, SyncReport
from modelsearch.report.catalog_changes import (
    MAX_LINES,
    change_lines,
    change_rows,
    facts_text,
    price_lines,
    sync_lines,
)
from tests.unit.catalog.offerings import DAY, NOW, offering, rates, state

SOURCES = (
    SourceReport(name="openrouter", end="read", n_offerings=364, sha256="f" * 64, problems=("row 3: no id",)),
    SourceReport(name="openai", end="no_key", error="OPENAI_API_KEY is not set"),
    SourceReport(name="mistral", end="failed", error="HTTP 503"),
    SourceReport(name="models.dev", end="refused", error="it lists 900 fewer models than before"),
)
BEFORE = state(offering("acme/cut"), offering("acme/ends"), offering("acme/moves", revision="a"), offering("acme/old"))
AFTER = state(
    offering("acme/cut", rates=(*rates("0.5", "3"), Rate(kind="cache_read", usd=Decimal("0.05")))),
    offering("acme/ends", deprecated_on=date(2026, 12, 24)),
    offering("acme/moves", revision="b"),
    offering("acme/new", rates=(*rates("10", None), *rates("20", "60", min_prompt_tokens=200_000))),
)
CHANGES = changes(BEFORE, AFTER, DAY)


def test_a_sync_is_told_with_its_sources_and_changes() -> None:
    report = SyncReport(
        observed_at=NOW, end="accepted", sources=SOURCES, changes=CHANGES, n_endpoints=1204, n_first_seen=1
    )
    assert list(sync_lines(report)) == [
        "catalogue of 2026-11-24 03:00 UTC: in force",
        "  openrouter      364 models, 1 row left out or put right",
        "  openai          not asked: OPENAI_API_KEY is not set",
        "  mistral         failed: HTTP 503",
        "  models.dev      refused: it lists 900 fewer models than before",
        "1,204 endpoints on sale",
        "1 endpoint seen for the first time, and known from now on: no news",
        "5 changes: 1 repriced, 1 deprecated, 1 moved, 1 appeared, 1 gone",
        f"  repriced    {'acme/cut':<52} input 1 -> 0.5, cache_read - -> 0.05 (-25.0%)",
        "  deprecated  acme/ends                                            until 2026-12-24",
        "  moved       acme/moves                                           revision a -> b",
        f"  appeared    {'acme/new':<52} input 10, output ?, input over 200000 20, output over 200000 60",
        "  gone        acme/old                                             input 1, output 3",
    ]
    assert "    row 3: no id" in sync_lines(report, has_problems=True)


def test_prices_in_dispute_are_counted() -> None:
    report = SyncReport(observed_at=NOW, end="unchanged", n_endpoints=3, n_disputed=2)
    assert "3 endpoints on sale; sources differ on 2 prices, of which the higher counts" in [*sync_lines(report)]


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("held", "HELD"),
        ("failed", "FAILED"),
        ("rejected", "not used"),
        ("stale", "a later one"),
        ("unchanged", "as it"),
    ],
)
def test_every_end_says_what_is_in_force(end: str, told: str) -> None:
    report = SyncReport(observed_at=NOW, end=end, reason="moves 40 %")  # type: ignore[arg-type]
    first = next(iter(sync_lines(report)))
    assert told in first
    assert first.endswith("moves 40 %")


def test_changes_that_are_not_in_force_are_told_as_such() -> None:
    report = SyncReport(observed_at=NOW, end="held", changes=CHANGES, reason="moves 40 %")
    assert "not in force: 5 changes: 1 repriced, 1 deprecated, 1 moved, 1 appeared, 1 gone" in sync_lines(report)


def test_few_words_tell_what_happened() -> None:
    later = replace(AFTER.offerings[next(iter(AFTER.offerings))], rates=rates("0.5", "3"))
    assert facts_text(changes(state(offering(rates=())), state(offering()), DAY)[0]) == "input - -> 1, output - -> 3"
    again = changes(
        state(offering(deprecated_on=date(2026, 12, 1))), state(offering(deprecated_on=date(2027, 1, 1))), DAY
    )
    assert facts_text(again[0]) == "until 2027-01-01, said 2026-12-01 before"
    assert facts_text(changes(state(), state(offering(rates=())), DAY)[0]) == "price unknown"
    assert later.rates


def test_many_changes_are_cut_short() -> None:
    many = changes(state(), state(*(offering(f"acme/m-{n}") for n in range(MAX_LINES + 7))), DAY)
    lines = list(change_lines(many))
    assert len(lines) == MAX_LINES + 2
    assert lines[-1] == "  and 7 more"
    assert len(change_rows(many)) == MAX_LINES
    assert change_rows(CHANGES)[1] == {
        "day": "2026-11-24", "what": "deprecated", "endpoint": "acme/ends", "facts": "until 2026-12-24",
    }  # fmt: skip
    assert list(change_lines(())) == ["no changes"]


def test_a_price_history_is_told_row_by_row() -> None:
    windowed = Rate(
        kind="output", usd=Decimal(2), processing="batch", min_prompt_tokens=9, utc_window=("0100", "0400"),
        source="list", is_disputed=True,
    )  # fmt: skip
    rows = new_rows((), state(offering(rates=(windowed,))), DAY)
    rows += new_rows(rows, state(offering(rates=rates("10", None, source="list"))), DAY)
    condition = "  from 2026-11-24 output, batch, prompts over 9 tokens, 0100 to 0400 UTC"
    assert list(price_lines(rows)) == [
        f"{condition}, disputed: the higher of two sources: 2 USD per mtok [list]",
        "  from 2026-11-24 input: 10 USD per mtok [list]",
        "  from 2026-11-24 output: ? [list]",
        f"{condition}: listed no more [list]",
    ]
