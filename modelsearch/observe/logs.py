"""One JSON object a line, with the ids of the work it comes from, and without secrets or text of items.

Every line has `at` (UTC), `level`, `logger` and `event`; `run`, `task`, `candidate`, `item` where the work has them;
and what the event has of its own. Levels: debug = each call and outcome, info = phases, rounds, jobs, nights, syncs,
warning = what a person may have to look at.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import IO, Any, Final

import msgspec

from modelsearch.core.events import (
    CallReleased,
    CallSettled,
    CallUnknown,
    CandidateSplit,
    Event,
    OutcomeScored,
    PhaseClosed,
    PhaseStarted,
    RoundClosed,
    Warned,
)
from modelsearch.core.search import Move
from modelsearch.core.working import ASKED, RUN
from modelsearch.observe.about import RunAbout
from modelsearch.observe.reasons import kind_of
from modelsearch.observe.scrub import Scrubber

ROOT: Final = "modelsearch"
TOLD: Final = "told"
"""Attribute of a record that holds its own fields."""
Fields = dict[str, Any]
_LOG = logging.getLogger("modelsearch.run")


class JsonLines(logging.Formatter):
    """Formats a record as a line."""

    def __init__(self, scrubber: Scrubber) -> None:
        super().__init__()
        self._scrubber = scrubber

    def format(self, record: logging.LogRecord) -> str:
        line: Fields = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_where(),
            **getattr(record, TOLD, {}),
        }
        if record.exc_info and record.exc_info[0] is not None:  # its words may hold anything
            line["error"] = record.exc_info[0].__name__
        return self._scrubber.scrubbed(msgspec.json.encode(line, enc_hook=str).decode())


def _where() -> Fields:
    found: Fields = {}
    if (run := RUN.get()) is not None:
        found.update(run=run.run_id, task=run.task_id)
    if (asked := ASKED.get()) is not None:
        found.update(candidate=asked[0], item=asked[1])
    return found


class JsonHandler(logging.StreamHandler[IO[str]]):
    """Writes lines; one that cannot be written is no reason to say so on the same stream."""

    def __init__(self, stream: IO[str], scrubber: Scrubber) -> None:
        super().__init__(stream)
        self.scrubber = scrubber
        self.setFormatter(JsonLines(scrubber))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Nothing: the search goes on."""


def json_logs(stream: IO[str], level: str, scrubber: Scrubber) -> JsonHandler:
    """Send what the house logs to a stream, once a process; later calls set level and secrets of the same handler."""
    logger = logging.getLogger(ROOT)
    known = next((each for each in logger.handlers if isinstance(each, JsonHandler)), None)
    if known is None:
        known = JsonHandler(stream, scrubber)
        logger.addHandler(known)
        logger.propagate = False
    logger.setLevel(level.upper())
    return known


def say(event: str, told: Mapping[str, Any], *, level: int = logging.INFO, logger: logging.Logger = _LOG) -> None:
    """One line, where anybody listens."""
    if logger.isEnabledFor(level):
        logger.log(level, event, extra={TOLD: dict(told)})


class RunLog:
    """Tells a run's events as lines."""

    def __init__(self, about: RunAbout) -> None:
        self._about = about
        self._ids: Fields = {"run": about.run_id, "task": about.task_id}

    def take(self, event: Event) -> None:
        """Tell an event; some kinds are of no interest."""
        found = _TELLERS.get(type(event))
        if found is None:
            return
        level, tell = found
        if _LOG.isEnabledFor(level):
            name, fields = tell(event, self._about)
            _LOG.log(level, name, extra={TOLD: {**self._ids, **fields}})

    def close(self, error: str) -> None:
        """The run is not open any more; `error` names the type of what ended it, "" = its end."""
        say("run closed", {**self._ids, "error": error} if error else self._ids)


def _call(event: CallSettled, about: RunAbout) -> tuple[str, Fields]:
    call = event.call
    return "call", {
        "call": call.id,
        "endpoint": call.endpoint_id,
        "provider": about.of(call.endpoint_id).provider,
        "status": call.status.value,
        "latency_s": call.latency_s,
        "cost_usd": call.cost_usd,
        "input_tokens": call.usage.prompt_tokens,
        "output_tokens": call.usage.output_tokens + call.usage.reasoning_tokens,
        "n_attempts": call.n_attempts,
    }


def _outcome(event: OutcomeScored, _: RunAbout) -> tuple[str, Fields]:
    outcome = event.outcome
    return "outcome", {
        "candidate": outcome.candidate_id,
        "item": outcome.item_id,
        "repeat": outcome.repeat,
        "status": outcome.status.value,
        "score": outcome.score,
        "calls": outcome.call_ids,
        "cost_usd": outcome.cost_usd,
        "spend_usd": outcome.spend_usd,
    }


def _move(event: Move, _: RunAbout) -> tuple[str, Fields]:
    n_items = sum(len(probe.item_ids) for probe in event.probes)
    return "round started", {
        "phase": event.phase,
        "round": event.round,
        "n_drops": len(event.drops),
        "n_additions": len(event.additions),
        "n_probes": len(event.probes),
        "n_items": n_items,
    }


def _ended(name: str) -> Callable[[Any, RunAbout], tuple[str, Fields]]:
    return lambda event, _: (name, {"call": event.call_id, "reason": kind_of(event.reason)})


_TELLERS: Final[Mapping[type, tuple[int, Callable[[Any, RunAbout], tuple[str, Fields]]]]] = {
    CallSettled: (logging.DEBUG, _call),
    OutcomeScored: (logging.DEBUG, _outcome),
    CallReleased: (logging.WARNING, _ended("call released")),
    CallUnknown: (logging.WARNING, _ended("call unknown")),
    PhaseStarted: (logging.INFO, lambda e, _: ("phase started", {"phase": e.phase, "spend_usd": e.spend_usd})),
    PhaseClosed: (logging.INFO, lambda e, _: ("phase closed", {"phase": e.phase})),
    Move: (logging.INFO, _move),
    RoundClosed: (logging.INFO, lambda e, _: ("round closed", {"phase": e.phase, "round": e.round})),
    CandidateSplit: (
        logging.WARNING,
        lambda e, _: ("candidate split", {"candidate": e.candidate_id, "into": e.into.id}),
    ),
    Warned: (logging.WARNING, lambda e, _: ("warned", {"code": e.code, "subject": e.subject})),
}
