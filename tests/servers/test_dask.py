"""`compare` on a real Dask cluster of two workers: the rows of one process."""

from dataclasses import replace
from pathlib import Path

import pytest

from modelsearch.compare.run import compare
from tests.unit.compare.test_on_dask import timeless
from tests.unit.compare.test_run import make_comparison

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of distributed itself
def test_a_local_cluster_of_two_gives_the_rows_of_one_process(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    told: list[int] = []
    rows = compare(replace(comparison, dask="local"), lambda n_done, _: told.append(n_done))
    assert timeless(rows) == timeless(compare(comparison))
    assert told == list(range(1, 9))
