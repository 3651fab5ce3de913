"""What is missing of a round, as one batch of probes for each account."""

from collections.abc import Iterable

from modelsearch.core.candidate import Single
from modelsearch.core.ids import ItemId
from modelsearch.core.market import Market
from modelsearch.core.search import Probe
from modelsearch.evaluate.known import Job


def account_batches(jobs: Iterable[Job], market: Market, *, n_own: int) -> dict[str, list[Probe]]:
    """Probes of singles that together buy the jobs, by account; a single with `n_own` jobs or more apart."""
    items: dict[Single, list[ItemId]] = {}
    for job in jobs:
        items.setdefault(job.single, []).append(job.item.id)
    batches: dict[str, list[Probe]] = {}
    for single, item_ids in items.items():
        account = market.endpoints[single.endpoint_id].provider_id
        name = f"{account} · {single.id}" if len(item_ids) >= n_own else account
        probe = Probe(candidate_id=single.id, item_ids=tuple(dict.fromkeys(item_ids)))
        batches.setdefault(name, []).append(probe)
    return batches
