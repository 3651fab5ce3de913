"""What stands behind a name: one text for an endpoint, and whether it is still the same.

A part that a source does not tell is unknown, and unknown is no change: a listing that forgets the quantisation for a
day must not void what was measured. Once it is told it is kept, so that the next change is seen.
"""

from datetime import date

from modelsearch.core.market import Endpoint
from modelsearch.core.offering import Offering

_PARTS = "|"
_MEMBERS = " + "


def revision_of(endpoint: Endpoint, offering: Offering | None = None) -> str:
    """Wire name, quantisation and dated revision; unknown parts empty."""
    quantization = endpoint.quantization or (offering.quantization if offering else None) or ""
    dated = offering.revision if offering else ""
    return _PARTS.join(part.replace(_PARTS, "/") for part in (endpoint.wire_name, quantization, dated))


def joined(revisions: list[str]) -> str:
    """Of a composite: its members', in the order of its members."""
    return _MEMBERS.join(revisions)


def since(revision: str, day: date | None) -> str:
    """The revision after an unannounced change on a day; itself without one."""
    return revision if day is None else f"{revision}{_PARTS}since {day.isoformat()}"


def is_same(before: str, now: str) -> bool:
    """Whether no part that both know has changed. "" = nothing is known."""
    if before == now or not before or not now:
        return True
    pairs = [_split(before), _split(now)]
    if [len(pair) for pair in pairs[0]] != [len(pair) for pair in pairs[1]]:
        return False
    members = zip(*pairs, strict=True)
    return all(a == b or not a or not b for old, new in members for a, b in zip(old, new, strict=True))


def merged(before: str, now: str) -> str:
    """What is known after both: `now`, its unknown parts as they were. Only of revisions that are the same."""
    if not before or not now:
        return now or before
    members = zip(_split(before), _split(now), strict=True)
    return joined([_PARTS.join(b or a for a, b in zip(old, new, strict=True)) for old, new in members])


def _split(revision: str) -> list[list[str]]:
    return [member.split(_PARTS) for member in revision.split(_MEMBERS)]
