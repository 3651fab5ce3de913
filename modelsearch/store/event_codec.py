"""Events as bytes and back: a tag, then the event's fields by name in MessagePack.

Fields go by name, so that a journal of an older version, which lacks a field with a default, still reads. Amounts are
text (exact), bodies raw bytes. The encoders are built once: encoding is in the path of every call.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np

from modelsearch.core.candidate import Candidate, Cascade, Ensemble, Single
from modelsearch.core.events import (
    BatchAccepted,
    BatchClosed,
    BatchPrepared,
    BatchSent,
    CallReleased,
    CallReplied,
    CallReserved,
    CallSettled,
    CallUnknown,
    CandidateSplit,
    Event,
    OutcomeScored,
    PhaseClosed,
    PhaseStarted,
    RoundClosed,
    Warned,
)
from modelsearch.core.search import Drop, Move, Probe


class _MoveRecord(msgspec.Struct, frozen=True):
    """A move on disk: each addition carries its own tag, which the core type has no use for."""

    phase: str
    round: int
    drops: tuple[Drop, ...] = ()
    additions: tuple[tuple[str, msgspec.Raw], ...] = ()
    probes: tuple[Probe, ...] = ()
    is_cut: bool = False


def _plain_number(value: Any) -> Any:
    """A numpy scalar as Python's own number; strategies compute in numpy."""
    if isinstance(value, np.generic):
        return value.item()
    message = f"journal: cannot write a {type(value).__name__}: {value!r}"
    raise TypeError(message)


# Appended only, never reordered: the index is the tag on disk.
_TYPES: Final[tuple[type, ...]] = (
    PhaseStarted,
    Move,
    RoundClosed,
    PhaseClosed,
    CallReserved,
    CallReplied,
    CallSettled,
    CallReleased,
    CallUnknown,
    OutcomeScored,
    Warned,
    CandidateSplit,
    BatchPrepared,
    BatchSent,
    BatchAccepted,
    BatchClosed,
)
_TAGS: Final = {kind: bytes([tag]) for tag, kind in enumerate(_TYPES)}
_MOVE_TAG: Final = _TYPES.index(Move)
_ENCODE: Final[Callable[[object], bytes]] = msgspec.msgpack.Encoder(enc_hook=_plain_number).encode
_DECODE: Final[tuple[Callable[[bytes | memoryview], Any], ...]] = tuple(
    msgspec.msgpack.Decoder(_MoveRecord if kind is Move else kind, strict=True).decode for kind in _TYPES
)
_CANDIDATES: Final[dict[str, type[Candidate]]] = {"single": Single, "ensemble": Ensemble, "cascade": Cascade}
_CANDIDATE_TAGS: Final = {kind: tag for tag, kind in _CANDIDATES.items()}
_DECODE_CANDIDATE: Final[dict[str, Callable[[msgspec.Raw], Candidate]]] = {
    tag: msgspec.msgpack.Decoder(kind).decode for tag, kind in _CANDIDATES.items()
}


def tag_of(kind: type[Event]) -> int:
    """The first byte of every event of a kind."""
    return _TAGS[kind][0]


def event_bytes(event: Event) -> bytes:
    """The event with its tag in front.

    Text that is no valid Unicode (half a surrogate pair in a model's answer) is written with escapes: the rest of
    what was paid must not be lost for it.
    """
    value = _move_record(event) if isinstance(event, Move) else event
    try:
        return _TAGS[type(event)] + _ENCODE(value)
    except UnicodeEncodeError:
        return _TAGS[type(event)] + _ENCODE(_with_valid_text(msgspec.to_builtins(value, builtin_types=(bytes,))))


def event_of(payload: bytes | memoryview) -> Event:
    """The event of `event_bytes`.

    Raises:
        ValueError: no such tag, or fields that are missing or of another type (msgspec's errors are ValueErrors).
    """
    tag = payload[0] if len(payload) else 255
    if tag >= len(_TYPES):
        message = f"unknown event tag {tag}: written by a newer version?"
        raise ValueError(message)
    value = _DECODE[tag](payload[1:])
    return _move_of(value) if tag == _MOVE_TAG else value


def _move_record(move: Move) -> _MoveRecord:
    additions = tuple((_CANDIDATE_TAGS[type(added)], msgspec.Raw(_ENCODE(added))) for added in move.additions)
    return _MoveRecord(move.phase, move.round, move.drops, additions, move.probes, move.is_cut)


def _move_of(record: _MoveRecord) -> Move:
    additions = tuple(_candidate_of(tag, raw) for tag, raw in record.additions)
    return Move(
        phase=record.phase, round=record.round, drops=record.drops, additions=additions, probes=record.probes,
        is_cut=record.is_cut,
    )  # fmt: skip


def _candidate_of(tag: str, raw: msgspec.Raw) -> Candidate:
    if tag not in _DECODE_CANDIDATE:
        message = f"unknown candidate tag {tag!r}: written by a newer version?"
        raise ValueError(message)
    return _DECODE_CANDIDATE[tag](raw)


def _with_valid_text(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {_with_valid_text(key): _with_valid_text(field) for key, field in value.items()}
    if isinstance(value, list | tuple):
        return [_with_valid_text(field) for field in value]
    return value
