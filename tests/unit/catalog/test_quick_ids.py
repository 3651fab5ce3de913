"""Ids that a shell proposes: those of the real catalogue, without reading it."""

from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.catalog.load import load_market
from modelsearch.catalog.quick_ids import _PROVIDER, _SYNCED, _WIRE, quick_endpoint_ids
from modelsearch.settings import read_settings

NOWHERE = Path("/nonexistent")


def test_they_are_those_of_the_catalogue() -> None:
    catalogs = read_settings({}).catalogs
    real = load_market(catalogs, as_of=date(2026, 11, 20)).endpoints
    assert quick_endpoint_ids(catalogs, NOWHERE) == sorted(real)


def test_those_of_a_sync_are_there_too(tmp_path: Path) -> None:
    synced = tmp_path / "current.json"
    synced.write_text('{"offerings":{"a/b":{"endpoint_id":"a/b","wire":"b"}},"gone":{"c":{"endpoint_id": "c/d"}}}')
    assert quick_endpoint_ids(NOWHERE, synced) == ["a/b", "c/d"]


def test_quoted_and_inline_names_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "providers"
    folder.mkdir()
    (folder / "p.yaml").write_text(
        "id: 'p'\nendpoints:\n- wire: \"a b\"\n- wire: 'c'\n"
        "- {wire: d, model: x}\n# - wire: no\n- model: y\n  wire: e\n"
    )
    assert quick_endpoint_ids(tmp_path, NOWHERE) == ["p/a b", "p/c", "p/d", "p/e"]


def test_without_files_there_are_none() -> None:
    assert quick_endpoint_ids(NOWHERE, NOWHERE) == []


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    for pattern in (_PROVIDER, _WIRE, _SYNCED):
        assert list(pattern.finditer(text)) is not None
