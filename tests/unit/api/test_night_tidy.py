from datetime import timedelta

from modelsearch.api.night_tidy import KEPT_DAYS, forget_samples
from modelsearch.store.layout import list_runs
from tests.unit.api.bazaar import DAY, Bazaar


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
