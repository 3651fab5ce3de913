"""One search in a process of its own, begun or gone on with: what `bench.batch` runs and kills.

The one argument is JSON: seed, url of the emulator, home, run id and mode of batches. Prints the decision as JSON.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path

from bench.kill_search import run_dir
from bench.kill_world import TASK
from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.settings import read_settings

BUDGET_USD = Decimal(50)
"""Never reached: money would make the batched search decide otherwise than the live one, since it has more left."""
MIN_CALLS = 500
"""Between the wide round and the rounds that decide."""
WIDE = "wide"
PLAN = f"""\
name: batch-bench
phases:
  - name: quick_wins
    filters: [task_requirements, price_ceiling, cheapest_endpoint]
  - name: {WIDE}
    sampler: {{round_robin: {{step_items: 20, max_items: 20}}}}
    max_rounds: 1
  - name: deciding
    filters: [{{top_fraction: {{fraction: 0.2, min_left: 3}}}}]
    sampler: {{round_robin: {{step_items: 30, max_items: 140}}}}
    max_rounds: 6
"""


def main() -> None:
    asked = json.loads(sys.argv[1])
    home = Path(asked["home"])
    settings = read_settings(environ={"MODELSEARCH_HOME": str(home)})
    plan = home / "plan.yaml"
    plan.write_text(PLAN, encoding="utf-8")
    request = SearchRequest(
        baseline="", task=TASK, is_emulated=True, emulator_url=asked["url"], budget_usd=BUDGET_USD,
        seed=asked["seed"], plan=str(plan), batch=asked["mode"], batch_min_calls=MIN_CALLS,
    )  # fmt: skip
    result = search(request, Opening(settings=settings, run=run_dir(settings, asked["run_id"])))
    found = result.recommendation
    print(json.dumps({"candidate": found.candidate_id, "certainty": found.certainty, "n_items": found.n_items}))


if __name__ == "__main__":
    main()
