"""`make bench-sync`: broken and hostile payloads of catalogue sources, served on loopback, leave prices as they were.

Each kind starts from a good sync of ten sources, is synced one or more times through the real download, guards,
reconciliation and store, and then the sources are well again. It holds if no price in force differs from the true one
(but for the kinds whose one price becomes unknown, or dearer), no endpoint is gone, none appears, somebody is told in
words that name what was wrong, no key is in any file, no other host was asked, and the sync after it is good again.
Prints a line for each; the last line counts. Exit code 0 only if all hold.
"""

import asyncio
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.sync_kinds import SLOW_KINDS, WIRE_KINDS, Kind
from bench.sync_kinds_rows import ROW_KINDS
from bench.sync_site import CANARY, Site, open_site
from modelsearch.api.catalog_sync import sync_catalog
from modelsearch.catalog.load import load_market
from modelsearch.catalog.overlay import overlaid
from modelsearch.catalog.price import prices_at
from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.sync_report import SyncReport
from modelsearch.settings import Settings
from modelsearch.store.catalog_store import CatalogStore

KINDS = (*SLOW_KINDS, *WIRE_KINDS, *ROW_KINDS)
LEAST_KINDS = 40
START = datetime(2026, 11, 20, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
MAX_MB = 700
N_SHOWN = 110
Prices = Mapping[tuple[str, str], str | None]


@dataclass(kw_only=True)
class Bench:
    """One site and the good state that every kind begins with."""

    site: Site
    folder: Path
    good: Settings
    market: Market
    prices: Prices = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What came of a kind: what was wrong with it, and what people were told."""

    problems: tuple[str, ...]
    alert: str


def main() -> int:
    """Run all kinds, or those whose names hold a word given; say by the exit code whether all hold."""
    words = sys.argv[1:]
    chosen = [kind for kind in KINDS if not words or any(word in kind.name for word in words)]
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as folder:
        n_held = asyncio.run(_run(chosen, Path(folder)))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    is_held = n_held == len(chosen) and (len(chosen) >= LEAST_KINDS or bool(words)) and peak_mb < MAX_MB
    print(
        f"sync: {n_held} of {len(chosen)} kinds of broken or hostile payloads left the last good prices in force and "
        f"were told, peak memory {peak_mb:.0f} MB, {time.monotonic() - started_s:.0f} s: "
        f"{'holds' if is_held else 'BROKEN'}"
    )
    return 0 if is_held else 1


async def _run(kinds: list[Kind], folder: Path) -> int:
    """How many hold; what takes a minute of waiting goes on beside the others."""
    slow = [kind for kind in kinds if kind in SLOW_KINDS]
    beside = [asyncio.create_task(_alone(kind, folder / f"slow-{i}")) for i, kind in enumerate(slow)]
    rest = await _in_turn([kind for kind in kinds if kind not in slow], folder / "rest")
    return rest + sum(await asyncio.gather(*beside))


async def _alone(kind: Kind, folder: Path) -> int:
    return await _in_turn([kind], folder)


async def _in_turn(kinds: list[Kind], folder: Path) -> int:
    n_held = 0
    async with open_site() as site:
        bench = await _begun(site, folder)
        for number, kind in enumerate(kinds):
            told = await _told(bench, kind, folder / f"{number:03d}")
            n_held += not told.problems
            print(f"{'BAD' if told.problems else 'ok '} {kind.name:<40} {told.alert[:N_SHOWN]}", flush=True)
            for problem in told.problems:
                print(f"      {problem}", flush=True)
    return n_held


async def _begun(site: Site, folder: Path) -> Bench:
    """A good sync, and the prices that are in force after it."""
    settings = site.settings(folder)
    report = await sync_catalog(settings, sources=site.sources(), now=START)
    if report.end != "accepted" or report.alarms:
        message = f"the good sync ended as {report.end} {report.reason} {report.alarms}"
        raise RuntimeError(message)
    market = load_market(settings.catalogs, as_of=START.date())
    bench = Bench(site=site, folder=folder, good=settings, market=market)
    bench.prices = _prices(bench, settings, START)
    return bench


async def _told(bench: Bench, kind: Kind, folder: Path) -> Told:
    settings = Settings(home=folder, catalogs=bench.good.catalogs, environ=bench.good.environ)
    shutil.copytree(bench.good.home, folder)
    site = bench.site
    site.asked.clear()
    kind.spoil(site)
    problems: list[str] = []
    alert = ""
    for hour in range(1, kind.n_syncs + 1):
        report = await sync_catalog(settings, sources=site.sources(), now=START + hour * HOUR)
        alert = _alert(report, kind, settings)
        problems += [*_report_problems(report, kind, alert), *_change_problems(report, kind)]
        problems += _price_problems(bench, kind, _prices(bench, settings, START + hour * HOUR))
    site.heal()
    healed = await sync_catalog(settings, sources=site.sources(), now=START + (kind.n_syncs + 1) * HOUR)
    problems += _healed_problems(healed)
    if site.strangers:
        problems.append(f"another host was asked: {site.strangers[0][:80]!r}")
        site.strangers.clear()
    problems += _file_problems(folder)
    shutil.rmtree(folder)
    return Told(problems=tuple(dict.fromkeys(problems)), alert=alert or "nothing to tell: no harm was done")


def _file_problems(folder: Path) -> Iterator[str]:
    if any(CANARY.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file()):
        yield "a key is in a file"


def _alert(report: SyncReport, kind: Kind, settings: Settings) -> str:
    """What people are told: the alarms, the problems of the source at fault, and disputes between sources."""
    told = [alarm.message for alarm in report.alarms]
    told += [problem for source in report.sources if source.name == kind.source for problem in source.problems]
    record = CatalogStore(settings.synced_catalog).record()
    told += () if record is None else record.state.problems
    return "; ".join(dict.fromkeys(told))


def _report_problems(report: SyncReport, kind: Kind, alert: str) -> Iterator[str]:
    ends = {source.name: source.end for source in report.sources}
    expected = "read" if kind.ends == "held" else kind.ends
    if ends.get(kind.source) != expected:
        yield f"source {kind.source} {ends.get(kind.source)}, expected {expected}: {alert[:300]}"
    if (report.end == "held") != (kind.ends == "held"):
        yield f"the sync ended as {report.end}: {report.reason}"
    if others := sorted(name for name, end in ends.items() if end != "read" and name != kind.source):
        yield f"other sources were hit: {others}"
    if kind.ends != "read" and not report.alarms:
        yield "no alarm"
    if missing := [word for word in kind.says if word not in alert]:
        yield f"the alert does not say {missing}: {alert[:300]}"
    if CANARY in repr(report):
        yield "a key is in the report"


def _change_problems(report: SyncReport, kind: Kind) -> Iterator[str]:
    """What came into force although nothing truly happened."""
    for change in report.changes if report.end == "accepted" else ():
        if change.kind != "repriced" and (change.endpoint_id, "input") not in kind.changed:
            yield f"{change.endpoint_id} {change.kind}"


def _price_problems(bench: Bench, kind: Kind, now: Prices) -> Iterator[str]:
    for key in sorted(bench.prices.keys() | now.keys()):
        was, held = bench.prices.get(key, "absent"), now.get(key, "absent")
        if held not in (was, kind.changed.get(key, was)):
            yield f"{key[0]}: {key[1]} is {held}, expected {kind.changed.get(key, was)}"


def _healed_problems(report: SyncReport) -> Iterator[str]:
    if report.end not in ("accepted", "unchanged") or report.alarms:
        yield f"the good sync afterwards ended as {report.end}: {report.reason} {report.alarms}"
    gone = sorted(change.endpoint_id for change in report.changes if change.kind == "gone")
    if gone:
        yield f"gone after it: {gone[:3]}"


def _prices(bench: Bench, settings: Settings, at: datetime) -> Prices:
    """The price in force of each endpoint and kind, as text, None = unknown; and its last day."""
    record = CatalogStore(settings.synced_catalog).record()
    market = bench.market if record is None else overlaid(bench.market, record)
    found: dict[tuple[str, str], str | None] = {}
    for endpoint in market.endpoints.values():
        for processing in ("standard", "batch"):
            for kind, usd in _in_force(endpoint, at, is_batch=processing == "batch").items():
                found[endpoint.id, kind] = usd
        found[endpoint.id, "last day"] = str(endpoint.deprecated_on)
    return found


def _in_force(endpoint: Endpoint, at: datetime, *, is_batch: bool) -> Mapping[str, str | None]:
    try:
        prices = prices_at(endpoint, at=at, prompt_tokens=100, processing="batch" if is_batch else "standard")
    except PriceUnknownError:
        return {}
    mark = " batch" if is_batch else ""
    return {f"{kind}{mark}": None if usd is None else f"{usd:g}" for kind, usd in prices.items()}


if __name__ == "__main__":
    sys.exit(main())
