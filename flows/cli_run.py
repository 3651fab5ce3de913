"""Commands that run something: a search under Prefect, the emulator, the UI."""

import contextlib
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.cli_show import answer_data
from flows.json_option import tell, tell_json
from flows.live import Progress
from flows.live_state import About
from flows.orphans import end_orphans
from flows.prefect_env import prepare
from flows.reach import check_server
from flows.stopping import Stopping
from modelsearch.api.emulated import table_app, world_app
from modelsearch.api.request import SearchRequest
from modelsearch.api.scorer_models import with_emulated_scorer_models
from modelsearch.api.session import Opening, Session, find_session_run, open_session
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.catalog.write_files import write_catalogs
from modelsearch.core.errors import ModelsearchError, OptionError
from modelsearch.core.result import SearchResult
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.faults import read_faults
from modelsearch.emulator.server import emulated_market, run_emulator
from modelsearch.emulator.world_make import make_world
from modelsearch.evaluate.recorded import recorded_market, recorded_task
from modelsearch.report.answer import answer_lines
from modelsearch.report.numbers import counted
from modelsearch.report.plain import short
from modelsearch.settings import read_settings
from modelsearch.store.disk import writing
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir
from modelsearch.store.recorded import read_recorded_table
from modelsearch.store.result_json import result_from_json

EMULATED_KEY = "EMULATED_KEY"
"""Variable of the key in catalogue files of an emulated market: any value will do."""


def run_search(
    request: SearchRequest, run: RunDir | None = None, *, is_taken_over: bool = False, is_json: bool = False
) -> None:
    """Run a search to its answer and print that."""
    settings = read_settings()
    prepare(settings.prefect_home)
    _end_orphans()
    progress, opening = Progress(), Opening(settings=settings, run=run, is_taken_over=is_taken_over)
    result = Stopping(told=progress.stop).run(_searched(request, opening, progress))
    is_emulated = request.is_emulated
    tell(answer_lines(result, is_emulated=is_emulated), answer_data(result, is_emulated=is_emulated), is_json=is_json)


def _end_orphans() -> None:
    """Embedded servers of this project that a kill left, which hold its database."""
    ended = end_orphans(os.environ.get("PREFECT_HOME", ""))
    if ended:
        sys.stderr.write(f"ended {counted(len(ended), 'embedded Prefect server')} that a killed search had left\n")


def resume_search(name: str, *, is_taken_over: bool = False, is_json: bool = False) -> None:
    """Go on with a run."""
    run, request = find_session_run(read_settings(), name)
    run_search(request, run, is_taken_over=is_taken_over, is_json=is_json)


async def _searched(request: SearchRequest, opening: Opening, progress: Progress) -> SearchResult:
    """Open the session first, so that bad input is told before Prefect starts."""
    await check_server()
    async with AsyncExitStack() as stack:
        stack.enter_context(progress)
        if opening.run is not None:
            progress.restore(Journal.read(opening.run.journal)[1])
        session = await stack.enter_async_context(open_session(request, replace(opening, watch=progress.watch)))
        progress.begin(_about(session), [phase.name for phase in session.plan.phases])
        _tell_start(session, progress)
        await _run_flow(session, request, is_resumed=opening.run is not None)
        return result_from_json(session.run.result.read_bytes())


def _about(session: Session) -> About:
    """What the live view says of a search that has been opened."""
    setting = session.setting
    return About(
        title=" \N{MIDDLE DOT} ".join(map(short, (setting.task.id, session.plan.name, session.run.run_id))),
        baseline_id=setting.baseline_id,
        n_candidates=len(setting.candidates),
        n_items=len(setting.item_ids),
        margin=setting.task.margin,
        budget_usd=setting.budget.spend_usd,
        note=" (emulated)" if session.source.is_emulated else "",
    )


def _tell_start(session: Session, progress: Progress) -> None:
    market, setting = session.source.market, session.setting
    what = " (emulated: made-up models, no real money)" if session.source.is_emulated else ""
    progress.say(
        f"run {session.run.run_id}: {counted(len(setting.candidates), 'candidate')} at "
        f"{counted(len(market.providers), 'provider')}{what}, "
        f"task {setting.task.id} with {counted(len(setting.item_ids), 'item')}, baseline {setting.baseline_id}, "
        f"budget ${setting.budget.spend_usd:.4f}"
    )
    if "PREFECT_API_URL" not in os.environ:
        progress.say("starting the embedded Prefect server (about 10 s; set PREFECT_API_URL to use a running one)")


async def _run_flow(session: Session, request: SearchRequest, *, is_resumed: bool) -> None:
    from prefect import tags

    from flows.drain import await_recorded
    from flows.search import search
    from flows.stale import crash_stale
    from tasks.sessions import forget, keep

    keep(session)
    try:
        if is_resumed:
            await crash_stale(session.run.run_id)
        with tags(session.run.run_id):
            named = replace(request, baseline=session.setting.baseline_id)
            await search(named.to_json(), session.run.run_id)
    except ModelsearchError:
        with contextlib.suppress(Exception):  # why it stopped matters, not whether the UI has all of it
            await await_recorded(session.run.run_id)
        raise
    finally:
        forget(session)
    await await_recorded(session.run.run_id)


def emulator_options(faults: dict[str, Any], *, latency_scale: float, log: Path | None) -> EmulatorOptions:
    """How the emulator is to behave.

    Raises:
        OptionError: an unknown fault, or a value out of range.
    """
    return EmulatorOptions(faults=read_faults(faults), latency_scale=latency_scale, log_path=log)


def emulator_for(task: Path | None, recorded: Path | None, options: EmulatorOptions, *, seed: int) -> EmulatorApp:
    """The emulator of a recorded table, or of a made-up market for a task.

    Raises:
        OptionError: neither is given.
    """
    if recorded is not None:
        table = read_recorded_table(recorded)
        return table_app(table, recorded_task(table), recorded_market(table), options)
    if task is None:
        message = "emulate: give a task spec, or --recorded DIR"
        raise OptionError(message)
    market = load_market(read_settings().catalogs, as_of=datetime.now(UTC).date())
    spec = read_task(task, market)
    world = make_world(spec, seed=seed, base=market)
    asked = with_emulated_scorer_models(world.market, spec, market)
    return world_app(world, spec, options, market=asked)


def serve_emulator(app: EmulatorApp, *, port: int, out: Path | None, is_json: bool) -> None:
    """Serve until stopped; `out` gets catalogue files that call the emulator."""
    run_emulator(app, port=port, tell=lambda url: _tell_emulator(url, app, out, is_json=is_json))


def _tell_emulator(url: str, app: EmulatorApp, out: Path | None, *, is_json: bool) -> None:
    if out is not None:
        with writing(out):
            write_catalogs(emulated_market(app.shelf.market, url), out, key_env=EMULATED_KEY)
        sys.stderr.write(f"catalogue files in {out}: use them with MODELSEARCH_CATALOGS={out} {EMULATED_KEY}=any\n")
    sys.stderr.write(f"emulator on {url}, stop with Ctrl-C; bill at /__emulator/bill\n")
    if is_json:
        tell_json({"url": url, "bill_url": f"{url}/__emulator/bill", "catalogs": out})


def run_ui(port: int, *, is_json: bool = False) -> None:
    """Replace this process by `prefect server start` on the project's own Prefect home."""
    prepare(read_settings().prefect_home)
    _end_orphans()
    sys.stderr.write(f"Prefect UI on http://127.0.0.1:{port} (starts in about 10 s, stop with Ctrl-C)\n")
    if is_json:
        tell_json({"url": f"http://127.0.0.1:{port}"})
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter, no shell
