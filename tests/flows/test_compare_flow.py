"""The deployment `compare`: what it is told reaches the comparison."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from modelsearch.core.errors import OptionError
from tests.unit.compare.fields import written

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(120)]
PLAN = "name: sweep\nphases:\n  - {name: all, sampler: {round_robin: {step_items: 4}}, max_rounds: 99}\n"


def test_rows_of_a_flow_and_a_cluster_that_is_not_there(project: Path, prefect_server: None) -> None:
    from flows.compare import compare  # noqa: PLC0415 - Prefect

    (project / "sweep.yaml").write_text(PLAN, encoding="utf-8")
    folders, plans = [str(written(project))], str(project / "sweep.yaml")

    def compared(workers: str) -> dict[str, str]:
        return asyncio.run(compare.fn(folders, plans, "1.0", 1, workers))

    with pytest.raises(OptionError, match=r"--dask smoke://nowhere: no scheduler answers"):
        compared("smoke://nowhere")
    ended = asyncio.run(_run(compare, folders, plans))
    assert Path(ended["rows"]).is_file()
    assert "sweep" in Path(ended["page"]).read_text(encoding="utf-8")


async def _run(flow: Any, folders: list[str], plans: str) -> dict[str, str]:
    ended: dict[str, str] = await flow(folders=folders, plans=plans, budget_share="1.0", n_seeds=1)
    return ended
