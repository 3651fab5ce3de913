from dataclasses import replace

from modelsearch.core.ids import CandidateId
from modelsearch.store.night_store import STATE
from tests.unit.api.bazaar import BASELINE, DAY, N_ITEMS, Bazaar, Models, told

TWIN = CandidateId("twin/m")


def test_after_an_unannounced_change_what_was_bought_before_counts_for_nothing(bazaar: Bazaar) -> None:
    bazaar.night()
    Models.right["twin"] = 0.3
    bazaar.store.write(STATE, replace(bazaar.state, drifted={TWIN: DAY}))
    report = bazaar.night(1)
    assert ("screen", TWIN, "done") in told(report)
    assert bazaar.asked[TWIN] > N_ITEMS
    assert bazaar.state.standings[TWIN].quality < 0.7
    assert bazaar.state.incumbent_id == BASELINE
    n_twin = bazaar.asked[TWIN]
    assert [kind for kind, _, _ in told(bazaar.night(2))] == ["drift"]
    assert bazaar.asked[TWIN] == n_twin


def test_a_change_of_the_baseline_begins_the_comparison_anew(bazaar: Bazaar) -> None:
    bazaar.night()
    bazaar.store.write(STATE, replace(bazaar.state, drifted={CandidateId(BASELINE): DAY}))
    n_twin = bazaar.asked[TWIN]
    report = bazaar.night(1)
    assert ("search", BASELINE, "done") in told(report)
    assert bazaar.asked[BASELINE] == 2 * N_ITEMS
    assert bazaar.asked[TWIN] == n_twin
    assert bazaar.state.incumbent_id == TWIN
