"""How hard a task looks from its items alone, in [0, 1], and the sizes of model that its band calls for.

Five features, each in [0, 1] and none growing with the number of items; the client's sketch (strategy 8) is repaired
where a raw count would always end at 1. Weights, words and bands are data of the catalogue (`ComplexityRule`).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from math import log, log2

import numpy as np

from modelsearch.core.ids import Json, canonical_json
from modelsearch.core.market import ComplexityBand, ComplexityRule
from modelsearch.core.task import TaskSpec

LONG_INPUT_WORDS = 1000.0
WINDOW_WORDS = 100
SPECIFIC_SHARE = 0.4
"""Share of long or symbol-laden words at which a text counts as fully special."""
_WORD = re.compile(r"\S+")


def task_complexity(task: TaskSpec, rule: ComplexityRule) -> float:
    """Weighted mean of the features that the rule names, in [0, 1]; unknown names are left out; 0 without any."""
    features = complexity_features(task, rule.reasoning_words)
    known = {name: weight for name, weight in rule.weights.items() if name in features}
    total = sum(known.values())
    return sum(weight * features[name] for name, weight in known.items()) / total if total > 0 else 0.0


def complexity_features(task: TaskSpec, reasoning_words: Sequence[str]) -> Mapping[str, float]:
    """The five features by name, each in [0, 1].

    avg_input_length: log(1 + mean words) / log(1 + 1000). vocab_diversity: mean share of distinct words in windows of
    100 words. label_entropy: entropy of the targets over log2 of the number of items (0 for one class, 1 where every
    item has its own answer). reasoning_keywords: share of items with such a word, 1 where the prompt has one.
    domain_specificity: share of words that are long or hold digits or symbols, over 0.4.
    """
    texts = [_text(item.input) for item in task.items]
    words = [_WORD.findall(text.lower()) for text in texts]
    targets = [_text(item.target) for item in task.items]
    prompt = " ".join(p.system + " " + p.user for p in task.prompts).lower()
    return {
        "avg_input_length": _capped(log(1 + _mean([len(w) for w in words])) / log(1 + LONG_INPUT_WORDS)),
        "vocab_diversity": _diversity([word for item_words in words for word in item_words]),
        "label_entropy": _entropy(targets),
        "reasoning_keywords": _reasoning(texts, prompt, reasoning_words),
        "domain_specificity": _capped(_mean([_specific_share(w) for w in words]) / SPECIFIC_SHARE),
    }


def band_of(complexity: float, rule: ComplexityRule) -> ComplexityBand | None:
    """The first band above the complexity; the last one where it is above all; None without bands."""
    bands = sorted(rule.bands, key=lambda band: band.below)
    return next((band for band in bands if complexity < band.below), bands[-1] if bands else None)


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


def _reasoning(texts: Sequence[str], prompt: str, words: Sequence[str]) -> float:
    if not words:
        return 0.0
    pattern = re.compile(r"\b(?:" + "|".join(re.escape(word.lower()) for word in words) + r")\b")
    if pattern.search(prompt):
        return 1.0
    return _mean([float(pattern.search(text.lower()) is not None) for text in texts])


def _specific_share(words: Sequence[str]) -> float:
    plain = [word.strip(".,;:!?\"'()") for word in words]
    return _mean([float(len(word) >= 10 or (word != "" and not word.replace("-", "").isalpha())) for word in plain])
