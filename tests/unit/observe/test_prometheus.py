from decimal import Decimal

from prometheus_client.parser import text_string_to_metric_families

from modelsearch.observe.metrics import METRICS
from modelsearch.observe.prometheus import page
from modelsearch.observe.tally import Counts, Tally
from tests.unit.observe.collector import ABOUT, SECRET, TEXT, a_run


def a_page() -> str:
    tally = Tally(ABOUT)
    for event in a_run():
        tally.take(event)
    tally.counts.take_in(tally.gauges())
    return page(tally.counts).decode()


def test_the_page_parses_and_says_what_was_counted() -> None:
    samples = {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for family in text_string_to_metric_families(a_page())
        for s in family.samples
    }
    paid = (("provider", "dear"), ("source", "live"))
    assert samples["modelsearch_spend_usd_total", paid] == 0.013
    assert samples["modelsearch_calls_in_flight", paid] == 1
    common = (("gen_ai_operation_name", "chat"), ("gen_ai_provider_name", "dear"))
    buckets = [samples["gen_ai_client_operation_duration_seconds_bucket", (*common, ("le", le), ("source", "live"))]
               for le in ("0.32", "0.64", "+Inf")]  # fmt: skip
    assert buckets == [0, 2, 2]
    assert samples["gen_ai_client_operation_duration_seconds_sum", (*common, ("source", "live"))] == 1.0


def test_every_metric_has_a_family_a_kind_and_a_meaning() -> None:
    families = {f.name: f for f in text_string_to_metric_families(page(Counts()).decode())}
    for metric in METRICS:
        family = families[metric.prometheus.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.kind, metric.meaning)


def test_no_secret_and_no_text_is_on_the_page() -> None:
    assert SECRET not in a_page()
    assert TEXT not in a_page()


def test_amounts_keep_their_digits() -> None:
    counts = Counts(values={("modelsearch.spend", ("live", "a")): Decimal("12345678.901234")})
    assert b"1.2345678901234e+07" in page(counts)
