"""The emulator's own books: every request that reached it, and what it charged."""

import os
from decimal import Decimal
from pathlib import Path

import msgspec

from modelsearch.core.money import ZERO_USD

_ENCODER = msgspec.json.Encoder(decimal_format="string")


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `cost_usd` is 0 where nothing was charged; `status` 0 = the connection was cut or left hanging.

    Attributes:
        at_s: Unix time in s.
        attempt: how often this prompt was asked of this endpoint before.
        prompt: hash of the prompt without white space.
    """

    at_s: float
    provider: str
    model: str
    host: str
    item: str
    prompt: str
    attempt: int
    status: int
    cost_usd: Decimal
    fault: str = ""


class Bill:
    """Total and log; with a path every line is also appended to that file in one write, so that a kill loses none."""

    def __init__(self, log_path: Path | None = None) -> None:
        self.lines: list[LogLine] = []
        self.total_usd = ZERO_USD
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = None if log_path is None else os.open(log_path, flags, 0o644)

    def add(self, line: LogLine) -> None:
        """Book one request."""
        self.lines.append(line)
        self.total_usd += line.cost_usd
        if self._file is not None:
            os.write(self._file, _ENCODER.encode(line) + b"\n")

    def reset(self) -> None:
        """Forget everything; a log file keeps its lines."""
        self.lines.clear()
        self.total_usd = ZERO_USD

    def close(self) -> None:
        """Close the log file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def summary(self) -> bytes:
        """JSON: total in USD as text, requests, charged requests, and both per provider and model."""
        per_model: dict[str, dict[str, object]] = {}
        for line in self.lines:
            row = per_model.setdefault(f"{line.provider}|{line.model}", {"n_requests": 0, "cost_usd": ZERO_USD})
            row["n_requests"] = int(str(row["n_requests"])) + 1
            row["cost_usd"] = Decimal(str(row["cost_usd"])) + line.cost_usd
        return _ENCODER.encode(
            {
                "total_usd": self.total_usd,
                "n_requests": len(self.lines),
                "n_charged": sum(1 for line in self.lines if line.cost_usd),
                "models": per_model,
            }
        )

    def log(self) -> bytes:
        """JSON list of all lines."""
        return _ENCODER.encode(self.lines)


def read_log(path: Path) -> list[LogLine]:
    """The lines of a log file; a last line without its end is left out."""
    decoder = msgspec.json.Decoder(LogLine)
    return [decoder.decode(line) for line in path.read_bytes().split(b"\n")[:-1]]
