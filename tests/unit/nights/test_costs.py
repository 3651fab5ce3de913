from dataclasses import replace

import pytest

from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.nights import TokenUse
from modelsearch.nights.costs import rerated, with_uses
from tests.unit.nights.played import offer, standing


def _offers(**usd_per_1k: float | None) -> dict[EndpointId, object]:
    return {EndpointId(name): offer(name, price) for name, price in usd_per_1k.items()}


def test_a_single_uses_its_own_tokens_at_its_own_endpoint() -> None:
    single = with_uses(standing("a"), offer("a"))
    assert single.uses == (TokenUse(endpoint_id=EndpointId("a"), tokens_in=100.0, tokens_out=100.0),)
    assert with_uses(single, None) == single
    assert with_uses(standing("a"), None).uses == ()


def test_the_first_rating_leaves_the_measured_cost() -> None:
    first = rerated(with_uses(standing("a", usd_per_1k=1.3), offer("a")), _offers(a=1.0))  # type: ignore[arg-type]
    assert first.cost_usd == 0.0013
    assert first.rated_usd == pytest.approx(0.001)


def test_a_price_moves_the_measured_cost_in_proportion() -> None:
    first = rerated(with_uses(standing("a", usd_per_1k=1.3), offer("a")), _offers(a=1.0))  # type: ignore[arg-type]
    dearer = rerated(first, _offers(a=2.0))  # type: ignore[arg-type]
    assert dearer.cost_usd == pytest.approx(0.0026)
    assert rerated(dearer, _offers(a=1.0)).cost_usd == pytest.approx(first.cost_usd)  # type: ignore[arg-type]


def test_an_unknown_price_leaves_everything_as_it_was() -> None:
    first = rerated(with_uses(standing("a"), offer("a")), _offers(a=1.0))  # type: ignore[arg-type]
    assert rerated(first, _offers(a=None)) == first  # type: ignore[arg-type]
    assert rerated(first, {}) == first


def test_a_composite_is_rated_by_each_member() -> None:
    uses = tuple(TokenUse(endpoint_id=EndpointId(n), tokens_in=100.0, tokens_out=0.0) for n in ("a", "b"))
    vote = replace(standing("vote-1", usd_per_1k=1.0), candidate_id=CandidateId("vote-1"), uses=uses)
    first = rerated(vote, _offers(a=1.0, b=1.0))  # type: ignore[arg-type]
    assert rerated(first, _offers(a=1.0, b=3.0)).cost_usd == pytest.approx(2 * first.cost_usd)  # type: ignore[arg-type]
