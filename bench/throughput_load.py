"""What is sent, by engine and yardstick alike: the bundled classification task to six made-up models."""

import json
import resource
from pathlib import Path
from typing import Any

N_WARM_UP, N_CALLS, N_IN_FLIGHT = 200, 2000, 64
MODELS = tuple(f"m0{number}" for number in range(6))
FOLDER = Path(__file__).resolve().parents[1] / "catalogs" / "examples"
LABELS = ("order_status", "refund", "damaged_item", "account_access", "billing", "product_question")
SYSTEM = "You sort messages to the support of an online shop for home goods. Name the desk that must act first: " + (
    ", ".join(LABELS) + ". Answer with the name of one desk and nothing else." + " Be brief." * 40
)
"""About as long as the bundled task's own."""


def read_items() -> list[dict[str, Any]]:
    """The items as plain rows with id, input and target."""
    lines = (FOLDER / "classification.jsonl").read_text().splitlines()
    return [{"id": f"i{number}", **json.loads(line)} for number, line in enumerate(lines)]


def cpu_s() -> float:
    """User and system time of this process so far, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
