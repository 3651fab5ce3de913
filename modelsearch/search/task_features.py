"""What the items of a task say of its difficulty without any model: features in [0, 1] by name.

None grows with the number of items. The first five are the client's (strategy 8), repaired where a raw count would
always end at 1; the others look at the answers: how many there are, whether they can be copied, how long they are,
and whether they have to be computed from several numbers.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, log2

import numpy as np

from modelsearch.core.ids import Json, canonical_json
from modelsearch.core.task import TaskSpec

LONG_INPUT_WORDS = 1000.0
LONG_ANSWER_WORDS = 32.0
MANY_NUMBERS = 8.0
WINDOW_WORDS = 100
SPECIFIC_SHARE = 0.4
"""Share of long or symbol-laden words at which a text counts as fully special."""
_WORD = re.compile(r"\S+")
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?!\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """(n_items,) inputs and targets as text."""

    inputs: Sequence[str]
    targets: Sequence[str]


def complexity_features(task: TaskSpec, reasoning_words: Sequence[str]) -> Mapping[str, float]:
    """The features by name, each in [0, 1].

    avg_input_length: log(1 + mean words) / log(1 + 1000). vocab_diversity: mean share of distinct words in windows of
    100 words. label_entropy: entropy of the targets over log2 of the number of items (0 for one class, 1 where every
    item has its own answer). reasoning_keywords: share of items with such a word, 1 where the prompt has one.
    domain_specificity: share of words that are long or hold digits or symbols, over 0.4.

    answer_variety: chance that two items have different targets (Simpson's index, without bias: half for two equal
    classes, 1 where no two agree). answer_absence: share of items whose target does not stand in the input, letter for
    letter, so that it cannot be copied. answer_length: log2 of the mean words of a target over log2(32).
    computed_number: share of items whose target is a number that the input does not show. operands: log(1 + mean
    numbers in the input) / log(1 + 8). Without items all are 0. O(n_words).
    """
    texts = _Texts(
        inputs=[_text(item.input) for item in task.items],
        targets=[_text(item.target).strip() for item in task.items],
    )
    prompt = " ".join(p.system + " " + p.user for p in task.prompts).lower()
    return {**_client_features(texts, prompt, reasoning_words), **_answer_features(texts)}


def _client_features(texts: _Texts, prompt: str, reasoning_words: Sequence[str]) -> Mapping[str, float]:
    inputs = [text.lower() for text in texts.inputs]
    words = [_WORD.findall(text) for text in inputs]
    return {
        "avg_input_length": _capped(log(1 + _mean([len(w) for w in words])) / log(1 + LONG_INPUT_WORDS)),
        "vocab_diversity": _diversity([word for item_words in words for word in item_words]),
        "label_entropy": _entropy(texts.targets),
        "reasoning_keywords": _reasoning(inputs, prompt, reasoning_words),
        "domain_specificity": _capped(_mean([_specific_share(w) for w in words]) / SPECIFIC_SHARE),
    }


def _answer_features(texts: _Texts) -> Mapping[str, float]:
    pairs = list(zip(texts.inputs, texts.targets, strict=True))
    answer_words = _mean([len(_WORD.findall(target)) for target in texts.targets])
    n_numbers = _mean([len(_NUMBER.findall(text)) for text in texts.inputs])
    return {
        "answer_variety": _variety(texts.targets),
        "answer_absence": _mean([float(not _holds(text, target)) for text, target in pairs]),
        "answer_length": _capped(log2(max(1.0, answer_words)) / log2(LONG_ANSWER_WORDS)),
        "computed_number": _mean([float(_is_computed(text, target)) for text, target in pairs]),
        "operands": _capped(log(1 + n_numbers) / log(1 + MANY_NUMBERS)),
    }


def _text(value: Json) -> str:
    return value if isinstance(value, str) else canonical_json(value).decode()


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def _capped(value: float) -> float:
    return min(1.0, max(0.0, value))


def _diversity(words: Sequence[str]) -> float:
    """Mean distinct share over consecutive windows, so that a larger data set is no more diverse than a small one."""
    starts = range(0, max(1, len(words) - WINDOW_WORDS + 1), WINDOW_WORDS)
    windows: list[Sequence[str]] = [words[start : start + WINDOW_WORDS] for start in starts]
    return _mean([len(set(window)) / len(window) for window in windows if window])


def _entropy(targets: Sequence[str]) -> float:
    counts = np.array(list(Counter(targets).values()), dtype=np.float64)
    if len(counts) < 2:
        return 0.0
    share = counts / counts.sum()
    return _capped(float(-(share * np.log2(share)).sum()) / log2(len(targets)))


def _variety(targets: Sequence[str]) -> float:
    n_items = len(targets)
    n_equal_pairs = sum(count * (count - 1) for count in Counter(targets).values())
    return 1.0 - n_equal_pairs / (n_items * (n_items - 1)) if n_items > 1 else 0.0


def _holds(text: str, part: str) -> bool:
    """Whether a text has a part that no letter or digit goes on from."""
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) is not None


def _is_computed(text: str, target: str) -> bool:
    return _NUMBER.fullmatch(target) is not None and not _holds(text, target)


def _reasoning(texts: Sequence[str], prompt: str, words: Sequence[str]) -> float:
    if not words:
        return 0.0
    pattern = re.compile(r"\b(?:" + "|".join(re.escape(word.lower()) for word in words) + r")\b")
    if pattern.search(prompt):
        return 1.0
    return _mean([float(pattern.search(text) is not None) for text in texts])


def _specific_share(words: Sequence[str]) -> float:
    plain = [word.strip(".,;:!?\"'()") for word in words]
    return _mean([float(len(word) >= 10 or (word != "" and not word.replace("-", "").isalpha())) for word in plain])
