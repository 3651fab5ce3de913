from dataclasses import replace
from decimal import Decimal

import pytest

from modelsearch.core.result import CacheUse, Certainty, Claim
from modelsearch.report.headline import Names, covered, headline, run_files, spending
from tests.unit.report.results import make_kept, make_recommendation, make_result

NAMES = Names("NEW", "OLD")


def test_a_likely_replacement_says_how_likely_on_what_and_what_it_saves() -> None:
    assert headline(make_result(), NAMES) == (
        "Use NEW instead of OLD: likely, not certified (81.0 % that it loses no more than 2 points of 100), "
        "claimed for these 926 items; saving 8.00 USD per 1,000 items (80.0 %)."
    )


def test_a_certified_replacement_says_the_level_and_the_claim() -> None:
    answer = make_recommendation(certainty=Certainty.CERTIFIED, p_right=None, claim=Claim.POPULATION, alpha=0.1)
    assert headline(make_result(recommendation=answer), NAMES) == (
        "Use NEW instead of OLD: certified at 90.0 % that it loses no more than 2 points of 100, claimed for the "
        "population that the 926 items were drawn from; saving 8.00 USD per 1,000 items (80.0 %)."
    )


@pytest.mark.parametrize(
    ("certainty", "start"),
    [
        (Certainty.CERTIFIED, "Keep OLD: certified at 95.0 % that no usable cheaper candidate within your limits"),
        (Certainty.UNDECIDED, "Keep OLD: undecided whether a usable cheaper candidate within your limits"),
    ],
)
def test_a_kept_baseline_saves_nothing_and_says_so_by_not_naming_a_saving(certainty: Certainty, start: str) -> None:
    said = headline(make_kept(certainty), NAMES)
    assert said.startswith(start)
    assert "loses at most 2 points of 100" in said
    assert "saving" not in said


def test_an_unknown_saving_is_unknown() -> None:
    answer = make_recommendation(saving_share=None, saving_usd_per_1k=None)
    assert headline(make_result(recommendation=answer), NAMES).endswith("saving unknown.")


def test_spending_names_settled_unknown_budget_calls_and_time() -> None:
    assert spending(make_result()) == (
        "1.2345 USD settled, 0.0021 USD unknown (at most: calls sent whose bill never came), of 5.00 USD; "
        "476 calls in 12.3 s"
    )


def test_what_the_certificate_covers() -> None:
    answer = make_recommendation(covers=("quality", "cost"))
    assert covered(answer) == "quality, cost; 140 items shared with the baseline of 926"


def test_the_files_of_a_run_are_where_the_store_puts_them() -> None:
    run = run_files(make_result(run_dir="/p/runs/r1"))
    assert run is not None
    assert str(run.report_html) == "/p/runs/r1/report.html"
    assert run_files(make_result(run_dir=None)) is None


def test_spending_tells_what_prompt_caches_did() -> None:
    use = CacheUse(n_prompt_tokens=1000, n_read_tokens=250, n_written_tokens=90, saved_usd=Decimal("0.5"))
    assert spending(make_result(cache_use=use)).endswith("; prompt caches held 25.0 % of the input and saved 0.50 USD")
    dearer = replace(use, saved_usd=Decimal("-0.5"))
    assert spending(make_result(cache_use=dearer)).endswith("of the input and cost 0.50 USD more")
