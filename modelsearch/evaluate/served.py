"""Who answers at each endpoint, held against who answered first: is it still the same candidate?

A candidate is what its endpoint served when it was first asked. Where another model answers, or another host than the
pinned one, that answer is no evidence about it: it is an outcome of another candidate, its heir (`CandidateSplit`). A
reply that does not say who it is from changes nothing. Two changes only warn: another host where none is pinned (the
router's choice is part of what is called), and another fingerprint (a build of the serving software, of which big
providers run several at once: a candidate for each would leave none with enough items).

An heir is called by the name that the reply gave itself, at the host that it named: a version instead of an alias.
Where that name is refused the alias is called again, and each answer is looked at as before.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from modelsearch.core.candidate import Single
from modelsearch.core.events import CandidateSplit
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import ServedBy

SPLIT_STATUS = "served by another model or host than before"
Warn = Callable[[str, str, str], None]


class Served:
    """The first answerer of each endpoint, in this life of the run or an earlier one.

    Args:
        first: `Reply.served_by` of each endpoint's first answer in an earlier life.
        warn: takes code, subject and message.
    """

    def __init__(self, first: Mapping[EndpointId, str], warn: Warn) -> None:
        self._first = {endpoint_id: ServedBy.of(text) for endpoint_id, text in first.items()}
        self._own: dict[CandidateId, str] = {}  # who answered last as itself: most answers need no second look
        self._unpinned: set[CandidateId] = set()
        self._warn = warn

    def first(self, endpoint_id: EndpointId) -> ServedBy:
        """Who answered first; empty parts where nobody has."""
        return self._first.get(endpoint_id, ServedBy())

    def heir(self, single: Single, endpoint: Endpoint, served_by: str) -> Single | None:
        """Whose the answer is; None = the single's own."""
        if self._own.get(single.id) == served_by:
            return None
        now = ServedBy.of(served_by)
        if not (now.model or now.host or now.fingerprint):
            return None
        first = self._first[endpoint.id] = _adopted(self.first(endpoint.id), now)
        is_pinned = endpoint.host is not None
        expected = ServedBy.of(single.served_by) if single.served_by else _identity(first, is_pinned=is_pinned)
        found = _filled(_identity(now, is_pinned=is_pinned), expected)
        if found == expected:
            self._note(endpoint, first, now)
            self._own[single.id] = served_by
            return None
        is_first_back = found == _filled(_identity(first, is_pinned=is_pinned), found)
        return replace(single, served_by="" if is_first_back else found.text)

    def called(self, single: Single, endpoint: Endpoint) -> Endpoint:
        """What to call for a single: its endpoint, an heir's pinned to what it is."""
        if not single.served_by or single.id in self._unpinned:
            return endpoint
        wanted, first = ServedBy.of(single.served_by), self.first(endpoint.id)
        name = wanted.model if wanted.model and wanted.model != first.model else endpoint.wire_name
        host = _tag(wanted.host) if wanted.host and wanted.host != first.host else endpoint.host
        return replace(endpoint, wire_name=name, host=host)

    def unpin(self, single: Single, called: Endpoint, endpoint: Endpoint) -> bool:
        """Give up the pin that was refused; False where the call had none."""
        if (called.wire_name, called.host) == (endpoint.wire_name, endpoint.host):
            return False
        self._unpinned.add(single.id)
        self._warn("pin-refused", single.id, f"{called.wire_name!r} cannot be called; {endpoint.wire_name!r} is")
        return True

    def _note(self, endpoint: Endpoint, first: ServedBy, now: ServedBy) -> None:
        """Changes that make no other candidate."""
        if now.model != first.model:  # an heir's own answer
            return
        if first.host != now.host and now.host:
            told = f"first {first.model}@{first.host}, now {now.model}@{now.host}"
            self._warn("hosts-vary", endpoint.id, f"several hosts answer ({told}); pin one, or quality may move")
        elif first.fingerprint != now.fingerprint:
            self._warn("fingerprint-changed", endpoint.id, f"first {first.fingerprint!r}, now {now.fingerprint!r}")


def split_message(event: CandidateSplit, *, is_baseline: bool) -> str:
    """What the user is told."""
    first, now = (f"{who.model}@{who.host}".strip("@") for who in map(ServedBy.of, (event.first, event.now)))
    told = f"{SPLIT_STATUS}: first {first}, now {now}"
    if not event.into.served_by:
        return f"{told}: the two answer by turns, and {event.candidate_id!r} is bought no further; pin a version"
    if is_baseline:
        return (
            f"THE BASELINE CHANGED: {told}. What is in use now is {event.into.id!r}: it is the baseline from here on, "
            "what was bought of the old one proves nothing about it, and its own answers are bought anew; for a "
            "baseline that stays, name a version, not an alias"
        )
    return f"{told}: what it answers now counts for {event.into.id!r}; {event.candidate_id!r} is bought no further"


def _identity(served: ServedBy, *, is_pinned: bool) -> ServedBy:
    """What makes it another candidate."""
    return ServedBy(served.model, served.host if is_pinned else "", "")


def _adopted(first: ServedBy, now: ServedBy) -> ServedBy:
    """The first answerer, what it left out taken from the next."""
    return ServedBy(first.model or now.model, first.host or now.host, first.fingerprint or now.fingerprint)


def _filled(told: ServedBy, known: ServedBy) -> ServedBy:
    """What a reply leaves out is as it was."""
    return ServedBy(told.model or known.model, told.host or known.host, "")


def _tag(host: str) -> str:
    """A host's tag from the name that replies give it: `Amazon Bedrock` is `amazon-bedrock`."""
    return host.lower().replace(" ", "-")
