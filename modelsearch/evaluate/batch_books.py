"""The books of batched calls: paid at the batch's price, while serving an item costs what a live call costs.

Why two amounts: a search asks what a candidate costs in use, and in use it is called live. So `Answer.cost_usd` is at
the standard price whatever the search paid, and a batched search compares the same costs as a live one.
"""

import math
from dataclasses import dataclass, replace
from decimal import Decimal

from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.ids import CallId, ItemId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Usage
from modelsearch.core.wire import BATCH_PROCESSING, PROCESSING_HEADER, ModelRequest, RawReply
from modelsearch.evaluate.caller import Answer, Caller
from modelsearch.evaluate.prices import PriceBook

_NO_ITEM = ItemId("")


def batch_raw(raw: RawReply) -> RawReply:
    """The reply, marked as one that came in a batch."""
    return replace(raw, headers={**raw.headers, PROCESSING_HEADER: BATCH_PROCESSING})


@dataclass(frozen=True, kw_only=True)
class BatchBooks:
    """Prices and books batched calls; `live` books live ones, at standard prices."""

    live: Caller

    @property
    def prices(self) -> PriceBook:
        """The list prices of batches."""
        return replace(self.live.prices, processing="batch")

    def bound(self, endpoint: Endpoint, request: ModelRequest) -> Decimal | None:
        """The most that a batched call can cost in USD; None where nobody knows the price, or it is above the live one.

        Dearer batches occur in catalogues by mistake, and buying one would be another.
        """
        try:
            bound_usd = self.prices.bound(endpoint, _NO_ITEM, request)
            live_usd = self.live.prices.bound(endpoint, _NO_ITEM, request)
        except PriceUnknownError:
            return None
        return bound_usd if bound_usd <= live_usd else None

    def book(self, endpoint: Endpoint, call_id: CallId, key: str, raw: RawReply) -> Answer:
        """Settle a reply that is in the journal at the batch's price.

        Raises:
            OverbilledError: it cost more than its bound; the truth is booked.
        """
        marked = batch_raw(raw)
        answer = replace(self.live, prices=self.prices).book(endpoint, call_id, key, marked)
        return self._as_served(endpoint, answer)

    def paid(self, endpoint: Endpoint, call_id: CallId, raw: RawReply, spend_usd: Decimal) -> Answer:
        """A reply whose spend is booked.

        Raises:
            ValueError: it cannot be parsed (any more).
        """
        return self._as_served(endpoint, self.live.paid(endpoint, call_id, batch_raw(raw), spend_usd))

    def _as_served(self, endpoint: Endpoint, answer: Answer) -> Answer:
        if answer.is_unknown:
            return answer
        cost_usd = self._serving_usd(endpoint, answer.reply.usage, answer.cost_usd)
        return replace(answer, spend_usd=answer.cost_usd, cost_usd=cost_usd, latency_s=math.nan)

    def _serving_usd(self, endpoint: Endpoint, usage: Usage, spend_usd: Decimal) -> Decimal:
        """What a live call of this usage costs; what was spent where no standard price is known for all of it."""
        try:
            return self.live.prices.cost(endpoint, replace(usage, reported_usd=None))
        except PriceUnknownError:
            return spend_usd
