"""Scorer `embedding`: how near the answer's meaning is to the target's, by an embedding model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from modelsearch.core.errors import PlanError
from modelsearch.core.registry import register
from modelsearch.core.task import Item

MAX_REPLY_CHARS = 100_000


@register("scorer", "embedding", source="Reimers & Gurevych 2019, Sentence-BERT, section 4, doi:10.18653/v1/D19-1410")
@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """Cosine of the answer's and the target's vectors, rescaled from [floor, 1] to [0, 1]; of several targets the best.

    Attributes:
        model: `provider/name`: a provider of the catalogue, or of `base_url`, and the model's name there.
        usd_per_mtok: what its input costs, as text or number; 0 for one of your own.
        base_url: of any server that speaks `POST /embeddings` as OpenAI does; "" = the catalogue's provider.
        key_env: variable with the key of `base_url`'s server; "" = it asks for none.
        floor: cosine that counts as nothing in common: unlike texts seldom fall to 0.
        max_input_tokens: what the model can read; texts are cut to fewer bytes than would pass it.
    """

    model: str
    usd_per_mtok: str | float
    base_url: str = ""
    key_env: str = ""
    floor: float = 0.0
    max_input_tokens: int = 8000
    has_canonical_form: ClassVar[bool] = False
    asks_models: ClassVar[bool] = True

    def __post_init__(self) -> None:
        parts = self.model.split("/", 1) if isinstance(self.model, str) else ()
        if len(parts) != 2 or not all(part.strip() for part in parts):
            raise PlanError(
                f"model: expected `provider/name`, such as openai/text-embedding-3-small, got {self.model!r}"
            )
        if not 0 <= self.price_usd < 10_000:
            raise PlanError(f"usd_per_mtok: expected USD per million tokens, got {self.usd_per_mtok!r}")
        if not -1.0 <= self.floor < 1.0:
            raise PlanError(f"floor: expected a cosine in [-1, 1), got {self.floor!r}")
        if not isinstance(self.max_input_tokens, int) or self.max_input_tokens < 1:
            raise PlanError(f"max_input_tokens: expected a whole number of at least 1, got {self.max_input_tokens!r}")

    @property
    def price_usd(self) -> Decimal:
        """USD per million tokens; -1 where it is no number."""
        try:
            price = Decimal(str(self.usd_per_mtok))
        except InvalidOperation:
            return Decimal(-1)
        return price if price.is_finite() else Decimal(-1)

    def canonical(self, reply: str, item: Item) -> str | None:  # noqa: ARG002 - the port's signature
        return " ".join(reply[:MAX_REPLY_CHARS].split()) or None

    def score(self, answer: str, item: Item) -> float:
        """There is none without a call: `evaluate.embedded` asks for the vectors.

        Raises:
            PlanError: always.
        """
        raise PlanError(f"embedding: an answer to item {item.id!r} ({len(answer)} characters) needs its vector first")

    def similarity(self, answer: Sequence[float], target: Sequence[float]) -> float | None:
        """Score in [0, 1] of two vectors; None where they cannot be compared."""
        size = math.sqrt(math.fsum(x * x for x in answer)) * math.sqrt(math.fsum(x * x for x in target))
        if len(answer) != len(target) or not math.isfinite(size) or size <= 0:
            return None
        cosine = math.fsum(x * y for x, y in zip(answer, target, strict=True)) / size
        return min(1.0, max(0.0, (cosine - self.floor) / (1.0 - self.floor)))

    def targets(self, item: Item) -> tuple[str, ...]:
        """The texts that an answer may be near to."""
        parts = item.target if isinstance(item.target, list | tuple) else (item.target,)
        return tuple(" ".join(str(part).split()) for part in parts)

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        targets = self.targets(item)
        return "" if targets and all(targets) else f"expected a text or a list of texts as target, got {item.target!r}"
