"""Which outcomes an earlier run has paid for, and what they used: their replies are in the store, asking is free."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from modelsearch.core.candidate import Single
from modelsearch.core.ids import ItemId
from modelsearch.core.outcome import Usage
from modelsearch.core.search import Probe
from modelsearch.core.task import Item
from modelsearch.evaluate.asking import model_request
from modelsearch.evaluate.caller import dialect_of
from modelsearch.evaluate.confidence import Asking
from modelsearch.evaluate.keys import call_key
from modelsearch.evaluate.plugs import Plugs


def stored_probes(plugs: Plugs, singles: Sequence[Single], item_ids: Sequence[ItemId]) -> list[Probe]:
    """For each single the items, in the order given, of which every repeat that is not known has a stored reply.

    What is known already is left out. O(n_singles x n_items) requests are encoded, some 0.1 ms each.
    """
    asking, items = Asking(plugs.task), {item.id: item for item in plugs.task.items}
    found = []
    for single in singles:
        is_stored = _Stored(plugs, single, asking)
        stored = tuple(item_id for item_id in item_ids if is_stored.all_repeats(items[item_id]))
        found += [Probe(candidate_id=single.id, item_ids=stored)] if stored else []
    return found


def stored_usages(plugs: Plugs, single: Single, item_ids: Sequence[ItemId]) -> list[Usage]:
    """What the stored replies of a single to items used, one for each reply; what cannot be read is left out."""
    items, stored = {item.id: item for item in plugs.task.items}, _Stored(plugs, single, Asking(plugs.task))
    return [usage for item_id in item_ids for usage in stored.usages(items[item_id])]


class _Stored:
    """Looks up the replies of one single."""

    def __init__(self, plugs: Plugs, single: Single, asking: Asking) -> None:
        self._plugs, self._single = plugs, single
        self._endpoint = plugs.market.endpoints[single.endpoint_id]
        self._provider = plugs.market.providers[self._endpoint.provider_id]
        self._has_logprobs = asking.is_asked(self._endpoint)

    def all_repeats(self, item: Item) -> bool:
        """Whether something of the item is missing, and all that is missing is stored."""
        known = self._plugs.known
        repeats = range(self._plugs.task.n_repeats)
        missing = [repeat for repeat in repeats if not known.is_known(self._single.id, item.id, repeat)]
        return bool(missing) and all(self._plugs.caller.replies.get(key) for key in self._keys(item, missing))

    def usages(self, item: Item) -> Iterator[Usage]:
        """Of the replies to an item."""
        caller = self._plugs.caller
        for key in self._keys(item, range(self._plugs.task.n_repeats)):
            raw = caller.replies.get(key)
            if raw is not None:
                with suppress(ValueError):  # not readable any more: it is bought anew where it is asked for
                    yield caller.decode(self._endpoint, raw).usage

    def _keys(self, item: Item, repeats: Sequence[int]) -> Iterator[str]:
        plugs, endpoint = self._plugs, self._endpoint
        request = model_request(
            plugs.task, plugs.renderer, self._single, item, endpoint, has_logprobs=self._has_logprobs
        )
        wire = dialect_of(self._provider.dialect).encode(request, endpoint)
        origin = plugs.origins.get(self._provider.id, self._provider.base_url)
        return (call_key(endpoint, origin, wire, repeat, self._single.served_by) for repeat in repeats)
