"""Made-up facts of a site: tasks with nights behind them, a catalogue that moves, prices in dispute."""

import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from modelsearch.core.feedback import FeedbackWeight
from modelsearch.core.ids import CandidateId, EndpointId, ModelId, ProviderId, RunId, TaskId
from modelsearch.core.nights import Seen, Standing, TaskState
from modelsearch.core.offering import ChangeKind, ModelChange
from modelsearch.core.registered import RegisteredTask
from modelsearch.core.result import Verdict
from modelsearch.report.site_facts import CatalogFacts, Disputed, Line, RunFacts, SiteFacts, TaskFacts

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
BASE, CHEAP, CHEAPER = "openrouter/openai/gpt-4o", "openrouter/mistralai/small-3", "openrouter/qwen/qwen3-14b"
RUN = "20261124-021501-ab12cd"


def make_standing(name: str = CHEAP, **changes: Any) -> Standing:
    plain: dict[str, Any] = {
        "candidate_id": CandidateId(name), "revision": "r", "place": 3, "verdict": Verdict.NON_INFERIOR, "n_items": 400,
        "quality": 0.912, "gap": -0.006, "cost_usd": 0.00042, "tested_on": TODAY - timedelta(days=20),
        "run_id": RunId(RUN),
    }  # fmt: skip
    return Standing(**{**plain, **changes})


def make_state(**changes: Any) -> TaskState:
    base = make_standing(BASE, place=0, verdict=Verdict.UNDECIDED, quality=0.918, gap=0.0, cost_usd=0.0031, run_id=None)
    standings = {
        CandidateId(BASE): base,
        CandidateId(CHEAP): make_standing(),
        CandidateId(CHEAPER): make_standing(
            CHEAPER, place=5, verdict=Verdict.INFERIOR, quality=0.861, gap=-0.057, cost_usd=0.00012, run_id=None
        ),
    }
    plain: dict[str, Any] = {
        "task_id": TaskId("triage"), "task_revision": "t", "baseline_id": CandidateId(BASE),
        "incumbent_id": CandidateId(CHEAP), "standings": standings, "n_tested": 5, "spend_usd": Decimal("14.2071"),
        "waiting": (CandidateId("openrouter/google/gemini-3-flash"),), "last_night": TODAY,
        "seen": {CandidateId("openrouter/x/y"): Seen(revision="r", cost_usd=0.01, limit_usd=0.001, reason="dear")},
    }  # fmt: skip
    return TaskState(**{**plain, **changes})


def make_registered(name: str = "triage", **changes: Any) -> RegisteredTask:
    plain: dict[str, Any] = {
        "id": TaskId(name), "task": "/srv/triage.yaml", "baseline": BASE, "night_usd": Decimal(1),
        "life_usd": Decimal(200), "monthly_items": 300_000, "tags": ("support",),
    }  # fmt: skip
    return RegisteredTask(**{**plain, **changes})


def night_line(day: date, **changes: Any) -> Line:
    plain = {
        "day": day.isoformat(), "task_id": "triage", "end": "done", "n_jobs": 2, "n_failed": 0, "n_calls": 100,
        "n_moves": 0, "n_alarms": 0, "n_waiting": 1, "spend_usd": "0.0410",
    }  # fmt: skip
    return {**plain, **changes}


def standing_line(day: date, role: str, name: str, **changes: Any) -> Line:
    plain = {
        "day": day.isoformat(), "role": role, "candidate_id": name, "verdict": "non_inferior", "n_items": 400,
        "quality": 0.912, "gap": -0.006, "margin": 0.02, "cost_usd": 0.00042, "n_sampled": 50, "quality_then": 0.92,
        "quality_anew": 0.91,
    }  # fmt: skip
    return {**plain, **changes}


def job_line(day: date, **changes: Any) -> Line:
    plain = {
        "day": day.isoformat(), "kind": "screen", "candidate_id": CHEAP, "end": "done", "reason": "new, and cheaper",
        "place": 3, "level": 0.0125, "verdict": "non_inferior", "n_items": 400, "n_samples": 0, "budget_usd": "0.5",
        "spend_usd": "0.031", "n_calls": 400, "run_id": RUN, "error": None,
    }  # fmt: skip
    return {**plain, **changes}


def move_line(day: date, **changes: Any) -> Line:
    plain = {
        "day": day.isoformat(), "from_id": BASE, "to_id": CHEAP,
        "reason": "certified, and 86.5 % cheaper than what serves now", "evidence": json.dumps({"gap": -0.006}),
    }  # fmt: skip
    return {**plain, **changes}


def alarm_line(day: date, **changes: Any) -> Line:
    plain = {
        "day": day.isoformat(), "code": "drift_quality", "subject": CHEAP,
        "message": "quality fell by 3.1 points within 9 nights (e-value 412)", "evidence": json.dumps({"e": 412.0}),
    }  # fmt: skip
    return {**plain, **changes}


def make_task(name: str = "triage", n_nights: int = 60, **changes: Any) -> TaskFacts:
    days = [TODAY - timedelta(days=n) for n in reversed(range(n_nights))]
    standings: list[Line] = []
    for n, day in enumerate(days):
        wave = 0.008 * math.sin(n / 3)
        base = {"quality": 0.918, "cost_usd": 0.0031 if n < 40 else 0.0028, "quality_then": 0.92}
        own = {"quality": 0.912, "cost_usd": 0.00061 if n < 30 else 0.00042}
        if n < 12:
            standings.append(standing_line(day, "both", BASE, **base, quality_anew=0.92 + wave))
        else:
            standings.append(standing_line(day, "incumbent", CHEAP, **own, quality_anew=0.915 + wave))
            standings.append(standing_line(day, "baseline", BASE, **base, quality_anew=0.92 - wave))
    nights = [
        night_line(day, n_moves=int(n == 12), spend_usd="3.91" if n == 0 else "0.041") for n, day in enumerate(days)
    ]
    plain: dict[str, Any] = {
        "name": name, "registered": make_registered(name), "state": make_state(task_id=TaskId(name)), "nights": nights,
        "jobs": [job_line(day) for day in days], "standings": standings,
        "moves": [move_line(days[12])] if n_nights > 12 else [], "alarms": [alarm_line(TODAY - timedelta(days=2))],
    }  # fmt: skip
    return TaskFacts(**{**plain, **changes})


def make_change(kind: ChangeKind, endpoint_id: str, day: date = TODAY, **facts: Any) -> ModelChange:
    return ModelChange(
        kind=kind, endpoint_id=EndpointId(endpoint_id), model_id=ModelId("m"), provider_id=ProviderId("openrouter"),
        day=day, facts=facts,
    )  # fmt: skip


def make_catalog(**changes: Any) -> CatalogFacts:
    moved = {"prices_before": {"input": "2.5", "output": "10"}, "prices": {"input": "2.2", "output": "9"}}
    plain: dict[str, Any] = {
        "observed_at": NOW - timedelta(minutes=50), "n_endpoints": 412,
        "changes": (
            make_change("appeared", "openrouter/google/gemini-3-flash", prices={"input": "0.3", "output": "2.5"}),
            make_change("repriced", BASE, TODAY - timedelta(days=3), **moved),
            make_change("gone", "openrouter/old/model", TODAY - timedelta(days=5), prices={"input": "1"}),
        ),
        "disputed": (Disputed(endpoint_id=CHEAP, what="output", usd="0.3 USD per mtok", source="a+models.dev"),),
        "problems": ("openrouter: x: input: expected a price >= 0, got '-1': it is unknown",),
    }  # fmt: skip
    return CatalogFacts(**{**plain, **changes})


def make_facts(**changes: Any) -> SiteFacts:
    kept = make_state(incumbent_id=CandidateId(BASE), waiting=(), n_tested=9)
    weight = FeedbackWeight(
        candidate_id=CandidateId(CHEAP),
        n_rows=412,
        quality=0.9,
        error_variance=0.01,
        worth_items=12.5,
        sources=("app",),
    )
    plain: dict[str, Any] = {
        "made_at": NOW,
        "tasks": (
            make_task(feedback=(weight,)),
            make_task("summaries", 9, state=kept, alarms=[], moves=[]),
            TaskFacts(name="new-one", registered=make_registered("new-one")),
            make_task("old-one", 5, registered=None, alarms=[]),
        ),
        "catalog": make_catalog(),
        "runs": (
            RunFacts(run_id=RUN, task="triage", baseline=BASE, advice=CHEAP, certainty="certified", spend_usd="0.0310"),
            RunFacts(run_id="20261123-021501-ffffff", task="summaries", baseline=BASE, problem="no result yet"),
        ),
        "reports": frozenset({RUN}),
        "ui_url": "http://127.0.0.1:4200",
    }  # fmt: skip
    return SiteFacts(**{**plain, **changes})
