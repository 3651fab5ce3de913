"""How far a search is, as one artifact of its run that is brought up to date now and then."""

import time
from dataclasses import dataclass, field
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

from modelsearch.api.session import Session
from modelsearch.report.artifacts import artifact_key
from modelsearch.report.numbers import counted, usd

PAUSE_S = 10.0
"""Between two updates: each is a request to the server, which has the task runs to take in."""


@dataclass(kw_only=True)
class ShownProgress:
    """The artifact of one search. What goes wrong with it is no matter: the search goes on without.

    Attributes:
        pause_s: between two updates.
        n_updates: sent so far.
    """

    session: Session
    pause_s: float = PAUSE_S
    n_updates: int = 0
    _id: UUID | None = None
    _told_s: float = field(default_factory=time.monotonic)
    _is_broken: bool = False

    async def begin(self) -> None:
        """Make it."""
        key = artifact_key("progress", self.session.setting.task.id)
        try:
            self._id = await acreate_progress_artifact(self._percent, key=key, description=self._told("begun"))
        except Exception:  # noqa: BLE001 - a picture of the work is not the work
            self._is_broken = True

    async def round_ended(self) -> None:
        """Bring it up to date, if the last time is long enough ago."""
        if time.monotonic() - self._told_s >= self.pause_s:
            fold = self.session.search.fold
            await self._update(self._percent, f"phase {fold.open_phase}, round {fold.next_round}")

    async def end(self) -> None:
        """It is over: a search that knows enough does not spend its whole budget."""
        await self._update(100.0, "finished")

    async def _update(self, percent: float, where: str) -> None:
        self._told_s = time.monotonic()
        if self._id is None or self._is_broken:
            return
        try:
            await aupdate_progress_artifact(self._id, percent, description=self._told(where))
            self.n_updates += 1
        except Exception:  # noqa: BLE001 - as above
            self._is_broken = True

    @property
    def _percent(self) -> float:
        """Of the budget that is gone."""
        limit, spend = self.session.setting.budget.spend_usd, self.session.search.ledger.spend()
        return round(min(100.0, max(0.0, float(100 * spend.committed_usd / limit))), 1) if limit > 0 else 0.0

    def _told(self, where: str) -> str:
        spend = self.session.search.ledger.spend()
        budget, n_left = self.session.setting.budget.spend_usd, len(self.session.search.fold.pool)
        return (
            f"{where}: {usd(spend.committed_usd)} of {usd(budget)} spent, {counted(spend.n_calls, 'call')}, "
            f"{counted(n_left, 'candidate')} still in the pool"
        )
