"""One search in a process of its own, begun or gone on with: what `bench.kill` kills.

The one argument is JSON: seed, url of the emulator, home and run id. Prints the decision as JSON.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path

from bench.kill_world import TASK
from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.core.ids import RunId
from modelsearch.settings import Settings, read_settings
from modelsearch.store.layout import RunDir

BUDGET_USD = Decimal(8)
"""Room for what ten kills leave in flight: bounds of reasoning models are wide, and stay taken."""


def run_dir(settings: Settings, run_id: str) -> RunDir:
    """A run whose id is chosen beforehand, so that it can be resumed by whoever comes next."""
    return RunDir(settings.runs, RunId(run_id))


def main() -> None:
    asked = json.loads(sys.argv[1])
    settings = read_settings(environ={"MODELSEARCH_HOME": str(Path(asked["home"]))})
    request = SearchRequest(
        baseline="", task=TASK, is_emulated=True, emulator_url=asked["url"], budget_usd=BUDGET_USD, seed=asked["seed"]
    )
    result = search(request, Opening(settings=settings, run=run_dir(settings, asked["run_id"])))
    found = result.recommendation
    decision = {"candidate": found.candidate_id, "certainty": found.certainty, "n_items": found.n_items}
    print(json.dumps(decision))


if __name__ == "__main__":
    main()
