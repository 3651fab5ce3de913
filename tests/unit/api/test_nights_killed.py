"""Nights that end in the middle, and go on."""

from collections import Counter
from pathlib import Path

import pytest

from modelsearch.api.night_job import JobDone, JobRun, run_job
from modelsearch.api.night_work import NightWork
from modelsearch.core.nights import Job
from modelsearch.store.layout import list_runs, write_whole
from modelsearch.store.night_store import OPEN, RESULTS
from tests.unit.api.bazaar import Bazaar, Killed, Models, all_calls, history, told
from tests.unit.api.test_nights import FIRST


@pytest.mark.parametrize("dies_at", [0, 5, 60, 100, 127])
def test_a_killed_night_goes_on_and_pays_nothing_twice(bazaar: Bazaar, dies_at: int, tmp_path: Path) -> None:
    Models.dies_at = dies_at
    with pytest.raises(Killed):
        bazaar.night()
    Models.dies_at = None
    report = bazaar.night()
    keys, _ = all_calls(bazaar)
    assert told(report) == FIRST
    assert max(Counter(Models.asked).values()) == 1
    assert len(list_runs(bazaar.settings.runs)) == 1
    assert report.spend_usd <= 1
    assert bazaar.state.incumbent_id == "twin/m"
    assert len(keys) >= len(Models.asked)


def test_a_night_killed_between_jobs_keeps_what_they_came_to(bazaar: Bazaar) -> None:
    bazaar.night()
    bazaar.add("late", 0.5)
    bazaar.add("weak", 0.3)

    async def dies_at_screens(job: Job, work: NightWork, where: JobRun) -> JobDone:
        if job.kind == "screen":
            raise Killed
        return await run_job(job, work, where)

    with pytest.raises(Killed):
        bazaar.night(1, runner=dies_at_screens)
    assert bazaar.store.holds(OPEN)
    assert bazaar.store.holds(RESULTS)
    n_calls = len(Models.asked)
    report = bazaar.night(1)
    assert [kind for kind, _, _ in told(report)] == ["drift", "drift", "screen", "screen"]
    assert not [name for name, _ in Models.asked[n_calls:] if name.endswith("@anew")]
    assert not bazaar.store.holds(OPEN)
    assert history(bazaar, "nights") == ["2026-11-24", "2026-11-25"]


def test_a_night_left_open_is_ended_before_the_next_one(bazaar: Bazaar) -> None:
    Models.dies_at = 50
    with pytest.raises(Killed):
        bazaar.night()
    Models.dies_at = None
    report = bazaar.night(1)
    assert report.day == bazaar.call(1).day
    assert history(bazaar, "nights") == ["2026-11-24", "2026-11-25"]
    assert max(Counter(Models.asked).values()) == 1


@pytest.mark.parametrize("n_writes", range(8))
def test_a_kill_while_the_night_is_written_down_loses_nothing(
    bazaar: Bazaar, n_writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever file was being written."""
    left = [n_writes]

    def write_until(path: Path, content: bytes) -> None:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        write_whole(path, content)

    monkeypatch.setattr("modelsearch.store.night_store.write_whole", write_until)
    with pytest.raises(Killed):
        bazaar.night()
    monkeypatch.undo()
    monkeypatch.setattr("modelsearch.api.session.ProviderClient", Models)
    assert told(bazaar.night()) in (FIRST, [])
    assert max(Counter(Models.asked).values()) == 1
    assert history(bazaar, "nights") == history(bazaar, "moves") == ["2026-11-24"]
    assert bazaar.state.spend_usd == all_calls(bazaar)[1]
