"""A worker on one night in a process of its own, for `bench.scale` and `bench.workers`; prints its report as JSON.

The one argument is JSON: environment and day. It says `ready` and begins at a line on its standard input.
"""

import asyncio
import json
import sys
import time
from datetime import date
from typing import Any

from modelsearch.api.all_nights import NightsCall, run_nights
from modelsearch.core.nights import NightReport
from modelsearch.settings import read_settings


def main() -> None:
    asked = json.loads(sys.argv[1])
    settings = read_settings(asked["environ"])
    print("ready", flush=True)
    sys.stdin.readline()
    began_s, began_cpu_s = time.time(), time.process_time()
    reports = asyncio.run(run_nights(settings, NightsCall(day=date.fromisoformat(asked["day"]))))
    told = {"began_s": began_s, "ended_s": time.time(), "cpu_s": time.process_time() - began_cpu_s}
    print(json.dumps({**told, "nights": [_plain(each) for each in reports]}))


def _plain(report: NightReport) -> dict[str, Any]:
    """What was decided, without the names of runs and without times."""
    results = [
        {
            "job": result.job.key,
            "end": result.end,
            "place": result.job.place,
            "level": result.job.level,
            "spend_usd": str(result.spend_usd),
            "n_calls": result.n_calls,
            "samples": result.samples,
            "error": result.error,
            "standings": [
                [str(s.candidate_id), s.verdict.value, s.n_items, s.quality, s.gap, s.cost_usd]
                for s in result.standings
            ],
        }
        for result in report.results
    ]
    return {
        "task": str(report.task_id),
        "end": report.end,
        "results": results,
        "moves": [[move.from_id, move.to_id] for move in report.moves],
        "alarms": [[alarm.code, alarm.subject, alarm.message] for alarm in report.alarms],
        "waiting": [str(each) for each in report.waiting],
        "spend_usd": str(report.spend_usd),
    }


if __name__ == "__main__":
    main()
