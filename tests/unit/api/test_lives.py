import json
import os
from pathlib import Path

import pytest

from modelsearch.api.lives import begin_life, last_written_s
from modelsearch.core.ids import RunId
from modelsearch.store.layout import RunDir


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path, RunId("r"))
    run.path.mkdir()
    return run


def test_a_first_life_has_none_before_it(run: RunDir) -> None:
    assert last_written_s(run) is None
    assert begin_life(run, None, 100.0) == 0.0


def test_earlier_lives_count_up_to_their_last_event_and_breaks_do_not(run: RunDir) -> None:
    begin_life(run, None, 100.0)
    assert begin_life(run, 130.0, 1000.0) == 30.0
    assert begin_life(run, 1005.5, 5000.0) == 35.5
    assert [life["wall_s"] for life in json.loads(run.lives.read_bytes())] == [30.0, 5.5, None]


def test_a_life_that_wrote_nothing_took_no_time(run: RunDir) -> None:
    begin_life(run, None, 100.0)
    begin_life(run, 130.0, 1000.0)
    assert begin_life(run, 130.0, 2000.0) == 30.0


def test_the_last_event_is_the_journals(run: RunDir) -> None:
    run.journal.write_bytes(b"x")
    os.utime(run.journal, (7.0, 7.0))
    assert last_written_s(run) == 7.0


@pytest.mark.parametrize("text", ["", "{broken", "[1]", '[{"began_s": "soon"}]', '{"a": 1}'])
def test_a_damaged_file_costs_the_figure_and_not_the_run(run: RunDir, text: str) -> None:
    run.lives.write_text(text)
    assert begin_life(run, 5.0, 10.0) == 0.0
