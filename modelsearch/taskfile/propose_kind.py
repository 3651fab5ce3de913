"""What kind of task the targets look like, and what it is scored by."""

import json
import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from modelsearch.core.ids import Json
from modelsearch.taskfile.propose_columns import MAX_CLASSES

_MAX_LABEL_CHARS = 80
_SHORT_WORDS = 6
_CODE = re.compile(r"(?m)^\s*(def |class |import |from \w+ import|function |return |SELECT |#include|public )")
_NUMBER = re.compile(r"[-+]?[\d.,' ]*\d\s*%?")
_EXACTLY: dict[str, Json] = {"name": "exact", "strip_punctuation": False}
_LIMITS = (16, 64, 128, 256, 512, 1024, 2048, 4096, 8192)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of task as the targets suggest it.

    Attributes:
        kind: of the catalogue's task_kinds.
        scorer: name of a scorer, or a mapping with its name and parameters.
        because: why, for people.
        labels: classes, the commonest first.
        advice: what a person should think about, or "".
    """

    kind: str
    scorer: str | dict[str, Json]
    because: str
    labels: tuple[str, ...] = ()
    advice: str = ""


def parsed(target: Json) -> Json:
    """A target that is JSON inside a text as that JSON; any other as it is."""
    if isinstance(target, str) and target[:1] in "[{" and target[-1:] in "]}":
        try:
            value = json.loads(target)
        except (ValueError, RecursionError):
            return target
        return value if isinstance(value, dict | list) and value else target
    return target


def guess_kind(targets: Sequence[Json], inputs: Sequence[str]) -> Kind:
    """The kind of task.

    Args:
        targets: of all items, JSON parsed; at least one.
        inputs: their texts.
    """
    if all(isinstance(target, dict) for target in targets):
        return Kind(kind="extraction", scorer="json_fields", because="every target is a JSON object")
    if all(isinstance(target, dict | list) for target in targets):
        return Kind(kind="extraction", scorer="json_f1", because="every target is a JSON list or object")
    texts = [text_of(target) for target in targets]
    labels = class_labels(texts)
    if labels:
        because = f"the targets are {len(labels)} short texts that come again and again"
        scorer = "choice" if _is_told_apart(labels) else _EXACTLY
        return Kind(kind="classification", scorer=scorer, because=because, labels=labels)
    if all(_NUMBER.fullmatch(text) for text in texts):
        return Kind(kind="reasoning", scorer="numeric", because="every target is a number")
    return _of_texts(texts, inputs)


def _of_texts(texts: Sequence[str], inputs: Sequence[str]) -> Kind:
    if sum(bool(_CODE.search(text)) for text in texts) > len(texts) / 2:
        return Kind(
            kind="coding",
            scorer="exact",
            because="most targets look like program text",
            advice="equal text is a hard judge of programs: `scorer: code` runs them against tests (docs/scorers.md)",
        )
    n_words = sum(len(text.split()) for text in texts) / len(texts)
    if n_words <= _SHORT_WORDS:
        return Kind(kind="extraction", scorer="exact", because="the targets are short texts of many kinds")
    advice = "words in common are a rough judge of longer texts: consider `scorer: judge` (docs/scorers.md)"
    shorter = sum(len(text) < len(given) / 2 for text, given in zip(texts, inputs, strict=True)) > len(texts) / 2
    if shorter:
        because = "the targets are texts, most of them less than half as long as the input"
        return Kind(kind="summarisation", scorer="token_f1", because=because, advice=advice)
    because = "the targets are texts about as long as the input, or longer"
    return Kind(kind="creative_writing", scorer="token_f1", because=because, advice=advice)


def class_labels(texts: Sequence[str]) -> tuple[str, ...]:
    """Classes, the commonest first, each in its commonest spelling; none where the texts are no classes."""
    by_fold = spellings(texts)
    is_few = 2 <= len(by_fold) <= min(MAX_CLASSES, max(2, len(texts) // 3))
    is_short = all(len(text) <= _MAX_LABEL_CHARS and "\n" not in text for text in by_fold.values())
    counts = Counter(folded(text) for text in texts)
    # three items of two classes are no classification yet; a class that is there once is mostly a free text
    is_repeated = sum(count > 1 for count in counts.values()) >= len(counts) / 2
    if not (is_few and is_short and is_repeated):
        return ()
    return tuple(by_fold[fold] for fold, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def spellings(texts: Sequence[str]) -> dict[str, str]:
    """The commonest spelling of each text whose case and blanks do not count, by its folded form."""
    found: dict[str, Counter[str]] = {}
    for text in texts:
        found.setdefault(folded(text), Counter())[" ".join(text.split())] += 1
    return {fold: min(counts, key=lambda text: (-counts[text], text)) for fold, counts in found.items()}


def folded(text: str) -> str:
    """A label whose case, blanks, hyphens and underscores do not count."""
    return " ".join(re.sub(r"[\s_\-]+", " ", text).split()).casefold() or text


def _is_told_apart(labels: Sequence[str]) -> bool:
    """Whether `choice` can: it does not look at punctuation at the ends, as in C and C++."""
    bare = {folded(label).strip(string.punctuation + string.whitespace) for label in labels}
    return "" not in bare and len(bare) == len(labels)


def text_of(target: Json) -> str:
    """A target as the text that a model would answer."""
    return target if isinstance(target, str) else json.dumps(target, ensure_ascii=False)


def output_limit(targets: Sequence[Json]) -> int:
    """Room for an answer in tokens: twice the longest target and a little, rounded up to a usual limit."""
    longest = max(len(text_of(target)) for target in targets)
    wanted = 32 + 2 * longest // 3
    return next((limit for limit in _LIMITS if limit >= wanted), _LIMITS[-1])
