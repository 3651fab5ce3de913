from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from random import Random

import numpy as np
import pytest

from modelsearch.core.errors import RunNotFoundError
from modelsearch.core.ids import RunId
from modelsearch.core.outcome import Status
from modelsearch.store.layout import (
    RunDir,
    find_run,
    fingerprint,
    list_runs,
    new_run_id,
    read_header,
    write_header,
    write_whole,
)

NOON = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
OLD, NEW = "20261122-080000-00aa11", "20261123-153000-ab12cd"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for run_id in (NEW, OLD):
        write_header(RunDir(tmp_path, RunId(run_id)), {"run_id": run_id, "name": "Müller"})
    (tmp_path / "not-a-run").mkdir()
    (tmp_path / "file").write_text("")
    return tmp_path


def test_ids_sort_by_time_in_whatever_zone() -> None:
    first = new_run_id(NOON, Random(1))
    assert first.startswith("20261123-153000-")
    assert len(first) == 22
    later = new_run_id((NOON + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=-9))), Random(2))
    assert later > first


def test_runs_are_listed_oldest_first_and_others_left_out(root: Path) -> None:
    assert [run.run_id for run in list_runs(root)] == [OLD, NEW]
    assert list_runs(root / "missing") == []


@pytest.mark.parametrize("name", [NEW, "20261123", NEW[:-1]])
def test_a_run_is_found_by_id_or_its_beginning(root: Path, name: str) -> None:
    assert find_run(root, name) == RunDir(root, RunId(NEW))


def test_a_run_is_found_by_its_path(root: Path, tmp_path: Path) -> None:
    assert find_run(tmp_path / "elsewhere", str(root / OLD)).header == root / OLD / "run.json"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("2026", "2 runs in .* begin so"),
        ("20261123-153000-ab12ce", f"nearest: {NEW}"),
        ("", "no such run"),
        ("zz", NEW),
    ],
)
def test_a_run_that_is_not_found_names_the_nearest(root: Path, name: str, message: str) -> None:
    with pytest.raises(RunNotFoundError, match=message):
        find_run(root, name)


def test_without_any_run_the_message_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(RunNotFoundError, match="modelsearch search"):
        find_run(tmp_path, "x")


def test_a_header_comes_back_and_a_broken_one_is_named(root: Path) -> None:
    run = find_run(root, NEW)
    assert read_header(run) == {"run_id": NEW, "name": "Müller"}
    for content in ("{", "[]"):
        run.header.write_text(content)
        with pytest.raises(RunNotFoundError, match=r"run\.json"):
            read_header(run)


@pytest.mark.parametrize("phase", ["../up", "/etc", "", ".", "..", "a b", "a/b", "a\\b", "-", "Stufe 1"])
def test_a_phase_cannot_lead_out_of_the_run(tmp_path: Path, phase: str) -> None:
    run = RunDir(tmp_path, RunId(NEW))
    path = run.table(phase, "calls")
    assert path.parent.parent == run.stages
    assert path.resolve().is_relative_to(run.stages.resolve())
    assert path.parent.name not in {"", ".", ".."}


def test_phases_of_different_names_have_different_folders(tmp_path: Path) -> None:
    names = ["race", "a b", "a/b", "a_b", "", ".", "..", "段階1", "段階2"]
    folders = {RunDir(tmp_path, RunId(NEW)).table(name, "calls").parent.name for name in names}
    assert len(folders) == len(names)
    assert {"race", "a_b", "段階1"} <= folders


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "stages" / "report.md"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(TypeError):
        write_whole(path, "three")  # type: ignore[arg-type]
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


@dataclass(frozen=True)
class Halving:
    keep: float = 0.5


@dataclass(frozen=True)
class TopFraction:
    keep: float = 0.5


EQUAL = [
    (Decimal("0.10"), Decimal("0.1")),
    (frozenset("abc"), frozenset("cba")),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    (np.array([1.0, 2.0]), [1.0, 2.0]),
    (Halving(), Halving()),
]
DIFFERENT = [
    (Decimal("0.1"), Decimal("0.10000000001")),
    (Halving(), TopFraction()),
    (Halving(0.5), Halving(0.4)),
    ((1, 2), (2, 1)),
    (date(2026, 1, 1), date(2026, 1, 2)),
    (Status.OK, Status.ERROR),
    (float("nan"), float("inf")),
    (None, 0),
    ({Status.OK: 0.0}, {Status.ERROR: 0.0}),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_values_have_equal_fingerprints(one: object, other: object) -> None:
    assert fingerprint(task=one, seed=1) == fingerprint(seed=1, task=other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_values_have_different_fingerprints(one: object, other: object) -> None:
    assert fingerprint(task=one) != fingerprint(task=other)


def test_the_name_of_a_part_counts() -> None:
    assert fingerprint(task=1) != fingerprint(plan=1)
