from datetime import timedelta

from modelsearch.api.night_tidy import KEPT_DAYS, forget_pages, forget_samples
from modelsearch.store.layout import list_runs
from tests.unit.api.bazaar import DAY, Bazaar, told


def test_old_samples_go_and_everything_else_stays(bazaar: Bazaar) -> None:
    bazaar.night()
    bazaar.night(1)
    n_runs = len(list_runs(bazaar.settings.runs))
    assert forget_samples(bazaar.settings, bazaar.store, DAY + timedelta(days=KEPT_DAYS)) == 0
    bazaar.night(KEPT_DAYS + 2)
    left = {str(run.run_id) for run in list_runs(bazaar.settings.runs)}
    assert len(left) == n_runs
    for line in bazaar.store.history("jobs"):
        assert (line["run_id"] in left) == (line["kind"] != "drift" or line["day"] != "2026-11-25")
    assert bazaar.night(KEPT_DAYS + 3).results


def test_old_pages_of_tests_go_and_their_runs_stay(bazaar: Bazaar) -> None:
    bazaar.night()
    late = bazaar.add("late", 0.5)
    assert ("screen", late, "done") in told(bazaar.night(1))
    tested = [
        bazaar.settings.runs / line["run_id"] for line in bazaar.store.history("jobs") if line["kind"] == "screen"
    ]
    searched = [
        bazaar.settings.runs / line["run_id"] for line in bazaar.store.history("jobs") if line["kind"] == "search"
    ]
    assert len(tested) == 1
    assert searched
    assert forget_pages(bazaar.settings, bazaar.store, DAY + timedelta(days=KEPT_DAYS)) == 0
    assert forget_pages(bazaar.settings, bazaar.store, DAY + timedelta(days=KEPT_DAYS + 5)) == len(tested)
    assert not [run for run in tested if (run / "report.html").exists() or not (run / "result.json").is_file()]
    assert [run for run in searched if (run / "report.html").is_file()] == searched
