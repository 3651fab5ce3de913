import csv
import json
from pathlib import Path

import pytest

from modelsearch.api.run import search
from tests.flows.conftest import Command
from tests.unit.api.shop import Shop, shop

__all__ = ["shop"]


@pytest.fixture
def found(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A finished run in a project of its own."""
    search(shop.request(), shop.opening())
    return shop


@pytest.fixture
def here(found: Shop, command: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Commands of that project."""
    monkeypatch.setenv("MODELSEARCH_HOME", str(found.root / "home"))
    return command


def test_files_are_written_where_they_are_wanted(found: Shop, here: Command, tmp_path: Path) -> None:
    page, folder = tmp_path / "made" / "page.html", tmp_path / "tables"
    done = here("report", found.run.run_id, "--html", str(page), "--csv", str(folder))
    assert done.code == 0, done.err
    assert page.read_text() == found.run.report_html.read_text()
    assert done.out.splitlines()[0] == f"wrote {page}"
    with (folder / "candidates.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["candidate_id"] for row in csv.DictReader(file)} == {"dear/m", "mid/m", "cheap/m"}


def test_without_files_it_shows_the_answer(found: Shop, here: Command) -> None:
    done = here("report", found.run.run_id)
    assert done.code == 0, done.err
    assert "claimed for these 6 items" in done.out


def test_json_names_the_files(found: Shop, here: Command, tmp_path: Path) -> None:
    done = here("report", found.run.run_id, "--csv", str(tmp_path), "--json")
    assert done.code == 0, done.err
    written = json.loads(done.out)["written"]
    assert {Path(path).name for path in written} >= {"candidates.csv", "drops.csv", "spend.csv"}
    assert all(Path(path).is_file() for path in written)
