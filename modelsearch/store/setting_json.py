"""Everything fixed before the first call, as one JSON file of the run: what a resumed search goes on from.

Why a copy and not the files that it came from: list prices move with the clock and with every edit of the catalogue,
and shares of alpha with them; a run that goes on next week must be the search that was begun.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

import msgspec
import numpy as np

from modelsearch.core.budget import Budget
from modelsearch.core.candidate import Single
from modelsearch.core.errors import JournalError
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.market import Market
from modelsearch.core.search import Setting
from modelsearch.core.task import Item, ScorerSpec, TaskSpec

VERSION = 1
_DECODE = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A search as it was begun: its setting, and its plan as data."""

    setting: Setting
    plan: Mapping[str, Any]


def snapshot_to_json(snapshot: Snapshot) -> bytes:
    """UTF-8 JSON; amounts are text, and mappings keep their order, for prompts may show it."""
    names = [field.name for field in dataclasses.fields(Setting)]
    setting = {name: getattr(snapshot.setting, name) for name in names}
    setting["candidates"] = [_single(candidate) for candidate in snapshot.setting.candidates]
    content = {"version": VERSION, "plan": snapshot.plan, "setting": setting}
    return msgspec.json.encode(content, enc_hook=_plain)


def snapshot_from_json(content: bytes) -> Snapshot:
    """The snapshot of `snapshot_to_json`.

    Raises:
        JournalError: no JSON, or not that of a snapshot.
    """
    try:
        data = _DECODE(content)
        return Snapshot(setting=_setting(data["setting"]), plan=data["plan"])
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
        message = (
            f"setting.json: expected what a search of this version was begun with: {error}; "
            "start a new run (paid replies are used again)"
        )
        raise JournalError(message) from error


def sha256_of(content: bytes) -> str:
    """Sha256 of the file, as 64 hex digits: the journal's header names it."""
    return hashlib.sha256(content).hexdigest()


def _setting(data: dict[str, Any]) -> Setting:
    return Setting(
        task=_task(data["task"]),
        market=msgspec.convert(data["market"], Market),
        item_ids=msgspec.convert(data["item_ids"], tuple[ItemId, ...]),
        candidates=msgspec.convert(data["candidates"], tuple[Single, ...]),
        baseline_id=CandidateId(data["baseline_id"]),
        budget=msgspec.convert(data["budget"], Budget),
        list_cost_usd=msgspec.convert(data["list_cost_usd"], dict[CandidateId, float]),
        seed=int(data["seed"]),
        is_votable=bool(data.get("is_votable", True)),
        is_cost_known=bool(data.get("is_cost_known", False)),
        past_quality=msgspec.convert(data.get("past_quality", {}), dict[CandidateId, float]),
    )


def _task(data: dict[str, Any]) -> TaskSpec:
    """Inputs, targets and a scorer's parameters are JSON and stay as they are; all else has its type."""
    kinds = get_type_hints(TaskSpec)
    untyped: dict[str, Any] = {
        "items": tuple(Item(**row) for row in data["items"]),
        "examples": tuple(Item(**row) for row in data["examples"]),
        "scorer": ScorerSpec(**data["scorer"]),
    }
    typed: dict[str, Any] = {
        name: msgspec.convert(value, kinds[name]) for name, value in data.items() if name not in untyped
    }
    return TaskSpec(**untyped, **typed)


def _single(candidate: object) -> dict[str, Any]:
    """By field: an id that was asked for is kept in the object, and is no field."""
    if not isinstance(candidate, Single):
        message = f"setting: a search begins with singles, got a {type(candidate).__name__}"
        raise TypeError(message)
    return {field.name: getattr(candidate, field.name) for field in dataclasses.fields(candidate)}


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    message = f"setting: cannot write a {type(value).__name__}: {value!r}"
    raise TypeError(message)
