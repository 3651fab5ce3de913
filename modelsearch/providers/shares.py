"""A client's parts of its providers' limits, where several workers call the same accounts: renewed beside the calls.

A part holds for seconds and many calls, so no call asks anybody. Until the first part is there nothing is sent; one
that could not be renewed in time is given up, for others may have it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from modelsearch.core.claims import Share
from modelsearch.core.errors import ModelsearchError
from modelsearch.core.ids import ProviderId
from modelsearch.core.ports import Leases
from modelsearch.providers.limits import AccountLimits

_LOG = logging.getLogger(__name__)
RENEWALS = 3
"""Of a part, within the time that it holds."""
RETRY_S = 1.0


@dataclass(kw_only=True)
class Shares:
    """Keeps the parts of all accounts of one client.

    Attributes:
        leases: whoever gives out parts.
        now_s: monotonic seconds.
    """

    leases: Leases
    now_s: Callable[[], float]
    _tasks: dict[ProviderId, "asyncio.Task[None]"] = field(default_factory=dict, repr=False)

    def begin(self, provider_id: ProviderId, limits: AccountLimits) -> None:
        """Share an account from now on; its calls wait until the first part is there."""
        n_total = limits.limit
        limits.resize(0, n_total)
        self._tasks[provider_id] = asyncio.get_running_loop().create_task(self._keep(provider_id, limits, n_total))

    async def close(self) -> None:
        """Give all parts back."""
        tasks, self._tasks = self._tasks, {}
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        for provider_id in tasks:
            try:
                await asyncio.to_thread(self.leases.give_back, str(provider_id))
            except ModelsearchError as error:  # it ends by itself
                _LOG.warning("%s: its part is not given back: %s", provider_id, error)

    async def _keep(self, provider_id: ProviderId, limits: AccountLimits, n_total: int) -> None:
        until_s, n_wanted = self.now_s(), n_total
        while True:
            asked_s = self.now_s()
            share = await self._renewed(provider_id, n_total, n_wanted)
            if share is not None:
                until_s = asked_s + share.for_s
                limits.resize(share.n_slots, n_total)
            elif self.now_s() >= until_s:
                limits.resize(0, n_total)
            is_short = share is None or share.n_slots == 0
            await asyncio.sleep(RETRY_S if share is None or is_short else share.for_s / RENEWALS)
            n_wanted = min(n_total, max(1, 2 * limits.n_asked))

    async def _renewed(self, provider_id: ProviderId, n_total: int, n_wanted: int) -> Share | None:
        try:
            return await asyncio.to_thread(self.leases.renew, str(provider_id), n_total, n_wanted)
        except ModelsearchError as error:
            _LOG.warning("%s: its part cannot be renewed: %s", provider_id, error)
            return None
