"""Typed ids, canonical JSON and its hash: what makes two things "the same thing" across runs and machines."""

import hashlib
import json
from typing import NewType, TypeAlias

ModelId = NewType("ModelId", str)
ProviderId = NewType("ProviderId", str)
EndpointId = NewType("EndpointId", str)
CandidateId = NewType("CandidateId", str)
ItemId = NewType("ItemId", str)
TaskId = NewType("TaskId", str)
PromptId = NewType("PromptId", str)
CallId = NewType("CallId", str)
RunId = NewType("RunId", str)

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def canonical_json(value: object) -> bytes:
    """UTF-8 JSON with sorted keys, no spaces and no NaN: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256_hex(value: object) -> str:
    """Sha256 of the canonical JSON, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
