"""What is sent, by engine and yardstick alike: the bundled classification task to made-up models."""

import json
import resource
from itertools import cycle, islice
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "catalogs" / "examples"
LABELS = ("order_status", "refund", "damaged_item", "account_access", "billing", "product_question")
SYSTEM = "You sort messages to the support of an online shop for home goods. Name the desk that must act first: " + (
    ", ".join(LABELS) + ". Answer with the name of one desk and nothing else." + " Be brief." * 40
)
"""About as long as the bundled task's own."""
N_ITEMS = 1000


def read_items(n_items: int = N_ITEMS) -> list[dict[str, Any]]:
    """The items as plain rows with id, input and target: those of the file again and again.

    Each has its number in its text, for an equal text would be an equal call, which is paid once.
    """
    rows = [json.loads(line) for line in (FOLDER / "classification.jsonl").read_text().splitlines()]
    numbered = enumerate(islice(cycle(rows), n_items))
    return [{**row, "id": f"i{number:05d}", "input": f"{row['input']} #{number}"} for number, row in numbered]


def model_names(n_models: int) -> tuple[str, ...]:
    """m00, m01, ... (more digits from 100 on)."""
    width = max(2, len(str(n_models - 1)))
    return tuple(f"m{row:0{width}d}" for row in range(n_models))


def cpu_s() -> float:
    """User and system time of this process so far, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def rss_mb() -> float:
    """Memory of this process now, MB."""
    n_pages = int(Path("/proc/self/statm").read_text().split()[1])
    return n_pages * resource.getpagesize() / 1e6


def allow_files() -> None:
    """As many open connections as the system lets a process have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
