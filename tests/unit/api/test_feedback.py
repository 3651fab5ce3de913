import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from modelsearch.api.feedback import feedback_past, feedback_tonight, import_feedback, weights_of
from modelsearch.core.errors import FeedbackError
from modelsearch.core.ids import CandidateId, TaskId
from modelsearch.core.model_name import model_name
from modelsearch.core.past import KnownModel, TaskTraits
from modelsearch.nights.after import first_state
from modelsearch.report.nights import night_lines
from modelsearch.settings import Settings, read_settings
from tests.unit.api.bazaar import BASELINE, DAY, Bazaar

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TASK, A = TaskId("t"), CandidateId("a")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"MODELSEARCH_HOME": str(tmp_path / "home")})


def handed_in(tmp_path: Path, settings: Settings, n_up: int = 8, n_down: int = 2, *, now: datetime = NOW) -> None:
    path = tmp_path / f"{now.date()}.csv"
    thumbs = ["up"] * n_up + ["down"] * n_down
    rows = [f"{now.date()}-{n},a,{thumb}" for n, thumb in enumerate(thumbs)]
    path.write_text("\n".join(["id,candidate,thumbs", *rows]), encoding="utf-8")
    assert import_feedback(path, settings, task="t", source="shop", now=now).n_new == len(rows)


def test_what_came_in_before_the_night_counts_with_its_weight_and_source(tmp_path: Path, settings: Settings) -> None:
    handed_in(tmp_path, settings)
    assert weights_of(settings, TASK, NOW.date()) == {}
    found = weights_of(settings, TASK, NOW.date() + timedelta(days=1))[A]
    assert (found.n_rows, found.quality, found.sources) == (10, 0.8, ("shop",))
    told = feedback_tonight(settings, first_state(TASK, "1", A), NOW.date() + timedelta(days=1))
    assert told.weights == (found,)
    assert told.alarms == ()


def test_a_change_of_what_comes_in_is_an_alarm(tmp_path: Path, settings: Settings) -> None:
    rng = random.Random(0)
    for day in range(55):
        n_up = sum(rng.random() < (0.8 if day < 40 else 0.3) for _ in range(100))
        handed_in(tmp_path, settings, n_up, 100 - n_up, now=NOW + timedelta(days=day))
    state = first_state(TASK, "1", A)
    nights = [feedback_tonight(settings, state, NOW.date() + timedelta(days=day)).alarms for day in range(41, 56)]
    (alarm,) = [alarm for alarms in nights for alarm in alarms]
    assert alarm.code == "drift_feedback"


def test_a_search_expects_what_production_said(tmp_path: Path, settings: Settings) -> None:
    handed_in(tmp_path, settings)
    models = {A: KnownModel(name=model_name("a", None), usd_per_mtok=1.0)}
    (past,) = feedback_past(settings, TASK, models, TaskTraits())
    assert past.models[0].quality == 0.8
    assert feedback_past(settings, TaskId("other"), models, TaskTraits()) == ()


def test_a_store_that_cannot_be_read_is_told_and_stops_no_night(settings: Settings) -> None:
    settings.feedback.parent.mkdir()
    settings.feedback.write_bytes(b"no database" * 1000)
    assert weights_of(settings, TASK, NOW.date()) == {}
    (alarm,) = feedback_tonight(settings, first_state(TASK, "1", A), date(2026, 11, 21)).alarms
    assert alarm.code == "feedback_unreadable"


def test_one_bad_row_keeps_none(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "f.csv"
    path.write_text("id,candidate,score\n1,a,0.5\n2,a,2\n", encoding="utf-8")
    with pytest.raises(FeedbackError, match=r"row 3: score"):
        import_feedback(path, settings, task="t")
    assert not settings.feedback.exists()


def test_a_night_tells_what_feedback_counts_for_and_moves_by_none_of_it(tmp_path: Path, bazaar: Bazaar) -> None:
    bazaar.night()
    weak, path = bazaar.add("weak", 0.3), tmp_path / "f.csv"
    rows = [f"{n},{weak},up" for n in range(500)] + [f"b{n},{BASELINE},down" for n in range(500)]
    path.write_text("\n".join(["id,candidate,thumbs", *rows]), encoding="utf-8")
    at = datetime.combine(DAY, time(12), UTC)
    import_feedback(path, bazaar.settings, task=bazaar.state.task_id, now=at)
    report = bazaar.night(1)
    assert [(each.candidate_id, each.quality) for each in report.feedback] == [(BASELINE, 0.0), (weak, 1.0)]
    assert any(f"feedback on {weak}: 1.000 over 500 rows" in line for line in night_lines(report))
    assert report.moves == ()
    assert bazaar.state.incumbent_id == "twin/m"
