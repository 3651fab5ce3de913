"""How sure a model was, from a recorded table into the tables of a run: alike in process and over HTTP."""

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from modelsearch.api.run import asearch
from modelsearch.api.session import Opening
from modelsearch.core.ids import RunId
from modelsearch.store.layout import RunDir
from tests.unit.api.small import make_request, make_settings, make_table

RUN = RunId("20260101-000000-000001")


def confidences(folder: Path, *, is_emulated: bool) -> dict[tuple[str, str], float]:
    plain = make_table(4, 6)
    sure = np.random.default_rng(1).uniform(0.1, 1.0, plain.score.shape)
    sure[2, :] = np.nan
    request = make_request(folder, table=replace(plain, confidence=sure), is_emulated=is_emulated)
    run = RunDir(folder / f"runs-{is_emulated}", RUN)
    asyncio.run(asearch(request, Opening(settings=make_settings(folder), run=run)))
    rows = [row for path in run.path.rglob("outcomes.parquet") for row in pq.read_table(path).to_pylist()]
    found = {(row["candidate_id"], row["item_id"]): row["confidence"] for row in rows}
    known = {
        (model.name, item_id): None if np.isnan(sure[row, column]) else sure[row, column]
        for row, model in enumerate(plain.models)
        for column, item_id in enumerate(plain.item_ids)
    }
    singles = {cell: confidence for cell, confidence in found.items() if cell in known}
    assert len(singles) > 10
    assert {cell: known[cell] for cell in singles} == pytest.approx(singles)
    return found


def test_what_was_recorded_comes_through_in_process_and_over_http(tmp_path: Path) -> None:
    assert confidences(tmp_path, is_emulated=True) == pytest.approx(confidences(tmp_path, is_emulated=False))
