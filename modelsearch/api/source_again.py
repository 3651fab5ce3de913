"""Where a resumed run gets task, market and prices from: what it was begun with, and an emulator of now."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from modelsearch.api.emulated import serve_table, serve_world
from modelsearch.api.request import SearchRequest
from modelsearch.api.source import Source
from modelsearch.core.candidate import Single
from modelsearch.core.errors import JournalError
from modelsearch.core.market import Market
from modelsearch.core.recorded import RecordedTable
from modelsearch.core.search import Setting
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.recorded import RecordedCosts, recorded_market, recorded_task
from modelsearch.store.recorded import read_recorded_table


def source_again(request: SearchRequest, setting: Setting, stack: ExitStack) -> Source:
    """The source of a run that was begun, from its setting: neither task file nor catalogue is read again.

    Args:
        request: what was asked.
        setting: as it was begun with.
        stack: closed when the search ends; an emulator is served anew until then.

    Raises:
        JournalError: the recorded table is another one now.
    """
    task, table = setting.task, None
    if request.recorded is not None:
        table = read_recorded_table(request.recorded)
        _check_same_table(table, setting, request.recorded)
    market = _served_again(request, setting, table, stack)
    prices = PriceBook(market=market)
    candidates = tuple(candidate for candidate in setting.candidates if isinstance(candidate, Single))
    return Source(
        task=task,
        market=market,
        prices=prices,
        costs=prices if table is None else RecordedCosts(table=table),
        candidates=candidates,
        baseline=next(candidate for candidate in candidates if candidate.id == setting.baseline_id),
        list_cost_usd=setting.list_cost_usd,
        renderer=PromptRenderer(task),
        table=table,
        is_replayed=table is not None and not request.is_emulated,
        is_emulated=request.is_emulated,
    )


def _served_again(request: SearchRequest, setting: Setting, table: RecordedTable | None, stack: ExitStack) -> Market:
    """The market as it was, at the address of an emulator of now."""
    if not request.is_emulated:
        return setting.market
    if table is not None:
        return serve_table(table, setting.task, setting.market, request, stack=stack)
    served, _ = serve_world(setting.task, setting.market, request, stack=stack)
    return replace(setting.market, providers=served.providers)


def _check_same_table(table: RecordedTable, setting: Setting, folder: Path) -> None:
    if recorded_task(table).items != setting.task.items or set(recorded_market(table).endpoints) != set(
        setting.market.endpoints
    ):
        message = (
            f"--recorded {folder}: its items or models are not those that the run was begun with: "
            "put the old table back, or start a new run"
        )
        raise JournalError(message)
