"""How each call of a run ended, in a byte a call: a ledger remembers all of them, so that none is booked twice."""

from modelsearch.core.ids import CallId

_STATES = ("", "settled", "released", "held")
_NUMBERS = {state: number for number, state in enumerate(_STATES)}
_MAX_GAP = 65_536
"""Ids are numbered one after the other; one that is far beyond the others is kept by name."""


class CallStates:
    """States by call; ids that end in a number, as `call-000123`, take a byte each."""

    def __init__(self) -> None:
        self._numbered: dict[tuple[str, int], bytearray] = {}
        self._named: dict[CallId, int] = {}

    def get(self, call_id: CallId) -> str:
        """How the call ended; "" where nothing is known of it."""
        if self._named and call_id in self._named:
            return _STATES[self._named[call_id]]
        head, dash, tail = call_id.rpartition("-")
        row = self._numbered.get((head, len(tail))) if dash else None
        if row is None or not _is_number(tail):
            return ""
        number = int(tail)
        return _STATES[row[number]] if number < len(row) else ""

    def put(self, call_id: CallId, state: str) -> None:
        """Note how a call ended: settled, released or held."""
        head, dash, tail = call_id.rpartition("-")
        is_numbered = dash and _is_number(tail) and call_id not in self._named
        row = self._numbered.setdefault((head, len(tail)), bytearray()) if is_numbered else None
        if row is None or int(tail) > len(row) + _MAX_GAP:
            self._named[call_id] = _NUMBERS[state]
            return
        number = int(tail)
        if number >= len(row):
            row.extend(bytes(number + 1 - len(row)))
        row[number] = _NUMBERS[state]


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii()
