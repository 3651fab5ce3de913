"""The site from the stores to the disk: what cannot be read is told on the page, and no page fails a night."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.api.site import live_runs_page, refresh_site, write_site
from modelsearch.api.site_reading import site_facts, task_facts
from modelsearch.core.errors import FileWriteError
from modelsearch.core.ids import EndpointId, ModelId, ProviderId, RunId
from modelsearch.core.market import Rate
from modelsearch.core.offering import CatalogState, Offering
from modelsearch.settings import Settings, read_settings
from modelsearch.store.catalog_store import CatalogStore
from modelsearch.store.layout import RunDir
from modelsearch.store.night_store import STATE, NightStore
from modelsearch.store.result_json import result_to_json
from tests.unit.report.results import make_result
from tests.unit.report.sites import (
    BASE,
    CHEAP,
    RUN,
    TODAY,
    alarm_line,
    job_line,
    make_state,
    move_line,
    night_line,
    standing_line,
)

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)
REGISTERED = f"task: triage.yaml\nbaseline: {BASE}\nnight_usd: 1\nmonthly_items: 300000\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a task that had two nights, a run with its report, and a synced catalogue."""
    made = read_settings({"MODELSEARCH_HOME": str(tmp_path / "home"), "PREFECT_UI_URL": "http://127.0.0.1:4200/"})
    made.tasks.mkdir(parents=True)
    (made.tasks / "triage.yaml").write_text(REGISTERED)
    store = NightStore(made.nights / "triage")
    store.write(STATE, make_state())
    yesterday = TODAY - timedelta(days=1)
    store.append(
        {
            "nights": [night_line(yesterday), night_line(TODAY, n_moves=1)],
            "jobs": [job_line(TODAY)],
            "moves": [move_line(TODAY)],
            "alarms": [alarm_line(TODAY)],
            "standings": [standing_line(yesterday, "both", BASE), standing_line(TODAY, "incumbent", CHEAP)],
        }
    )
    run = RunDir(made.runs, RunId(RUN))
    run.path.mkdir(parents=True)
    run.header.write_text('{"task": "triage", "baseline": "b"}')
    run.report_html.write_text("<p>the report</p>")
    run.front_svg.write_text("<svg/>")
    run.result.write_bytes(result_to_json(make_result()))
    rate = Rate(kind="output", usd=Decimal("0.30"), source="a+b", is_disputed=True)
    offering = Offering(
        endpoint_id=EndpointId(CHEAP), model_id=ModelId("m"), provider_id=ProviderId("p"), wire_name="m", source="a",
        rates=(rate, replace(rate, kind="input", is_disputed=False)),
    )  # fmt: skip
    state = CatalogState(observed_at=NOW, offerings={EndpointId(CHEAP): offering}, problems=("x: y",))
    with CatalogStore(made.synced_catalog).locked():
        CatalogStore(made.synced_catalog).accept(state, (), ())
    return made


def test_everything_is_gathered(settings: Settings) -> None:
    facts = site_facts(settings, NOW)
    (task,) = facts.tasks
    assert (task.name, len(task.nights), len(task.standings), task.is_open) == ("triage", 2, 2, False)
    assert task.incumbent is not None
    assert facts.reports == {RUN}
    assert facts.ui_url == "http://127.0.0.1:4200"
    (run,) = facts.runs
    assert (run.task, run.certainty) == ("triage", "likely")
    (disputed,) = facts.catalog.disputed
    assert (disputed.endpoint_id, disputed.what, disputed.usd) == (CHEAP, "output", "0.3 USD per mtok")
    assert facts.catalog.n_endpoints == 1


def test_pages_are_written_and_link_what_is_there(settings: Settings) -> None:
    index = write_site(settings, now=NOW)
    assert index == settings.site / "index.html"
    assert "certified" in index.read_text()
    assert f"../runs/{RUN}/report.html" in (settings.site / "tasks" / "triage.html").read_text()
    assert not (settings.site / "runs").exists()  # they are served from where they are
    assert not [*settings.site.rglob("*.part")]


def test_a_folder_of_its_own_has_the_reports_too(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "www"
    write_site(settings, out, now=NOW)
    copied = out / "runs" / RUN / "report.html"
    assert copied.read_text() == "<p>the report</p>"
    assert (out / "runs" / RUN / "front.svg").read_text() == "<svg/>"
    copied.write_text("there already")
    write_site(settings, out, now=NOW)
    assert copied.read_text() == "there already"


def test_the_published_store_gets_it_and_the_index_last(settings: Settings, tmp_path: Path) -> None:
    shared = replace(settings, environ={**settings.environ, "MODELSEARCH_STORAGE": str(tmp_path / "store")})
    assert refresh_site(shared) == ""
    there = tmp_path / "store" / "site"
    assert (there / "tasks" / "triage.html").read_text() == (settings.site / "tasks" / "triage.html").read_text()
    assert (there / "runs" / RUN / "report.html").is_file()
    newest = max(there.glob("*.html"), key=lambda path: path.stat().st_mtime_ns)
    assert newest.name == "index.html"


@pytest.mark.parametrize("name", ["state.json", "nights.jsonl", "alarms.jsonl"])
def test_what_cannot_be_read_is_told_and_the_rest_is_shown(settings: Settings, name: str) -> None:
    (settings.tasks / "other.yaml").write_text(REGISTERED)
    (settings.nights / "triage" / name).write_text("{broken")
    assert name.partition(".")[0] in task_facts(settings, "triage").problem
    text = write_site(settings, now=NOW).read_text()
    assert "cannot be read" in text
    assert "other" in text


def test_lines_of_the_wrong_kind_do_no_harm(settings: Settings) -> None:
    folder = settings.nights / "triage"
    (folder / "nights.jsonl").write_text('{"day": "2026-11-24", "n_calls": "many", "spend_usd": null, "end": 3}\n')
    (folder / "jobs.jsonl").write_text('{"day": "2026-11-24", "n_items": [], "run_id": 7, "verdict": null}\n')
    (folder / "standings.jsonl").write_text('{"day": "2026-11-24", "role": "both", "quality": "x"}\n')
    assert refresh_site(settings) == ""
    assert "2026-11-24" in (settings.site / "tasks" / "triage.html").read_text()


def test_a_broken_registration_and_catalogue_are_told(settings: Settings) -> None:
    (settings.tasks / "triage.yaml").write_text("task: [")
    (settings.synced_catalog / "current.json").write_text("{")
    facts = site_facts(settings, NOW)
    assert "triage.yaml" in facts.tasks[0].problem
    assert facts.catalog.error
    assert refresh_site(settings) == ""


def test_a_task_that_is_registered_no_more_keeps_its_page(settings: Settings) -> None:
    (settings.tasks / "triage.yaml").unlink()
    text = write_site(settings, now=NOW).read_text()
    assert "Looked after no more" in text
    assert (settings.site / "tasks" / "triage.html").is_file()


def test_a_home_of_nothing_is_a_site_too(tmp_path: Path) -> None:
    settings = read_settings({"MODELSEARCH_HOME": str(tmp_path / "none")})
    assert "No task is looked after yet" in write_site(settings).read_text()


def test_no_page_fails_a_night_and_the_reason_is_told(settings: Settings) -> None:
    settings.site.write_text("a file where the folder should be")
    with pytest.raises(FileWriteError):
        write_site(settings)
    assert "cannot be written" in refresh_site(settings)


def test_runs_are_looked_up_now(settings: Settings) -> None:
    text = live_runs_page(settings, {"prefect": "ok"})
    assert RUN in text
    assert "prefect: ok" in text
    (settings.runs / RUN / "result.json").write_text("{")
    assert "cannot be read" in live_runs_page(settings, {})
