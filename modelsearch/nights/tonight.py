"""A task's state in the light of one night's offers: what each candidate is, costs and is worth tonight."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import exp, inf, log

from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.nights import Standing, TaskState
from modelsearch.core.result import Verdict
from modelsearch.nights.night import Night, Offer
from modelsearch.nights.revisions import is_same, joined, since

MIN_ITEMS = 8
"""Items from which a measured cost tells how far list costs are off."""
PRIOR_MODELS = 2.0
"""Measured candidates that the guess "list costs are right" counts as (as in `decide.costs`)."""


@dataclass(frozen=True, kw_only=True)
class Tonight:
    """Read only; a changed state needs a new one."""

    state: TaskState
    night: Night

    @cached_property
    def by_endpoint(self) -> Mapping[EndpointId, Offer]:
        """Tonight's singles by what they call: the prompts of one endpoint share its price and revision."""
        return {offer.endpoint_ids[0]: offer for offer in self.night.offers.values() if len(offer.endpoint_ids) == 1}

    @cached_property
    def list_ratio(self) -> float:
        """How much more is billed than list prices let expect, over all measured singles, shrunk to 1."""
        offers = self.night.offers
        logs = [
            log(standing.cost_usd / listed)
            for candidate_id, standing in self.state.standings.items()
            if standing.n_items >= MIN_ITEMS
            and standing.cost_usd > 0
            and candidate_id in offers
            and (listed := offers[candidate_id].list_cost_usd)
        ]
        return exp(sum(logs) / (len(logs) + PRIOR_MODELS))

    @cached_property
    def limit_usd(self) -> float:
        """USD per item that a newcomer must be expected to stay below: what it would replace, with slack for tokens."""
        cost_usd = self.cost_usd(self.to_beat)
        return inf if cost_usd is None else cost_usd * self.night.rules.slack

    @cached_property
    def to_beat(self) -> CandidateId:
        """Who serves from now on if nobody new is found: the incumbent, or whoever takes over where that is lost."""
        if not self.is_lost(self.state.incumbent_id):
            return self.state.incumbent_id
        return self.ranked[0][1] if self.ranked else self.state.baseline_id

    @cached_property
    def ranked(self) -> list[tuple[float, CandidateId]]:
        """USD per item and id of all who may serve from tonight on, cheapest first: certified ones and the baseline."""
        state = self.state
        found = [c for c in state.standings if c != state.baseline_id and self.is_certified(c)]
        able = [c for c in (state.baseline_id, *found) if not self.is_lost(c)]
        return sorted((usd, c) for c in able if (usd := self.cost_usd(c)) is not None)

    def cost_usd(self, candidate_id: CandidateId) -> float | None:
        """Expected USD per item: as measured, else by list price and `list_ratio`; None = unknown."""
        standing = self.state.standings.get(candidate_id)
        if standing is not None and standing.n_items > 0:
            return standing.cost_usd
        offer = self.night.offers.get(candidate_id)
        return None if offer is None or offer.list_cost_usd is None else offer.list_cost_usd * self.list_ratio

    def members(self, candidate_id: CandidateId) -> tuple[Offer, ...]:
        """The offers that a candidate needs; empty where one of them is not on sale."""
        if candidate_id in self.night.offers:
            return (self.night.offers[candidate_id],)
        standing = self.state.standings.get(candidate_id)
        uses = standing.uses if standing is not None and not self._is_single(standing) else ()
        found = [self.by_endpoint.get(use.endpoint_id) for use in uses]
        known = tuple(offer for offer in found if offer is not None)
        return known if len(known) == len(found) else ()

    def is_on_sale(self, candidate_id: CandidateId) -> bool:
        """Whether it can be called tonight, with all its members."""
        return bool(self.members(candidate_id))

    def revision(self, candidate_id: CandidateId) -> str:
        """What stands behind it tonight, unannounced changes counted; "" where it is not on sale."""
        own = self.night.offers.get(candidate_id)
        if own is not None:
            return since(own.revision, self.state.drifted.get(candidate_id))
        members = self.members(candidate_id)
        text = joined([member.revision for member in members])
        return since(text, self.state.drifted.get(candidate_id)) if members else ""

    def ends(self, candidate_id: CandidateId) -> str:
        """The day on which it or a member ends, if that is within the notice; "" if not."""
        days = [member.deprecated_on for member in self.members(candidate_id) if member.deprecated_on is not None]
        last = self.night.day + timedelta(days=self.night.rules.notice_days) if days else self.night.day
        return min((day.isoformat() for day in days if day <= last), default="")

    def standing(self, candidate_id: CandidateId) -> Standing | None:
        """Its standing, if it is of tonight's revision, or not on sale so that nobody can tell."""
        standing = self.state.standings.get(candidate_id)
        is_valid = standing is not None and is_same(standing.revision, self.revision(candidate_id))
        return standing if is_valid else None

    def is_certified(self, candidate_id: CandidateId) -> bool:
        """Whether its certificate holds tonight, and no limit of the client is broken."""
        standing = self.standing(candidate_id)
        return standing is not None and standing.verdict is Verdict.NON_INFERIOR and standing.is_feasible

    def is_lost(self, candidate_id: CandidateId) -> bool:
        """Whether it cannot be called any more, or only for a little while."""
        return not self.is_on_sale(candidate_id) or bool(self.ends(candidate_id))

    @staticmethod
    def _is_single(standing: Standing) -> bool:
        return len(standing.uses) == 1 and str(standing.uses[0].endpoint_id) == str(standing.candidate_id)
