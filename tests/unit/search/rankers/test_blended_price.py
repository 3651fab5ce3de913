import numpy as np

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.search.rankers.blended_price import BlendedPrice
from modelsearch.testing.factories import make_view

NAN = float("nan")


def test_cheap_first_and_unknown_without_opinion() -> None:
    merit = BlendedPrice().rank(make_view(np.full((3, 1), NAN), list_cost_usd=[0.4, NAN, 0.1]))
    assert merit[2] > merit[0]
    assert np.isnan(merit[1])


def test_a_vote_has_the_price_of_all_members() -> None:
    vote = Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in ("m01", "m02")))
    merit = BlendedPrice().rank(make_view(np.full((4, 1), NAN), composites=[vote]))
    assert merit[3] == merit[1] + merit[2]
