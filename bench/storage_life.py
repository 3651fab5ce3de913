"""One life of a search with its run published, in a process that can be killed: `python -m bench.storage_life JSON`."""

import json
import sys
import time
from decimal import Decimal
from pathlib import Path

from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening, find_session_run
from modelsearch.core.events import Event
from modelsearch.settings import read_settings

EVENT_S = 0.004
"""A pause after each event, so that kills land in the middle."""


def main() -> None:
    """Begin a run, or go on with one; prints the recommendation and the spend."""
    asked = json.loads(sys.argv[1])
    settings = read_settings()
    opening = Opening(settings=settings, watch=slow)
    if asked["run_id"]:
        run, request = find_session_run(settings, asked["run_id"])
        opening = Opening(settings=settings, watch=slow, run=run, is_taken_over=asked["is_taken_over"])
    else:
        request = SearchRequest(
            recorded=Path(asked["table"]), baseline=asked["baseline"], budget_usd=Decimal(asked["budget_usd"]), past=()
        )
    result = search(request, opening)
    told = {"candidate": result.recommendation.candidate_id, "spend_usd": str(result.spend.settled_usd)}
    sys.stdout.write(json.dumps({**told, "run_id": result.run_id}) + "\n")


def slow(_: Event) -> None:
    time.sleep(EVENT_S)


if __name__ == "__main__":
    main()
