"""Outcomes of a log by model and item: repeats together, costs from the log or from prices."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import fmean
from typing import NamedTuple

from modelsearch.core.errors import LogFileError
from modelsearch.core.outcome import Status
from modelsearch.interop.fields import shown
from modelsearch.interop.logged import Evaluation, LoggedOutcome

FAILED = frozenset({Status.ERROR, Status.TIMEOUT, Status.NOT_RUN})
_PER_MTOK = 1_000_000
CHARS_PER_TOKEN = 4
MESSAGE_TOKENS = 4
"""What a message costs on top of its text, about."""


class Price(NamedTuple):
    """USD per million tokens, and who says so."""

    input_usd: Decimal
    output_usd: Decimal
    source: str

    def cost_usd(self, input_tokens: int, output_tokens: int) -> Decimal:
        """Of a call."""
        return (self.input_usd * input_tokens + self.output_usd * output_tokens) / _PER_MTOK


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What a model did with an item, all repeats of it.

    Attributes:
        outcomes: one a repeat, failed ones too.
        cost_usd: mean of what is known; None = nothing is.
    """

    outcomes: tuple[LoggedOutcome, ...]
    cost_usd: Decimal | None

    @property
    def score(self) -> float | None:
        """Mean of the repeats that have one; None = none has."""
        scores = [outcome.score for outcome in self.outcomes if outcome.score is not None]
        return fmean(scores) if scores else None

    @property
    def answer(self) -> str | None:
        """The reply, where all repeats that came to something gave the same."""
        answers = {outcome.answer for outcome in self.outcomes if outcome.answer is not None}
        return answers.pop() if len(answers) == 1 else None

    @property
    def is_failed(self) -> bool:
        """No repeat came to anything."""
        return all(outcome.status in FAILED for outcome in self.outcomes)

    @property
    def latency_s(self) -> float | None:
        """Mean of what is known."""
        known = [outcome.latency_s for outcome in self.outcomes if outcome.latency_s is not None]
        return fmean(known) if known else None

    def tokens(self, kind: str) -> int | None:
        """Mean of what is known: `input` or `output`."""
        known = [n for outcome in self.outcomes if (n := getattr(outcome, f"{kind}_tokens")) is not None]
        return round(fmean(known)) if known else None


Cells = Mapping[tuple[str, str], Cell]


def cells_of(outcomes: Sequence[LoggedOutcome], prices: Mapping[str, Price]) -> Cells:
    """By (model, item).

    Args:
        outcomes: of all models.
        prices: of models; used where the log has tokens and no cost.

    Raises:
        LogFileError: a repeat twice.
    """
    grouped: dict[tuple[str, str], dict[int, LoggedOutcome]] = defaultdict(dict)
    for outcome in outcomes:
        repeats = grouped[outcome.model, outcome.item_id]
        if outcome.repeat in repeats:
            raise LogFileError(
                f"model {shown(outcome.model)}, item {shown(outcome.item_id)}: there twice (repeat {outcome.repeat}): "
                "import one run of each model, or name the column of repeats"
            )
        repeats[outcome.repeat] = outcome
    return {
        key: Cell(outcomes=tuple(repeats.values()), cost_usd=_cost_usd(tuple(repeats.values()), prices.get(key[0])))
        for key, repeats in grouped.items()
    }


def _cost_usd(outcomes: Sequence[LoggedOutcome], price: Price | None) -> Decimal | None:
    costs = [cost for outcome in outcomes if (cost := cost_of(outcome, price)) is not None]
    return sum(costs, Decimal(0)) / len(costs) if costs else None


def cost_of(outcome: LoggedOutcome, price: Price | None) -> Decimal | None:
    """The log's own cost, else its tokens at a price; None = unknown, which is not 0."""
    if outcome.cost_usd is not None:
        return outcome.cost_usd
    if price is None or outcome.input_tokens is None or outcome.output_tokens is None:
        return None
    return price.cost_usd(outcome.input_tokens, outcome.output_tokens)


def with_estimated_tokens(evaluation: Evaluation, prices: Mapping[str, Price]) -> tuple[list[LoggedOutcome], int]:
    """The outcomes, those of priced models without token counts given some by the length of their texts; and how many.

    Args:
        evaluation: whose items tell what was sent.
        prices: of models; others need no tokens.
    """
    sent = {
        item.id: sum(len(turn.text) // CHARS_PER_TOKEN + MESSAGE_TOKENS for turn in item.turns)
        for item in evaluation.items
    }
    found, n_estimated = [], 0
    for outcome in evaluation.outcomes:
        is_short = outcome.input_tokens is None or outcome.output_tokens is None
        if is_short and outcome.cost_usd is None and outcome.answer is not None and outcome.model in prices:
            said = len(outcome.answer) // CHARS_PER_TOKEN + 1
            found.append(replace(outcome, input_tokens=sent[outcome.item_id], output_tokens=said))
            n_estimated += 1
        else:
            found.append(outcome)
    return found, n_estimated
