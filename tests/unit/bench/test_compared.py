import sys
from pathlib import Path

import pytest

from bench import compared
from tests.unit.compare.fields import sweep, written


def test_the_tables_that_are_there_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "one")
    written(tmp_path, "two", seed=1)
    monkeypatch.setattr(compared, "TABLES", tmp_path)
    monkeypatch.setattr(sys, "argv", ["x", "--seeds", "1", "--jobs", "1", "--tables", "two"])
    bench = compared.read_options("x", 10)
    assert bench is not None
    assert (list(bench.folders), bench.n_seeds, bench.plans) == (["two"], 1, ("balanced",))
    assert "seeds 0 to 0" in bench.told("make bench-x")
    rows = compared.run(bench.comparison([sweep()], (1.0,)), "x", is_imported=True)
    assert [(row["table"], row["is_baseline_imported"]) for row in rows] == [("two", True)] * 2


def test_without_tables_it_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compared, "TABLES", tmp_path / "none")
    monkeypatch.setattr(sys, "argv", ["x"])
    assert compared.read_options("x", 10) is None
    assert capsys.readouterr().out.startswith("skipped: needs")
