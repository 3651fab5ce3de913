from pathlib import Path

from modelsearch.core.ids import RunId
from modelsearch.store.batch_files import keeper_of
from modelsearch.store.layout import RunDir


def test_results_are_kept_whole_under_the_run(tmp_path: Path) -> None:
    keep = keeper_of(RunDir(tmp_path, RunId("r")))
    keep("ms-1-0", b"first")
    keep("ms-1-0", b"again")
    assert (tmp_path / "r" / "batches" / "ms-1-0.results").read_bytes() == b"again"
    assert [path.name for path in (tmp_path / "r" / "batches").iterdir()] == ["ms-1-0.results"]
