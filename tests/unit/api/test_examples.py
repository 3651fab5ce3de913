"""Every bundled task runs to an answer with the default plan, whatever its scorer."""

from pathlib import Path

import pytest

from modelsearch import search
from modelsearch.settings import Settings, read_settings

KINDS = ("coding", "creative_writing", "extraction", "reasoning", "summarisation")


def settings_at(folder: Path) -> Settings:
    return read_settings({}, project=folder)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundled_task_is_searched_to_its_answer(kind: str, tmp_path: Path) -> None:
    settings = settings_at(tmp_path)
    task = settings.catalogs / "examples" / f"{kind}.yaml"
    result = search(task, budget_usd="1", is_emulated=True, settings=settings)
    assert result.phases[-1].phase == "race"
    assert result.spend.settled_usd > 0
    assert {e.candidate_id for e in result.estimates} >= {result.baseline_id, result.recommendation.candidate_id}
