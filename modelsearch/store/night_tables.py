"""The history of nights as tables: a line per night, job, move and alarm, and one each for incumbent and baseline as
they stood after a night; readable as JSON and declared as Parquet.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import fmean
from typing import Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from modelsearch.core.errors import StoreError
from modelsearch.core.nights import Alarm, IncumbentMove, JobResult, NightReport, Standing, TaskState

VERSION: Final = 1
Line: TypeAlias = Mapping[str, Any]
_TEXT, _INT, _FLOAT = pa.string(), pa.int64(), pa.float64()
_USD, _DAY = pa.decimal128(38, 12), pa.date32()
_Rows: TypeAlias = tuple[tuple[str, pa.DataType, str, str], ...]

# name, type, unit, meaning; a meaning that ends in "?" may be empty
_NIGHTS: Final[_Rows] = (
    ("day", _DAY, "", "the night's day"),
    ("task_id", _TEXT, "", "the registered task"),
    ("end", _TEXT, "", "done, out_of_money, held or failed"),
    ("n_jobs", _INT, "jobs", "pieces of work that ended"),
    ("n_failed", _INT, "jobs", "of those, that failed"),
    ("n_calls", _INT, "calls", "calls that were paid"),
    ("n_moves", _INT, "moves", "recommendations that moved"),
    ("n_alarms", _INT, "alarms", "alarms that were raised"),
    ("n_waiting", _INT, "candidates", "who waits to be tested"),
    ("spend_usd", _USD, "USD", "spent, what may have been billed included"),
)
_JOBS: Final[_Rows] = (
    ("day", _DAY, "", "the night's day"),
    ("kind", _TEXT, "", "search, measure, screen or drift"),
    ("candidate_id", _TEXT, "", "whom it is about"),
    ("end", _TEXT, "", "done, out_of_money, pending or failed"),
    ("reason", _TEXT, "", "why it was done"),
    ("place", _INT, "tests", "number of the test in the task's life; 0 = none"),
    ("level", _FLOAT, "probability", "alpha that its certificate may use"),
    ("verdict", _TEXT, "", "of whom it is about?"),
    ("n_items", _INT, "items", "items of whom it is about"),
    ("n_samples", _INT, "items", "items asked anew"),
    ("budget_usd", _USD, "USD", "its hard limit"),
    ("spend_usd", _USD, "USD", "spent, what may have been billed included"),
    ("n_calls", _INT, "calls", "calls that were paid"),
    ("run_id", _TEXT, "", "its run?"),
    ("error", _TEXT, "", "why it failed?"),
)
_MOVES: Final[_Rows] = (
    ("day", _DAY, "", "the night's day"),
    ("from_id", _TEXT, "", "who was recommended before"),
    ("to_id", _TEXT, "", "who is recommended since"),
    ("reason", _TEXT, "", "why, in one sentence"),
    ("evidence", _TEXT, "", "the numbers behind it, as JSON"),
)
_ALARMS: Final[_Rows] = (
    ("day", _DAY, "", "the night's day"),
    ("code", _TEXT, "", "what kind of alarm, for routing"),
    ("subject", _TEXT, "", "whom it is about"),
    ("message", _TEXT, "", "what happened"),
    ("evidence", _TEXT, "", "the numbers behind it, as JSON"),
)
_STANDINGS: Final[_Rows] = (
    ("day", _DAY, "", "the night's day"),
    ("role", _TEXT, "", "incumbent, baseline, or both where the baseline is what is recommended"),
    ("candidate_id", _TEXT, "", "who it was after the night"),
    ("verdict", _TEXT, "", "against the baseline; an incumbent that is non_inferior is certified"),
    ("n_items", _INT, "items", "that it was measured on"),
    ("quality", _FLOAT, "score", "mean on those items, in [0, 1]"),
    ("gap", _FLOAT, "score", "quality minus the baseline's on shared items"),
    ("margin", _FLOAT, "score", "largest loss that the task accepts"),
    ("cost_usd", _FLOAT, "USD", "expected cost of an item at that night's prices"),
    ("n_sampled", _INT, "items", "asked anew that night; 0 = none"),
    ("quality_then", _FLOAT, "score", "mean of those items as first measured?"),
    ("quality_anew", _FLOAT, "score", "mean of the same items that night?"),
)


def _schema(name: str, rows: _Rows) -> pa.Schema:
    fields = [
        pa.field(
            field, kind, nullable=meaning.endswith("?"), metadata={"unit": unit, "meaning": meaning.removesuffix("?")}
        )
        for field, kind, unit, meaning in rows
    ]
    return pa.schema(fields, metadata={"table": name, "version": str(VERSION)})


TABLES: Final[Mapping[str, pa.Schema]] = {
    name: _schema(name, rows)
    for name, rows in (
        ("nights", _NIGHTS),
        ("jobs", _JOBS),
        ("moves", _MOVES),
        ("alarms", _ALARMS),
        ("standings", _STANDINGS),
    )
}


def lines_of(report: NightReport) -> dict[str, Sequence[Line]]:
    """The lines of a night, by table; amounts as text, days as YYYY-MM-DD."""
    day = report.day.isoformat()
    return {
        "nights": [_night(report)],
        "jobs": [_job(day, result) for result in report.results],
        "moves": [_move(move) for move in report.moves],
        "alarms": [_alarm(alarm) for alarm in report.alarms],
    }


def standing_lines(state: TaskState, report: NightReport, margin: float) -> dict[str, Sequence[Line]]:
    """How incumbent and baseline stand after a night, by table: what trends are drawn from.

    Args:
        state: after the night; whoever has no standing (not measured yet, or changed since) has no line.
        report: of the night, whose samples say what was found anew.
        margin: of the task.
    """
    roles = {state.incumbent_id: "incumbent", state.baseline_id: "baseline"}
    if len(roles) == 1:
        roles = {state.baseline_id: "both"}
    known = [(state.standings[name], role) for name, role in roles.items() if name in state.standings]
    return {"standings": [_standing(report, standing, role) | {"margin": margin} for standing, role in known]}


def lines_to_json(lines: Sequence[Line]) -> bytes:
    """One JSON object a line, UTF-8."""
    return "".join(json.dumps(dict(line), ensure_ascii=False) + "\n" for line in lines).encode()


def lines_from_json(content: bytes, path: Path) -> list[Line]:
    """The inverse of `lines_to_json`.

    Raises:
        StoreError: a line is no JSON object of a day; `path` is named.
    """
    found: list[Line] = []
    for number, text in enumerate(content.decode().splitlines(), start=1):
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if not isinstance(line, dict) or "day" not in line:
            raise StoreError(f"{path}, line {number}: expected an object with `day`: put a good copy back")
        found.append(line)
    return found


def lines_to_parquet(name: str, lines: Sequence[Line]) -> bytes:
    """The lines of a table as a Parquet file."""
    schema = TABLES[name]
    columns = [pa.array([_typed(line.get(field.name), field.type) for line in lines], field.type) for field in schema]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _typed(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if kind == _DAY:
        return date.fromisoformat(value)
    return Decimal(value) if kind == _USD else value


def _night(report: NightReport) -> Line:
    return {
        "day": report.day.isoformat(),
        "task_id": str(report.task_id),
        "end": report.end,
        "n_jobs": len(report.results),
        "n_failed": sum(result.end == "failed" for result in report.results),
        "n_calls": sum(result.n_calls for result in report.results),
        "n_moves": len(report.moves),
        "n_alarms": len(report.alarms),
        "n_waiting": len(report.waiting),
        "spend_usd": str(report.spend_usd),
    }


def _job(day: str, result: JobResult) -> Line:
    job = result.job
    own = next((standing for standing in result.standings if standing.candidate_id == job.candidate_id), None)
    return {
        "day": day,
        "kind": job.kind,
        "candidate_id": str(job.candidate_id),
        "end": result.end,
        "reason": job.reason,
        "place": job.place,
        "level": job.level,
        "verdict": None if own is None else own.verdict.value,
        "n_items": 0 if own is None else own.n_items,
        "n_samples": len(result.samples),
        "budget_usd": str(job.budget_usd),
        "spend_usd": str(result.spend_usd),
        "n_calls": result.n_calls,
        "run_id": result.run_id,
        "error": result.error or None,
    }


def _standing(report: NightReport, standing: Standing, role: str) -> dict[str, Any]:
    samples = [
        sample
        for result in report.results
        if result.job.kind == "drift" and result.job.candidate_id == standing.candidate_id
        for sample in result.samples
    ]
    return {
        "day": report.day.isoformat(),
        "role": role,
        "candidate_id": str(standing.candidate_id),
        "verdict": standing.verdict.value,
        "n_items": standing.n_items,
        "quality": standing.quality,
        "gap": standing.gap,
        "cost_usd": standing.cost_usd,
        "n_sampled": len(samples),
        "quality_then": fmean(old for _, old, _ in samples) if samples else None,
        "quality_anew": fmean(new for _, _, new in samples) if samples else None,
    }


def _move(move: IncumbentMove) -> Line:
    return {
        "day": move.day.isoformat(),
        "from_id": str(move.from_id),
        "to_id": str(move.to_id),
        "reason": move.reason,
        "evidence": json.dumps(dict(move.evidence), sort_keys=True),
    }


def _alarm(alarm: Alarm) -> Line:
    return {
        "day": alarm.day.isoformat(),
        "code": alarm.code,
        "subject": alarm.subject,
        "message": alarm.message,
        "evidence": json.dumps(dict(alarm.evidence), sort_keys=True),
    }
