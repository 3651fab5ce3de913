import numpy as np
import pytest

from modelsearch.api.emulated import prompt_texts
from modelsearch.api.world_tables import world_table
from modelsearch.core.ids import EndpointId
from modelsearch.emulator.world_make import make_world
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.testing.factories import make_task


def test_the_table_says_what_is_true_of_the_world() -> None:
    task = make_task(24)
    world, prompts = make_world(task, seed=1, n_models=10), prompt_texts(task, PromptRenderer(task))
    table, truth = world_table(world, prompts), world.truth(make_scorer(task), prompts)
    assert [model.name for model in table.models] == sorted(truth)
    for row, model in enumerate(table.models):
        known = truth[EndpointId(model.name)]
        assert table.score[row].mean() == pytest.approx(known.quality)
        assert table.cost_usd[row].mean() == pytest.approx(float(known.cost_usd), abs=1e-11)
        assert table.latency_s[row].mean() == pytest.approx(known.latency_s)
    assert table.is_recorded.all()
    assert np.isin(table.score, (0.0, 1.0)).all()
