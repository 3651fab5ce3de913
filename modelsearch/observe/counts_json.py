"""Counts as JSON, amounts exact, for the files that outlive a process."""

from decimal import Decimal
from typing import Any, Final

import msgspec

from modelsearch.observe.metrics import METRICS
from modelsearch.observe.tally import Counts, Histogram

SYNCS_FILE: Final = "syncs.json"
"""What syncs of this machine have come to."""
RUNS_FILE: Final = "runs.json"
"""What runs that are over have come to."""
_METRICS: Final = {metric.name: metric for metric in METRICS}


class _File(msgspec.Struct):
    values: list[tuple[str, list[str], str]]
    histograms: list[tuple[str, list[str], list[int], float]]
    read: dict[str, int]


def counts_to_json(counts: Counts, read: dict[str, int] | None = None) -> bytes:
    """UTF-8 JSON; `read` says of each run how many bytes of its journal are counted."""
    values = [(name, list(labels), str(amount)) for (name, labels), amount in counts.values.items()]
    histograms = [(name, list(labels), told.counts, told.total) for (name, labels), told in counts.histograms.items()]
    return msgspec.json.encode(_File(values=values, histograms=histograms, read=read or {}))


def counts_from_json(content: bytes) -> tuple[Counts, dict[str, int]]:
    """What `counts_to_json` wrote; a metric that is no more, or has other labels or buckets now, is left out.

    Raises:
        ValueError: it is no such file (msgspec's errors are ValueErrors).
    """
    file = msgspec.json.decode(content, type=_File)
    counts = Counts()
    for name, labels, amount in file.values:
        if _has_shape(name, labels):
            counts.values[name, tuple(labels)] = _number(amount)
    for name, labels, found, total in file.histograms:
        if _has_shape(name, labels) and len(found) == len(_METRICS[name].buckets) + 1:
            counts.histograms[name, tuple(labels)] = Histogram(found, total)
    return counts, file.read


def _has_shape(name: str, labels: list[str]) -> bool:
    return name in _METRICS and len(labels) == len(_METRICS[name].labels)


def _number(text: str) -> Any:
    try:
        return Decimal(text) if "." in text or "E" in text else int(text)
    except ArithmeticError as error:
        message = f"counts: expected a number, got {text!r}"
        raise ValueError(message) from error
