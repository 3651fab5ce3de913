"""Scorer `exact`: the reply is the target, word for word."""

import json
import string
from dataclasses import dataclass
from typing import ClassVar

from modelsearch.core.ids import Json
from modelsearch.core.registry import register
from modelsearch.core.task import Item

MAX_REPLY_CHARS = 100_000


@register("scorer", "exact", source="Rajpurkar et al. 2016, SQuAD, section 6.1 (exact match), doi:10.18653/v1/D16-1264")
@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """1 where the reply equals the target after the same normalisation of both, else 0.

    White space is always trimmed and collapsed. An empty reply is no answer.

    Attributes:
        casefold: upper and lower case are the same.
        strip_punctuation: ASCII punctuation at both ends does not count (quotes, full stop, backticks).
    """

    casefold: bool = False
    strip_punctuation: bool = False
    has_canonical_form: ClassVar[bool] = True

    def canonical(self, reply: str, item: Item) -> str | None:  # noqa: ARG002 - the port's signature
        return self._normalised(reply[:MAX_REPLY_CHARS]) or None

    def score(self, answer: str, item: Item) -> float:
        return float(answer == self._normalised(_text(item.target)))

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        return "" if self._normalised(_text(item.target)) else "target is empty after normalisation"

    def _normalised(self, text: str) -> str:
        text = " ".join(text.split())
        if self.strip_punctuation:
            text = text.strip(string.punctuation + string.whitespace)
        return text.casefold() if self.casefold else text


def _text(target: Json) -> str:
    return target if isinstance(target, str) else json.dumps(target, ensure_ascii=False)
