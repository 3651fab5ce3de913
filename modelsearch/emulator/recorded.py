"""A recorded table as a behaviour: every cell is answered as it was recorded, at its recorded cost and latency."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from modelsearch.core.errors import RecordedTableError
from modelsearch.core.money import usd
from modelsearch.core.outcome import TokenLogprob
from modelsearch.core.recorded import RecordedTable
from modelsearch.emulator.replies import Asked, EmulatedReply, prompt_key, surely_told

_MTOK = 1e6


@dataclass(frozen=True, kw_only=True)
class RecordedBehaviour:
    """Replays a table; the wire name of a request is the table's model name, whatever the provider.

    `usage.cost` is the recorded cost. Where the price of output is known, what cost and visible tokens leave
    unexplained is reported as reasoning tokens. A cell without a record answers nothing, at the cost of the table.

    Attributes:
        column_by_prompt: prompt text (all message contents in order) to column of the table.
        reply_text: (row, column) to a text that the scorer grades to the recorded score.
    """

    table: RecordedTable
    column_by_prompt: Mapping[str, int]
    reply_text: Callable[[int, int], str]
    _column: dict[str, int] = field(init=False, repr=False)
    _row: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the prompts.

        Raises:
            RecordedTableError: two prompts that differ in white space alone stand for different items, or a column
                is outside the table.
        """
        column: dict[str, int] = {}
        for text, number in self.column_by_prompt.items():
            if not 0 <= number < len(self.table.item_ids):
                raise RecordedTableError(
                    f"table {self.table.name!r}: column: expected 0 to {len(self.table.item_ids) - 1}, got {number}"
                )
            if column.setdefault(prompt_key(text), number) != number:
                raise RecordedTableError(
                    f"table {self.table.name!r}: items {self.table.item_ids[number]!r} and another have the same "
                    "prompt: put the item's id into it"
                )
        object.__setattr__(self, "_column", column)
        object.__setattr__(self, "_row", dict(self.table.row))

    def reply(self, asked: Asked) -> EmulatedReply | None:
        """The recorded cell."""
        row = self._row.get(asked.wire_name)
        column = self._column.get(prompt_key(asked.prompt_text))
        if row is None or column is None:
            return None
        table = self.table
        latency_s = float(table.latency_s[row, column])
        text = self.reply_text(row, column) if table.is_recorded[row, column] else ""
        return EmulatedReply(
            text=text,
            logprobs=self._logprobs(row, column, text),
            input_tokens=max(0, int(table.input_tokens[row, column])),
            output_tokens=max(0, int(table.output_tokens[row, column])),
            reasoning_tokens=self._hidden_tokens(row, column),
            cost_usd=usd(float(table.cost_usd[row, column])),
            latency_s=None if latency_s != latency_s else latency_s,  # noqa: PLR0124 - NaN = unknown
            model=asked.wire_name,
            item=table.item_ids[column],
        )

    def _logprobs(self, row: int, column: int, text: str) -> tuple[TokenLogprob, ...]:
        """As sure as it was recorded; nothing where that is not known."""
        confidence = self.table.confidence
        if confidence is None or not text or math.isnan(confidence[row, column]):
            return ()
        return surely_told(text, text, float(confidence[row, column]))

    def _hidden_tokens(self, row: int, column: int) -> int:
        """Output tokens that the recorded cost tells of beyond the visible ones; 0 where nothing can be told."""
        model = self.table.models[row]
        n_input, n_output = int(self.table.input_tokens[row, column]), int(self.table.output_tokens[row, column])
        if not model.output_usd_per_mtok or model.input_usd_per_mtok is None or n_input < 0 or n_output < 0:
            return 0
        visible_usd = (n_input * model.input_usd_per_mtok + n_output * model.output_usd_per_mtok) / _MTOK
        hidden = (float(self.table.cost_usd[row, column]) - visible_usd) * _MTOK / model.output_usd_per_mtok
        return max(0, round(hidden))
