"""Scorer `token_f1`: how many words of reply and target are the same."""

import re
import string
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from modelsearch.core.registry import register
from modelsearch.core.task import Item

MAX_REPLY_CHARS = 100_000
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@register("scorer", "token_f1", source="Rajpurkar et al. 2016, SQuAD, section 6.1 (F1), doi:10.18653/v1/D16-1264")
@dataclass(frozen=True, slots=True, kw_only=True)
class TokenF1:
    """Harmonic mean of precision and recall over words, in [0, 1]; with a list of targets, the best of them.

    Both sides are lower case, without punctuation, the articles left out unless `keep_articles`. Free text has no
    canonical form that a vote could count.
    """

    keep_articles: bool = False
    has_canonical_form: ClassVar[bool] = False

    def canonical(self, reply: str, item: Item) -> str | None:  # noqa: ARG002 - the port's signature
        return self._normalised(reply[:MAX_REPLY_CHARS]) or None

    def score(self, answer: str, item: Item) -> float:
        return max((_f1(answer.split(), self._normalised(text).split()) for text in _targets(item)), default=0.0)

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        targets = _targets(item)
        if targets and all(self._normalised(text) for text in targets):
            return ""
        return f"expected a text with words, or a list of them, as target, got {item.target!r}"

    def _normalised(self, text: str) -> str:
        bare = text.lower().translate(_PUNCTUATION)
        return " ".join((bare if self.keep_articles else _ARTICLE.sub(" ", bare)).split())


def _targets(item: Item) -> tuple[str, ...]:
    parts = item.target if isinstance(item.target, list | tuple) else (item.target,)
    return tuple(str(part) for part in parts)


def _f1(found: list[str], wanted: list[str]) -> float:
    """2PR / (P + R) with P = shared / found and R = shared / wanted; 0 where nothing is shared."""
    shared = sum((Counter(found) & Counter(wanted)).values())
    return 2.0 * shared / (len(found) + len(wanted)) if shared else 0.0
