import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from modelsearch.api.all_nights import NightsCall, night_names, run_nights
from modelsearch.api.night_stage import Waiting
from modelsearch.core.errors import OptionError
from modelsearch.core.ids import EndpointId, TaskId
from modelsearch.core.nights import NightReport
from modelsearch.core.registered import RegisteredTask
from modelsearch.nights.night import NightRules
from modelsearch.store.night_store import NightStore
from tests.unit.api.bazaar import DAY, Bazaar, Models


def nights(bazaar: Bazaar, n_nights: int = 0, **changes: Any) -> dict[str, NightReport]:
    call = NightsCall(day=DAY + timedelta(days=n_nights), waiting=Waiting(most_s=0.0), **changes)
    return {str(report.task_id): report for report in asyncio.run(run_nights(bazaar.settings, call))}


def test_every_task_has_its_night_and_a_paused_one_only_by_name(bazaar: Bazaar) -> None:
    bazaar.register()
    bazaar.register(id=TaskId("other"))
    bazaar.register(id=TaskId("paused"), is_paused=True)
    assert set(nights(bazaar)) == {"colours", "other"}
    assert set(nights(bazaar, names=("paused",))) == {"paused"}
    assert night_names(bazaar.settings) == ("colours", "other", "paused")


def test_what_one_task_bought_is_free_for_another_of_the_same_prompt(bazaar: Bazaar) -> None:
    bazaar.register()
    nights(bazaar)
    bazaar.register(id=TaskId("other"))
    n_calls = len(Models.asked)
    assert nights(bazaar)["other"].moves
    assert len(Models.asked) - n_calls < n_calls / 4


def test_one_purse_for_all(bazaar: Bazaar) -> None:
    for name in ("a", "b", "c"):
        bazaar.task.with_name(f"{name}.yaml").write_text(
            bazaar.task.read_text().replace("{{ input }}", f"{name}: {{{{ input }}}}")
        )
        bazaar.register(id=TaskId(name), task=str(bazaar.task.with_name(f"{name}.yaml")))
    reports = nights(bazaar, budget_usd=Decimal("0.12"))
    assert sum((report.spend_usd for report in reports.values()), Decimal(0)) <= Decimal("0.12")
    assert reports["a"].spend_usd > Decimal("0.05")


def test_a_task_that_fails_stops_no_other_and_is_told_in_its_history(bazaar: Bazaar) -> None:
    bazaar.register()
    bazaar.register(id=TaskId("broken"), task="/no/such.yaml")
    (bazaar.settings.tasks / "worse.yaml").write_text("task: [")
    reports = nights(bazaar)
    assert {name: report.end for name, report in reports.items()} == {
        "broken": "failed", "colours": "done", "worse": "failed",
    }  # fmt: skip
    assert [alarm.code for alarm in reports["worse"].alarms] == ["night_failed"]
    assert [line["code"] for line in NightStore(bazaar.settings.nights / "broken").history("alarms")] == [
        "night_failed"
    ]


def test_a_task_that_somebody_else_works_on_is_left_alone(bazaar: Bazaar) -> None:
    bazaar.register()
    with bazaar.store.lock():
        (report,) = nights(bazaar).values()
    assert (report.end, [alarm.code for alarm in report.alarms]) == ("held", ["night_locked"])
    assert not Models.asked


def test_reports_are_told_as_they_come_and_an_unknown_name_is_refused(bazaar: Bazaar) -> None:
    bazaar.register()
    told: list[NightReport] = []
    asyncio.run(run_nights(bazaar.settings, NightsCall(day=DAY), told.append))
    assert [report.task_id for report in told] == ["colours"]
    with pytest.raises(OptionError, match="no such task"):
        nights(bazaar, names=("colour",))


def test_a_fault_of_ours_ends_one_task_s_night_alone_and_its_words_are_kept_back(
    bazaar: Bazaar, monkeypatch: pytest.MonkeyPatch
) -> None:
    bazaar.register()
    bazaar.register(id=TaskId("other"))

    def rules(registered: RegisteredTask) -> NightRules:
        if registered.id == "colours":
            message = "canary-5f1d"
            raise ValueError(message)
        return NightRules(drift_items=0)

    monkeypatch.setattr("modelsearch.api.night_open.rules_of", rules)
    reports = nights(bazaar)
    assert {name: report.end for name, report in reports.items()} == {"colours": "failed", "other": "done"}
    assert "ValueError at " in reports["colours"].alarms[0].message
    assert "canary" not in str(reports)


def test_a_model_that_appears_while_the_night_is_under_way_wakes_nobody(bazaar: Bazaar) -> None:
    bazaar.register()
    with bazaar.store.lock():
        (report,) = nights(bazaar, only=EndpointId("twin/m")).values()
    assert (report.end, report.alarms) == ("held", ())
