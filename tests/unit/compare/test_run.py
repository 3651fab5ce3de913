from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelsearch.compare.cases import Case, cases_of
from modelsearch.compare.run import Comparison, compare, jobs_of
from modelsearch.core.errors import OptionError
from tests.unit.compare.fields import sweep, written


def make_comparison(folder: Path, **changes: Any) -> Comparison:
    folders = {name: written(folder, name, seed=n) for n, name in enumerate(("one", "two"))}
    plain = Comparison(
        folders=folders, cases=cases_of(list(folders.values())), contenders=[sweep()], shares=(0.3, 0.1), seeds=range(2)
    )
    return replace(plain, **changes)


def test_an_anytime_plan_searches_once_for_all_shares(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    assert [job.shares for job in jobs_of(comparison)] == [(0.1, 0.3)] * 8
    others = replace(comparison, contenders=[sweep(is_anytime=False)])
    assert [(job.shares, job.asked.budget_share) for job in jobs_of(others)] == [((0.1,), 0.1), ((0.3,), 0.3)] * 8


def test_every_case_seed_and_share_has_its_row_in_order(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    rows = compare(make_comparison(tmp_path), lambda n_done, n_jobs: told.append((n_done, n_jobs)))
    keys = [(row["table"], row["baseline"], row["seed"], row["budget_share"]) for row in rows]
    assert keys == sorted(keys, key=str)
    assert len(set(keys)) == len(keys) == 16
    assert told == [(n, 8) for n in range(1, 9)]


def test_the_same_seed_gives_the_same_row(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, cases=[Case(table="one", baseline="m0")], seeds=[3])
    timed: dict[str, Any] = {"wall_s": 0.0, "cpu_s": 0.0, "p_right": 0.0}
    first, second = ([{**row, **timed} for row in compare(comparison)] for _ in range(2))
    assert first == second


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_processes_find_what_one_process_finds(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, seeds=[0], cases=[Case(table="one", baseline="m0")])
    alone, together = (compare(replace(comparison, n_jobs=n_jobs)) for n_jobs in (1, 2))
    assert [row["recommended"] for row in together] == [row["recommended"] for row in alone]
    assert [row["spend_usd"] for row in together] == [row["spend_usd"] for row in alone]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"shares": (0.1, 1.5)}, r"--budget-share.*1\.5"),
        ({"shares": ()}, "--budget-share.*none"),
        ({"contenders": []}, "--plans.*none"),
        ({"contenders": [sweep(), sweep()]}, "--plans.*different names.*sweep, sweep"),
        ({"n_jobs": 0}, "--jobs"),
        ({"seeds": []}, "--seeds"),
    ],
)
def test_what_cannot_be_run_is_told(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(OptionError, match=told):
        make_comparison(tmp_path, **changes)
