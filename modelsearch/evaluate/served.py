"""Who answers at each endpoint, held against who answered first: is it still the same candidate?"""

from collections.abc import Callable, Mapping

from modelsearch.core.ids import EndpointId
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
        self._warn = warn

    def is_split(self, endpoint: Endpoint, served_by: str) -> bool:
        """Whether another model, or another host than the pinned one, answered: no evidence about this candidate.

        Such outcomes stay without a score, so the candidate is judged on what the first one answered. Where no host is
        pinned the router's choice is part of what is called: several hosts, or a new fingerprint, only warn.
        """
        now = ServedBy.of(served_by)
        first = self._first.setdefault(endpoint.id, now)
        if now == first:
            return False
        told = f"first {first.model}@{first.host}, now {now.model}@{now.host}"
        is_other_host = first.host != now.host
        if first.model != now.model or (endpoint.host is not None and is_other_host):
            message = f"{SPLIT_STATUS}: {told}; no more of it is bought"
            self._warn("served-by-changed", endpoint.id, message)
            return True
        if is_other_host:
            message = f"several hosts answer ({told}); pin one, or quality and price may move"
            self._warn("hosts-vary", endpoint.id, message)
        else:
            self._warn("fingerprint-changed", endpoint.id, f"first {first.fingerprint!r}, now {now.fingerprint!r}")
        return False
