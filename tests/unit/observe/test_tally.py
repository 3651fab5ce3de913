from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.events import CallReleased, CallReserved, CallSettled, CallUnknown, Event, Warned
from modelsearch.core.ids import CallId
from modelsearch.observe import metrics
from modelsearch.observe.about import OTHER
from modelsearch.observe.counts_json import counts_from_json, counts_to_json
from modelsearch.observe.tally import MAX_VALUES, Counts, Tally, bounded
from modelsearch.store.ledger import Ledger
from tests.unit.observe.collector import ABOUT, a_run, reserved, settled

PAID = ("live", "dear")


def tally_of(events: list[Event]) -> Tally:
    tally = Tally(ABOUT)
    for event in events:
        tally.take(event)
    return tally


def test_a_run_in_numbers() -> None:
    tally = tally_of(a_run())
    values = tally.counts.values
    assert values[metrics.SPEND.name, PAID] == Decimal("0.013")
    assert values[metrics.UNKNOWN_SPEND.name, PAID] == Decimal("0.02")
    assert [values[metrics.CALLS.name, (*PAID, status)] for status in ("ok", "released", "unknown")] == [2, 1, 1]
    assert values[metrics.RATE_LIMITS.name, PAID] == 1
    assert values[metrics.RETRIES.name, PAID] == 2
    assert values[metrics.WARNINGS.name, ("live", "call-failed")] == 1
    now = tally.gauges().values
    assert now[metrics.IN_FLIGHT.name, PAID] == 1
    assert now[metrics.BUDGET_LEFT.name, ("live",)] == Decimal(2) - Decimal("0.013") - 2 * Decimal("0.02")


@given(st.lists(st.tuples(st.sampled_from(["settled", "released", "unknown", "open"]), st.integers(0, 10**6))))
def test_money_is_the_ledgers_to_the_last_digit(ends: list[tuple[str, int]]) -> None:
    events: list[Event] = []
    for number, (end, millionths) in enumerate(ends):
        usd, call_id = str(Decimal(millionths) / 10**6), CallId(f"call-{number}")
        events.append(reserved(number, "1"))
        if end == "settled":
            events.append(settled(number, usd))
        elif end != "open":
            kind = CallReleased if end == "released" else CallUnknown
            events.append(kind(call_id=call_id, reason="x"))
    tally = tally_of(events)
    ledger = Ledger.from_events(
        ABOUT.budget_usd, events, still_open=[e.call_id for e in events if isinstance(e, CallReserved)]
    )
    spend = ledger.spend()
    assert tally.counts.values.get((metrics.SPEND.name, PAID), 0) == spend.settled_usd
    assert tally.counts.values.get((metrics.UNKNOWN_SPEND.name, PAID), 0) == spend.unknown_usd
    assert tally.committed_usd == spend.committed_usd
    assert tally.gauges().values.get((metrics.IN_FLIGHT.name, PAID), 0) == len(ledger.open_calls)


def test_a_call_that_began_in_an_earlier_life_counts_for_nobody() -> None:
    values = tally_of([CallUnknown(call_id=CallId("call-9"), reason="x")]).counts.values
    assert values[metrics.CALLS.name, ("live", OTHER, "unknown")] == 1


def test_counts_add_up_whatever_the_parts() -> None:
    whole, parts = tally_of(a_run() + a_run()).counts, Counts()
    for _ in range(2):
        parts.take_in(tally_of(a_run()).counts)
    assert parts == whole


def test_counts_come_back_from_json_as_they_were_and_old_shapes_are_left_out() -> None:
    counts = tally_of(a_run()).counts
    content = counts_to_json(counts, {"run": 7})
    assert counts_from_json(content) == (counts, {"run": 7})
    old = content.replace(b'"modelsearch.spend"', b'"modelsearch.gone"')
    left = counts_from_json(old)[0].values
    assert (metrics.SPEND.name, PAID) not in left
    assert len(left) == len(counts.values) - 1


def test_labels_have_few_values_whatever_happens() -> None:
    many = [Warned(code=f"code-{n}", subject="", message="") for n in range(3 * MAX_VALUES)]
    found = bounded(tally_of([*many, settled(0)]).counts)
    assert len(found.values) < MAX_VALUES + 5
    assert found.values[metrics.WARNINGS.name, ("live", OTHER)] == 2 * MAX_VALUES
    assert sum(n for (name, _), n in found.values.items() if name == metrics.WARNINGS.name) == 3 * MAX_VALUES


def test_nothing_is_told_apart_by_what_a_catalogue_has_thousands_of() -> None:
    banned = {"model", "candidate", "item", "run", "endpoint", "task"}
    assert not [m.name for m in metrics.METRICS if banned & {part for label in m.labels for part in label.split(".")}]


def test_a_latency_that_is_not_known_is_not_observed() -> None:
    event = settled(0)
    nan = CallSettled(call=type(event.call)(**{**{f: getattr(event.call, f) for f in event.call.__slots__},
                                               "latency_s": float("nan")}))  # fmt: skip
    assert (metrics.DURATION.name, ("live", "chat", OTHER)) not in tally_of([nan]).counts.histograms
