"""What happens on a day whose night is over."""

import pytest

from modelsearch.core.ids import EndpointId
from tests.unit.api.bazaar import BASELINE, Bazaar, Models, history, told


def gone(bazaar: Bazaar, name: str) -> None:
    """Take an endpoint off sale as of long ago."""
    bazaar.add(name, bazaar.offers[name], deprecated_on="2026-11-01")


def test_new_prices_count_at_once_and_once(bazaar: Bazaar) -> None:
    bazaar.night()
    late = bazaar.add("late", 0.5)
    bazaar.night(1)
    bazaar.add("late", 5.0)
    Models.asked.clear()
    report = bazaar.night(1, only=late)
    assert [(move.from_id, move.to_id) for move in report.moves] == [("late/m", "twin/m")]
    assert bazaar.state.incumbent_id == "twin/m"
    assert not bazaar.night(1, only=late).moves
    assert not bazaar.night(1).moves
    assert not Models.asked
    assert history(bazaar, "moves") == ["2026-11-24", "2026-11-25", "2026-11-25"]


def test_a_loss_moves_to_the_runner_up_at_once_and_is_searched_for(bazaar: Bazaar) -> None:
    bazaar.night()
    bazaar.add("late", 0.5)
    bazaar.night(1)
    gone(bazaar, "late")
    report = bazaar.night(1)
    assert bazaar.state.incumbent_id == "twin/m"
    assert [move.to_id for move in report.moves] == ["twin/m"]
    assert report.alarms
    n_calls = len(Models.asked)
    again = bazaar.night(1)
    assert not [alarm for alarm in again.alarms if alarm.code != "job_failed"]
    assert len(Models.asked) == n_calls


@pytest.mark.parametrize("only", [None, EndpointId("twin/m")])
def test_nothing_new_changes_nothing(bazaar: Bazaar, only: EndpointId | None) -> None:
    bazaar.night()
    state, n_calls = bazaar.state, len(Models.asked)
    report = bazaar.night(only=only)
    assert (told(report), report.moves, report.alarms) == ([], (), ())
    assert (bazaar.state, len(Models.asked)) == (state, n_calls)
    assert bazaar.state.incumbent_id != BASELINE
