"""Outcomes by cell in about 120 bytes each: a search of many calls keeps all of them until it ends.

The newest stay as they are, for they are read again at the end of their round; older ones are packed, and unpacked
when asked for: equal to what was put in, not the same object.
"""

from decimal import Decimal
from typing import Final

import msgspec

from modelsearch.core.ids import CallId, CandidateId, ItemId
from modelsearch.core.outcome import Outcome, Status

Cell = tuple[CandidateId, ItemId, int]
"""Candidate, item, repeat."""
MAX_FRESH = 4096
"""Outcomes kept as objects, of about 900 bytes each."""
_SHARED_CHARS = 32
_MAX_SHARED = 65_536
_Text = int | str | None
"""The number of a text that is shared by many outcomes, or the text."""
_Packed = tuple[
    int, _Text, float | None, float | None, Decimal, Decimal, float, tuple[str, ...], _Text
]  # status, answer, score, confidence, cost, spend, latency, calls, served by
_STATUSES: Final = tuple(Status)
_NUMBERS: Final = {status: number for number, status in enumerate(_STATUSES)}
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(_Packed).decode


class OutcomeLog:
    """A mapping from cells to outcomes that only grows."""

    def __init__(self) -> None:
        self._fresh: dict[Cell, Outcome] = {}
        self._rows: dict[tuple[CandidateId, int], list[bytes | None]] = {}
        self._columns: dict[ItemId, int] = {}
        self._texts: list[str] = []
        self._text_numbers: dict[str, int] = {}

    def __contains__(self, cell: Cell) -> bool:
        return cell in self._fresh or self._packed(cell) is not None

    def __setitem__(self, cell: Cell, outcome: Outcome) -> None:
        self._fresh[cell] = outcome
        if len(self._fresh) > MAX_FRESH:
            self._pack()

    def get(self, cell: Cell) -> Outcome | None:
        """The outcome of a cell, if it is there."""
        fresh = self._fresh.get(cell)
        if fresh is not None:
            return fresh
        packed = self._packed(cell)
        return None if packed is None else self._unpacked(cell, packed)

    def _packed(self, cell: Cell) -> bytes | None:
        row, column = self._rows.get((cell[0], cell[2])), self._columns.get(cell[1], -1)
        return row[column] if row is not None and 0 <= column < len(row) else None

    def _pack(self) -> None:
        for (candidate_id, item_id, repeat), outcome in self._fresh.items():
            column = self._columns.setdefault(item_id, len(self._columns))
            row = self._rows.setdefault((candidate_id, repeat), [])
            row.extend([None] * (column + 1 - len(row)))
            packed = (
                _NUMBERS[outcome.status], self._shared(outcome.answer), outcome.score, outcome.confidence,
                outcome.cost_usd, outcome.spend_usd, outcome.latency_s, outcome.call_ids,
                self._shared(outcome.served_by),
            )  # fmt: skip
            row[column] = _ENCODE(packed)
        self._fresh.clear()

    def _unpacked(self, cell: Cell, packed: bytes) -> Outcome:
        status, answer, score, confidence, cost_usd, spend_usd, latency_s, call_ids, served_by = _DECODE(packed)
        return Outcome(
            candidate_id=cell[0], item_id=cell[1], repeat=cell[2], status=_STATUSES[status],
            answer=self._text(answer), score=score, confidence=confidence, cost_usd=cost_usd, spend_usd=spend_usd,
            latency_s=latency_s, call_ids=tuple(map(CallId, call_ids)), served_by=self._text(served_by) or "",
        )  # fmt: skip

    def _shared(self, text: str | None) -> _Text:
        """A short text by its number, as long as there are not too many of them."""
        if text is None or len(text) > _SHARED_CHARS:
            return text
        number = self._text_numbers.get(text)
        if number is None:
            if len(self._texts) >= _MAX_SHARED:
                return text
            number = self._text_numbers[text] = len(self._texts)
            self._texts.append(text)
        return number

    def _text(self, packed: _Text) -> str | None:
        return self._texts[packed] if isinstance(packed, int) else packed
