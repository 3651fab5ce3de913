"""Changes of the catalogue, its syncs and price histories, as text for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from modelsearch.core.offering import ChangeKind, ModelChange, PriceRow
from modelsearch.core.sync_report import SourceReport, SyncEnd, SyncReport
from modelsearch.report.numbers import counted

MAX_LINES = 200
_KIND_WIDTH, _NAME_WIDTH = 12, 52
_ENDS: Mapping[SyncEnd, str] = {
    "accepted": "in force",
    "unchanged": "as it was",
    "held": "HELD",
    "rejected": "not used, the last good one stays in force",
    "failed": "FAILED, the last good one stays in force",
    "stale": "not used, a later one is in force",
}
_WORDS: Mapping[ChangeKind, str] = {"alias_moved": "moved"}


def sync_lines(report: SyncReport, *, has_problems: bool = False) -> Iterator[str]:
    """A sync: its end, each source, each change.

    Args:
        report: what came of it.
        has_problems: tell each row that was left out or put right.
    """
    reason = f": {report.reason}" if report.reason else ""
    yield f"catalogue of {report.observed_at:%Y-%m-%d %H:%M} UTC: {_ENDS[report.end]}{reason}"
    for source in report.sources:
        yield f"  {source.name:<15} {_source(source)}"
        if has_problems:
            yield from (f"    {problem}" for problem in source.problems)
    if has_problems:
        told = {problem for source in report.sources for problem in source.problems}
        yield from (f"  {problem}" for problem in report.problems if problem not in told)
    disputed = f"; sources differ on {counted(report.n_disputed, 'price')}, of which the higher counts"
    yield f"{counted(report.n_endpoints, 'endpoint')} on sale{disputed if report.n_disputed else ''}"
    if report.n_first_seen:
        yield f"{counted(report.n_first_seen, 'endpoint')} seen for the first time, and known from now on: no news"
    is_in_force = report.end in ("accepted", "unchanged", "failed")
    yield from change_lines(report.changes, "" if is_in_force else "not in force: ")


def change_lines(changes: Sequence[ModelChange], heading: str = "") -> Iterator[str]:
    """How many changes of each kind, after a heading, and a line for each of the first `MAX_LINES`."""
    if not changes:
        yield "no changes"
        return
    n_by_kind = {
        kind: sum(change.kind == kind for change in changes) for kind in dict.fromkeys(c.kind for c in changes)
    }
    told = ", ".join(f"{n} {_word(kind)}" for kind, n in n_by_kind.items())
    yield f"{heading}{counted(len(changes), 'change')}: {told}"
    for change in changes[:MAX_LINES]:
        yield f"  {change_word(change):<{_KIND_WIDTH}}{change.endpoint_id:<{_NAME_WIDTH}} {facts_text(change)}".rstrip()
    if len(changes) > MAX_LINES:
        yield f"  and {len(changes) - MAX_LINES} more"


def change_rows(changes: Sequence[ModelChange]) -> list[dict[str, str]]:
    """The same as rows of a table."""
    return [
        {
            "day": change.day.isoformat(),
            "what": change_word(change),
            "endpoint": change.endpoint_id,
            "facts": facts_text(change),
        }
        for change in changes[:MAX_LINES]
    ]


def change_word(change: ModelChange) -> str:
    """What happened, in a word."""
    return _word(change.kind)


def facts_text(change: ModelChange) -> str:
    """What is known of a change, in a few words."""
    facts = cast("Mapping[str, Any]", change.facts)
    if change.kind == "repriced":
        return _repriced(facts)
    if change.kind == "deprecated":
        before = facts.get("deprecated_on_before")
        return f"until {facts['deprecated_on']}" + (f", said {before} before" if before else "")
    if change.kind == "alias_moved":
        return ", ".join(f"{name} {facts['before'][name]} -> {facts['after'][name]}" for name in facts["moved"])
    return _prices(facts["prices"])


def price_lines(rows: Sequence[PriceRow]) -> Iterator[str]:
    """A price history, oldest first."""
    for row in rows:
        rate = row.rate
        usd = "listed no more" if not row.is_listed else "?" if rate.usd is None else f"{rate.usd.normalize():f}"
        marks = [
            "" if rate.processing == "standard" else rate.processing,
            f"prompts over {rate.min_prompt_tokens} tokens" if rate.min_prompt_tokens else "",
            "{} to {} UTC".format(*rate.utc_window) if rate.utc_window else "",
            "disputed: the higher of two sources" if rate.is_disputed else "",
        ]
        what = ", ".join(filter(None, [rate.kind, *marks]))
        unit = f" USD per {rate.per}" if row.is_listed and rate.usd is not None else ""
        yield f"  from {rate.valid_from} {what}: {usd}{unit} [{rate.source}]"


def _source(source: SourceReport) -> str:
    if source.end == "no_key":
        return f"not asked: {source.error}"
    if source.end != "read":
        return f"{source.end}: {source.error}"
    n_problems = len(source.problems)
    left = f", {counted(n_problems, 'row')} left out or put right" if n_problems else ""
    return f"{counted(source.n_offerings, 'model')}{left}"


def _repriced(facts: Mapping[str, Any]) -> str:
    before, after = facts["prices_before"], facts["prices"]
    moves = [
        f"{name} {_usd(before.get(name, '-'))} -> {_usd(after.get(name, '-'))}"
        for name in sorted(before.keys() | after.keys(), key=_order)
        if before.get(name, "-") != after.get(name, "-")
    ]
    rise = facts.get("rise_share")
    return ", ".join(moves) + (f" ({rise:+.1%})" if rise else "")


def _prices(prices: Mapping[str, str | None]) -> str:
    if not prices:
        return "price unknown"
    return ", ".join(f"{name} {_usd(prices[name])}" for name in sorted(prices, key=_order))


def _order(name: str) -> tuple[bool, bool, str]:
    """Input and output first."""
    return name not in {"input", "output"}, name != "input", name


def _usd(price: str | None) -> str:
    return "?" if price is None else price


def _word(kind: ChangeKind) -> str:
    return _WORDS.get(kind, kind)
