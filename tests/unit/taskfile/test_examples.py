import json
from collections import Counter
from itertools import combinations
from typing import Any

import pytest
import yaml

from bench.make_examples import MAX_JACCARD, SEED, SOURCE, TARGET, _words, messages

ROWS = [json.loads(line) for line in TARGET.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def texts() -> Any:
    return yaml.safe_load(SOURCE.read_text(encoding="utf-8"))


def test_the_demo_items_are_what_the_generator_writes(texts: Any) -> None:
    assert [(row["input"], row["target"]) for row in ROWS] == messages(texts, SEED)


def test_no_two_messages_share_more_than_half_their_words() -> None:
    bags = [_words(row["input"]) for row in ROWS]
    assert max(len(a & b) / len(a | b) for a, b in combinations(bags, 2)) <= MAX_JACCARD


def test_no_sentence_of_the_source_belongs_to_two_labels(texts: Any) -> None:
    counts = Counter(problem for part in texts["labels"].values() for problem in part["problems"])
    assert counts.most_common(1)[0][1] == 1
    assert not any("{" in row["input"] for row in ROWS)
