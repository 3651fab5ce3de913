"""Which host serves each OpenRouter endpoint, decided before a search begins: the same host answers every item.

Without it the router may send each call of a candidate to another host, at another price and precision.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import get_args

from modelsearch.catalog.schema import Capability
from modelsearch.catalog.sources.host import Host, cheapest_host, with_host
from modelsearch.catalog.sources.openrouter import ZDR_PATH, hosts_of, listing_path
from modelsearch.core.events import Warned
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Endpoint, Market
from modelsearch.providers.client import TransportFactory
from modelsearch.providers.listing import Page, read_pages
from modelsearch.providers.router import ROUTER_ID

NOT_PINNED = "hosts-not-pinned"
_N_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """What was read: the page of each path, and what `needs` leave to choose from."""

    pages: Mapping[str, Page]
    needs: frozenset[str]
    is_zdr: bool
    zdr: frozenset[tuple[str, str]] | None
    today: date

    def host(self, endpoint: Endpoint) -> Host | str:
        """The host to pin, or why there is none."""
        page = self.pages.get(listing_path(endpoint.wire_name) or "")
        if page is None or page.body is None:
            return page.failure if page is not None else "its name is not author/slug"
        if self.is_zdr and self.zdr is None:
            return "the list of hosts that keep nothing cannot be had"
        try:
            hosts = hosts_of(page.body, observed_at=self.today, wire_name=endpoint.wire_name)
        except ValueError:
            return "the listing cannot be read"
        allowed = [
            host
            for host in hosts
            if (self.zdr is None or (endpoint.wire_name, host.tag) in self.zdr) and _is_named(host, endpoint.host)
        ]
        return cheapest_host(allowed, self.needs) or "no live host with a known price is listed"


async def pinned(
    market: Market,
    endpoint_ids: Collection[EndpointId],
    keys: Mapping[ProviderId, str],
    *,
    needs: Collection[str] = (),
    transport_factory: TransportFactory | None = None,
) -> tuple[Market, tuple[Warned, ...]]:
    """Pin the cheapest live host of each OpenRouter endpoint, with that host's prices of today.

    Where the catalogue names the host, it is that one, and only its prices are brought up to date. Reads one page a
    model and spends nothing. An endpoint whose listing cannot be had stays as it is.

    Args:
        market: of the catalogue.
        endpoint_ids: those that the search may call; others, and those of other providers, are left alone.
        keys: key by provider; without OpenRouter's nothing is asked.
        needs: of `Requirements.needs` and the task kind's `requires`: a host with the capabilities is preferred, and
            with `zdr` only hosts that keep nothing are chosen.
        transport_factory: any httpx transport, for tests or special networks.

    Returns:
        The market with those endpoints replaced, and at most one warning for all that stay without a host.

    Raises:
        CatalogError, KeyMissingError: OpenRouter's URL or key cannot be used at all.
    """
    wanted = [market.endpoints[i] for i in sorted({*endpoint_ids} & market.endpoints.keys())]
    wanted = [endpoint for endpoint in wanted if endpoint.provider_id == ROUTER_ID]
    router = market.providers.get(ROUTER_ID)
    if not wanted or router is None or ROUTER_ID not in keys:
        return market, ()
    paths = [path for endpoint in wanted if (path := listing_path(endpoint.wire_name)) is not None]
    paths = [ZDR_PATH, *paths] if "zdr" in needs else paths
    pages = await read_pages(router, keys[ROUTER_ID], paths, transport_factory=transport_factory)
    listing = _listing(pages, frozenset(needs), datetime.now(UTC).date())
    found = {endpoint.id: listing.host(endpoint) for endpoint in wanted}
    chosen = {i: with_host(market.endpoints[i], host) for i, host in found.items() if isinstance(host, Host)}
    without = {i: why for i, why in found.items() if isinstance(why, str) and market.endpoints[i].host is None}
    return replace(market, endpoints={**market.endpoints, **chosen}), tuple(_warnings(without, len(wanted)))


def _is_named(host: Host, name: str | None) -> bool:
    """Whether a host is the one that the catalogue names, which may leave out what it says of precision or place."""
    return name is None or host.tag == name or host.tag.startswith(f"{name}/")


def _listing(pages: Mapping[str, Page], needs: frozenset[str], today: date) -> _Listing:
    page = pages.get(ZDR_PATH)
    zdr = None
    if page is not None and page.body is not None:
        try:
            zdr = frozenset((host.wire_name, host.tag) for host in hosts_of(page.body, observed_at=today))
        except ValueError:
            zdr = None
    able = needs & frozenset(get_args(Capability))
    return _Listing(pages=pages, needs=able, is_zdr="zdr" in needs, zdr=zdr, today=today)


def _warnings(without: Mapping[EndpointId, str], n_wanted: int) -> Iterator[Warned]:
    if not without:
        return
    reason, n_times = Counter(without.values()).most_common(1)[0]
    names = ", ".join([*without][:_N_NAMED]) + (", ..." if len(without) > _N_NAMED else "")
    message = (
        f"{len(without)} of {n_wanted} OpenRouter endpoints stay without a pinned host ({names}): {reason}"
        f"{f' ({n_times} of them)' if n_times < len(without) else ''}; the router chooses their host call by call, "
        "so their quality and price may move"
    )
    yield Warned(code=NOT_PINNED, subject=ROUTER_ID, message=message)
