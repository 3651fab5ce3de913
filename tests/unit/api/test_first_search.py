"""What so many items can prove, which endpoint is meant, what a search is likely to cost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.api.first_search import near_endpoints, outlay_of, proof_of, round_up
from modelsearch.api.first_task import first_task
from modelsearch.settings import read_settings
from modelsearch.taskfile.propose import Chosen
from tests.unit.api.test_first_task import market
from tests.unit.taskfile.labelled import desks

SETTINGS = read_settings(environ={"MISTRAL_API_KEY": "x"})


def test_more_items_prove_more_and_never_need_more_than_there_are() -> None:
    proofs = [proof_of(first_task(desks(n), market(), Chosen(margin=0.02)).task) for n in (30, 60, 300)]
    assert [proof.n_items for proof in proofs] == [30, 60, 300]
    assert all(proof.n_needed <= proof.n_items for proof in proofs)
    margins = [proof.margin_elsewhere for proof in proofs]
    assert margins == sorted(margins, reverse=True)
    assert len({proof.n_elsewhere for proof in proofs}) == 1


def test_no_margin_at_all_needs_every_item() -> None:
    proof = proof_of(first_task(desks(30), market(), Chosen(margin=0.0)).task)
    assert (proof.n_needed, proof.n_elsewhere) == (30, 0)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("gpt-4o", "openai/gpt-4o"),
        ("gpt4o", "openai/gpt-4o"),
        ("GPT-4o", "openai/gpt-4o"),
    ],
)
def test_an_endpoint_is_found_as_people_call_it(text: str, first: str) -> None:
    assert near_endpoints(text, market(), SETTINGS)[0] == first


def test_what_can_be_called_leads_and_what_is_nothing_finds_nothing() -> None:
    found = near_endpoints("small", market(), SETTINGS)
    keyed = [each.startswith("mistral/") for each in found]
    assert keyed[0]
    assert near_endpoints("zzzzqqqq", market(), SETTINGS) == ()
    assert near_endpoints(" ", market(), SETTINGS) == ()


def test_money_is_the_baselines_and_the_budget_has_room() -> None:
    task = first_task(desks(), market()).task
    outlay = outlay_of(task, "openai/gpt-4o", market(), SETTINGS, monthly_items=1000)
    assert outlay is not None
    assert outlay.pass_usd == outlay.item_usd * 60
    assert outlay.month_usd == outlay.item_usd * 1000
    assert outlay.budget_usd >= max(outlay.pass_usd, Decimal(1))
    assert 0 < outlay.n_candidates < len(market().endpoints)


@given(st.decimals("0.01", "1e6", places=2))
def test_a_budget_is_rounded_up_to_less_than_double(amount_usd: Decimal) -> None:
    found = round_up(amount_usd)
    assert amount_usd <= found
    assert found <= max(Decimal(1), amount_usd * 2)
    assert str(found)[0] in "1235"
