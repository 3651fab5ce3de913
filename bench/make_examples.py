"""Writes the items of the demo task: messages to an invented shop, joined from sentences by a seeded draw.

Usage: python -m bench.make_examples
Two messages never share more than 50 % of their words (Jaccard), so that no item is a copy of another.
"""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "bench" / "texts" / "support_messages.yaml"
TARGET = ROOT / "catalogs" / "examples" / "classification.jsonl"
N_ITEMS = 400
MAX_JACCARD = 0.5
PRODUCTS = ("soft", "wooden", "electric", "other")
SEED = 20
_SLOT = re.compile(r"\{(\w+)\}")


def _filled(text: str, slots: dict[str, str]) -> str:
    filled = _SLOT.sub(lambda match: slots[match.group(1)], text)
    return re.sub(r"(^|[.?!] )([a-z])", lambda match: match.group(1) + match.group(2).upper(), filled)


def _message(problem: str, texts: dict[str, Any], label: str, rng: random.Random) -> str:
    parts = [problem]
    if rng.random() < 0.6:
        parts.append(rng.choice(texts["labels"][label]["details"]))
    slots = {name: rng.choice(values) for name, values in texts["slots"].items()}
    slots["product"] = rng.choice([slots[name] for name in PRODUCTS])
    parts = [_filled(part, slots) for part in parts]
    if rng.random() < 0.15:
        parts.reverse()
    if rng.random() < 0.45:
        parts.insert(0, opener := rng.choice(texts["openers"]))
        if opener[-1] not in ".:" and not re.match(r"I\b|FB-", parts[1]):
            parts[1] = parts[1][0].lower() + parts[1][1:]  # the sentence goes on
    if rng.random() < 0.45:
        parts.append(rng.choice(texts["closers"]))
    return _styled(" ".join(parts), rng)


def _styled(message: str, rng: random.Random) -> str:
    """Some people write without capitals, some without the last full stop, some in a hurry."""
    if rng.random() < 0.12:
        message = re.sub(r"FB-", "fb", message).lower()
    if rng.random() < 0.1:
        message = message.rstrip(".")
    return message


def _words(message: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9']+", message.lower()))


def _drawn(texts: dict[str, Any], rng: random.Random) -> Iterator[tuple[str, str]]:
    """(message, label) without end: each pass uses every problem of every label once."""
    while True:
        passes = [(label, problem) for label, part in texts["labels"].items() for problem in part["problems"]]
        rng.shuffle(passes)
        for label, problem in passes:
            yield _message(problem, texts, label, rng), label


def messages(texts: dict[str, Any], seed: int) -> list[tuple[str, str]]:
    """(message, label) of the demo's items: the hand-written ones and drawn ones, shuffled."""
    rng = random.Random(seed)
    kept = [(message, label) for message, label in texts["hand_written"]]
    bags = [_words(message) for message, _ in kept]
    for message, label in _drawn(texts, rng):
        if len(kept) == N_ITEMS:
            break
        bag = _words(message)
        if all(len(bag & other) <= MAX_JACCARD * len(bag | other) for other in bags):
            kept.append((message, label))
            bags.append(bag)
    rng.shuffle(kept)
    return kept


def main() -> None:
    texts = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    rows = [
        {"id": f"msg-{number:03d}", "input": message, "target": label}
        for number, (message, label) in enumerate(messages(texts, SEED), start=1)
    ]
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print(f"{len(rows)} items in {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
