from modelsearch.catalog.diff import changes
from modelsearch.core.sync_report import SourceReport, SyncReport
from tests.unit.catalog.offerings import DAY, NOW, offering, state


def test_alarms_name_what_is_not_in_force_and_each_source_that_failed() -> None:
    found = changes(state(), state(offering("acme/a"), offering("acme/b")), DAY)
    sources = (
        SourceReport(name="fine", end="read"),
        SourceReport(name="asleep", end="no_key", error="KEY is not set"),
        SourceReport(name="down", end="failed", error="HTTP 503"),
        SourceReport(name="odd", end="refused", error="HTML"),
    )
    report = SyncReport(observed_at=NOW, end="held", sources=sources, changes=found, reason="moves 40 %")
    assert [(alarm.code, alarm.subject) for alarm in report.alarms] == [
        ("held_sync", "catalog"), ("failed_source", "down"), ("refused_source", "odd"),
    ]  # fmt: skip
    assert report.alarms[0].evidence == {"n_appeared": 2.0}
    assert all(alarm.day == DAY for alarm in report.alarms)
    assert "HTML" in report.alarms[2].message


def test_a_sync_that_went_well_raises_no_alarm() -> None:
    assert SyncReport(observed_at=NOW, end="unchanged", sources=(SourceReport(name="fine", end="read"),)).alarms == ()
    failed = SyncReport(observed_at=NOW, end="failed", reason="no source could be used")
    assert [alarm.code for alarm in failed.alarms] == ["failed_sync"]
