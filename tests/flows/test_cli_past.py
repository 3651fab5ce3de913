"""`--past` and `--no-past`: what a search, or a comparison, learns from."""

from pathlib import Path

import pytest

from flows.cli_options import past_of
from modelsearch.core.errors import OptionError
from modelsearch.store.comparisons import read_comparison
from tests.flows.conftest import Command
from tests.unit.compare.fields import written


def test_folders_replace_own_runs_and_none_refuses_both() -> None:
    assert past_of(None, is_refused=False) is None
    assert past_of(None, is_refused=True) == ()
    assert past_of([Path("a"), Path("b")], is_refused=False) == (Path("a"), Path("b"))
    with pytest.raises(OptionError, match="leave one out"):
        past_of([Path("a")], is_refused=True)


def test_a_comparison_takes_a_past(command: Command, project: Path) -> None:
    table, other, out = written(project, "own"), written(project, "other", seed=1), project / "r.parquet"
    asked = ("--plans", "random_order", "--budget-share", "0.2", "--seeds", "1", "--out", str(out))
    assert command("compare", str(table), *asked, "--past", str(table), "--past", str(other)).code == 0
    assert len(read_comparison(out)) > 0
    ended = command("compare", str(table), *asked, "--past", str(project / "nothing"))
    assert ended.code == 2
    assert "expected the folder of a recorded table" in ended.err
