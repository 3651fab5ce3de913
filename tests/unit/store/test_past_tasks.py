import json
from dataclasses import replace
from pathlib import Path

import pytest

from modelsearch.core.errors import OptionError
from modelsearch.core.ids import CandidateId, RunId
from modelsearch.core.result import Estimate, Interval
from modelsearch.core.search import Setting
from modelsearch.store.layout import RunDir
from modelsearch.store.past_tasks import past_of_runs, past_of_table, read_past, traits_of_table
from modelsearch.store.result_json import result_to_json
from modelsearch.store.setting_json import Snapshot, snapshot_to_json
from modelsearch.testing.factories import make_setting
from tests.unit.compare.fields import QUALITY, make_table, written
from tests.unit.store.results import ESTIMATES, RESULT

M0 = CandidateId("m00")


def estimate_of(name: str, quality: float | None, gap: float | None, n_items: int = 50) -> Estimate:
    def around(mean: float | None) -> Interval | None:
        return None if mean is None else Interval(mean=mean, low=mean - 0.1, high=mean + 0.1)

    found = replace(ESTIMATES[0], candidate_id=CandidateId(name), n_items=n_items)
    return replace(found, quality=around(quality), gap=around(gap))


def write_run(root: Path, *, is_emulated: bool = False, setting: Setting | None = None) -> RunDir:
    """A finished run: the baseline m00, a model on few easy items, one that nobody asked, one of no candidate."""
    run = RunDir(root, RunId("20260101-000000-abcdef"))
    run.path.mkdir(parents=True)
    run.header.write_text(json.dumps({"request": {"is_emulated": is_emulated}}), encoding="utf-8")
    run.setting.write_bytes(snapshot_to_json(Snapshot(setting=setting or make_setting(3, 20), plan={"name": "p"})))
    estimates = (
        estimate_of("m00", 0.8, None, 400),
        estimate_of("m01", 1.0, -0.1, 10),
        estimate_of("m02", None, None, 0),
        estimate_of("a vote of two", 0.9, 0.1),
    )
    run.result.write_bytes(result_to_json(replace(RESULT, baseline_id=M0, estimates=estimates)))
    return run


def test_a_table_knows_all_its_models() -> None:
    found = past_of_table(make_table())
    assert [each.quality for each in found.models] == pytest.approx(QUALITY)
    assert found.models[0].model.usd_per_mtok == pytest.approx((3 * 8 + 4 * 8) / 4)
    assert found.traits == traits_of_table(make_table())
    assert (found.traits.n_labels, found.traits.input_tokens) == (2, 100.0)


def test_a_run_knows_what_it_bought_brought_to_all_items_by_the_baseline(tmp_path: Path) -> None:
    found = read_past(write_run(tmp_path).path)
    assert [each.quality for each in found.models] == pytest.approx([0.8, 0.7])
    assert found.models[1].error_variance > found.models[0].error_variance


def test_a_folder_of_a_table_or_of_a_run_is_read_and_no_other(tmp_path: Path) -> None:
    assert read_past(written(tmp_path)).id == "made"
    with pytest.raises(OptionError, match=r"expected the folder of a recorded table, or of a finished run"):
        read_past(tmp_path)


def test_runs_of_made_up_models_tell_nothing_unless_named(tmp_path: Path) -> None:
    run = write_run(tmp_path, is_emulated=True)
    assert past_of_runs(tmp_path, 9) == []
    assert len(read_past(run.path).models) == 2


def test_runs_that_did_not_finish_or_are_broken_tell_nothing(tmp_path: Path) -> None:
    assert past_of_runs(tmp_path / "none", 9) == []
    run = write_run(tmp_path)
    (unfinished := RunDir(tmp_path, RunId("20260102-000000-abcdef"))).path.mkdir()
    unfinished.header.write_text("{}", encoding="utf-8")
    assert len(past_of_runs(tmp_path, 1)) == 1
    assert past_of_runs(tmp_path, 0) == []
    run.setting.write_bytes(b"{")
    assert past_of_runs(tmp_path, 9) == []
