"""How long a run took over all its lives: a run that was killed and resumed did not begin when it was resumed."""

import json
import time
from typing import Any

from modelsearch.store.layout import RunDir, write_whole


def last_written_s(run: RunDir) -> float | None:
    """Epoch seconds at which the journal was last appended to; None where there is none. Ask before it is opened."""
    return run.journal.stat().st_mtime if run.journal.is_file() else None


def begin_life(run: RunDir, last_s: float | None, now_s: float | None = None) -> float:
    """Note that the run is open again; how long its earlier lives were in all, in seconds.

    A life ended with its last event, for one that was killed could not say when: what it did after that (tables, a
    report) is not counted, nor is the time between two lives.

    Args:
        run: whose lock is held.
        last_s: of `last_written_s`, before this life.
        now_s: epoch seconds; the clock's by default.
    """
    lives = _read(run)
    if lives and lives[-1]["wall_s"] is None:
        lives[-1]["wall_s"] = round(max(0.0, (last_s or 0.0) - lives[-1]["began_s"]), 3)
    earlier_s = float(sum(life["wall_s"] or 0.0 for life in lives))
    lives.append({"began_s": time.time() if now_s is None else now_s, "wall_s": None})
    write_whole(run.lives, json.dumps(lives).encode())
    return earlier_s


def _read(run: RunDir) -> list[dict[str, Any]]:
    """The lives so far; none where the file cannot be read, for a duration is no reason to lose a search."""
    try:
        lives = json.loads(run.lives.read_bytes())
        return [{"began_s": float(life["began_s"]), "wall_s": life["wall_s"]} for life in lives]
    except (OSError, ValueError, TypeError, KeyError):
        return []
