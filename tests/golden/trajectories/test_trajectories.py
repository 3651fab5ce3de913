"""The decisions of two small searches, word by word: ids and whole numbers, no raw floats.

A change here is a change of what users are told. Record anew with
`RECORD_GOLDEN=1 pytest tests/golden/trajectories` and read the difference.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.core.search import Move
from modelsearch.store.journal import Journal
from tests.unit.api.small import BAYESIAN_PLAN, PLAN, make_request, make_settings, make_table, moves_of

HERE = Path(__file__).parent
PLANS = {"round_robin": PLAN, "bayesian": BAYESIAN_PLAN}


def told(move: Move) -> dict[str, Any]:
    """A move as ids and text."""
    return {
        "round": f"{move.phase} {move.round}",
        "drops": {drop.candidate_id: drop.strategy for drop in move.drops},
        "additions": [candidate.id for candidate in move.additions],
        "probes": {probe.candidate_id: " ".join(probe.item_ids) for probe in move.probes},
        "is_cut": move.is_cut,
    }


@pytest.mark.parametrize("name", PLANS)
def test_the_trajectory_is_the_recorded_one(tmp_path: Path, name: str) -> None:
    request = make_request(tmp_path, table=make_table(5, 9), plan_text=PLANS[name])
    result = search(request, Opening(settings=make_settings(tmp_path)))
    _, events = Journal.read(Path(str(result.run_dir)) / "journal.bin")
    found = {
        "moves": [told(move) for move in moves_of(events)],
        "reasons": {phase.phase: phase.reason for phase in result.phases},
        "recommendation": result.recommendation.candidate_id,
        "certainty": result.recommendation.certainty.value,
        "verdicts": {e.candidate_id: e.verdict.value for e in result.estimates},
        "n_calls": result.spend.n_calls,
    }
    path = HERE / f"{name}.json"
    if os.environ.get("RECORD_GOLDEN"):
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(path.read_text(encoding="utf-8"))
