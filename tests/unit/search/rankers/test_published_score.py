from dataclasses import replace

import numpy as np

from modelsearch.core.ids import ModelId
from modelsearch.core.market import Score, TaskKind
from modelsearch.search.rankers.published_score import PublishedScore
from modelsearch.testing.factories import make_market, make_view

NAN = float("nan")


def test_places_are_averaged_over_the_kinds_benchmarks() -> None:
    published = {
        "m00": [("hard", 0.1), ("easy", 0.8), ("other", 1.0)],
        "m01": [("hard", 0.2)],
        "m02": [("easy", 0.9)],
        "m03": [("other", 0.9)],
    }
    kind = TaskKind(id="classification", benchmarks=("hard", "easy"))
    market = make_market(4, task_kinds={kind.id: kind})
    models = {
        ModelId(name): replace(
            market.models[ModelId(name)], scores=tuple(Score(benchmark=b, metric="m", value=v) for b, v in scores)
        )
        for name, scores in published.items()
    }
    merit = PublishedScore().rank(make_view(np.full((4, 1), NAN), market=replace(market, models=models)))
    np.testing.assert_allclose(merit, [0.5, 1.0, 1.0, NAN])


def test_a_kind_without_benchmarks_has_no_opinion() -> None:
    assert np.isnan(PublishedScore().rank(make_view(np.full((2, 1), NAN)))).all()
