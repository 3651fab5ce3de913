"""States of the catalogue as JSON: the one in force, and one that waits for a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from modelsearch.core.errors import StoreError
from modelsearch.core.ids import EndpointId
from modelsearch.core.offering import CatalogState, Offering

VERSION = 1
_ENCODER = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, kw_only=True)
class Current:
    """What is in force; writing it whole is what commits a sync.

    Attributes:
        number: of the commit, from 1.
        prices, changes: file names of the tables that belong to it; "" = none yet.
        gone: what was once on sale and is no more.
        rejected: fingerprints of states that a person has turned down, oldest first.
    """

    number: int
    state: CatalogState
    prices: str = ""
    changes: str = ""
    gone: Mapping[EndpointId, Offering] = field(default_factory=dict)
    rejected: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Held:
    """A state that waits for a person, for it moves more than a sync may.

    Attributes:
        fingerprint: of what it says, whenever it was observed.
        reason: why it is held, in one sentence.
    """

    state: CatalogState
    fingerprint: str
    reason: str
    held_at: datetime


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was told to others already.

    Attributes:
        n_told: changes of the history, from its beginning.
        alerts: the day on which an alert was last raised, by its subject.
    """

    n_told: int = 0
    alerts: Mapping[str, date] = field(default_factory=dict)


def to_json(value: Current | Held | Told) -> bytes:
    """UTF-8 JSON with its version; amounts are text."""
    return _ENCODER.encode({"version": VERSION, "value": value})


def read_json(path: Path, kind: type[Any]) -> Any:
    """The value of a file; None where there is no such file.

    Raises:
        StoreError: it cannot be read as one of this version.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(_unreadable(path, error)) from error
    try:
        data = msgspec.json.decode(content)
        if data["version"] != VERSION:
            message = f"version {data['version']!r}, expected {VERSION}"
            raise ValueError(message)  # noqa: TRY301 - told below as whatever else is wrong with the file
        return msgspec.convert(data["value"], kind)
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
        raise StoreError(_unreadable(path, error)) from error


def _unreadable(path: Path, error: Exception) -> str:
    return (
        f"synced catalogue: {path} cannot be read ({error}): put it back from a backup, or move {path.parent} away: "
        "the next `modelsearch catalog sync` then begins anew"
    )
