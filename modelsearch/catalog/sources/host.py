"""One of the hosts that serve a model behind a router, which of them is pinned, and the endpoint that comes of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from modelsearch.core.market import Endpoint, Rate, RateKind

LOWEST_BITS = 8
"""Weights stored in fewer bits answer otherwise; such a host is pinned only where there is no other."""
_BITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A model at one host, as listed. None = not told.

    Attributes:
        wire_name: the model's name on the wire.
        tag: what pins the host.
        is_live: whether it takes calls now.
        takes_limit: whether it takes a limit of output tokens, which is always sent.
        rates: USD, of today.
        capabilities: None = not told.
        uptime: share of the last 30 minutes, in [0, 1].
    """

    wire_name: str
    tag: str
    is_live: bool
    takes_limit: bool = True
    rates: tuple[Rate, ...] = ()
    quantization: str | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[str] | None = None
    uptime: float | None = None

    @property
    def blended_usd_per_mtok(self) -> Decimal | None:
        """3 parts input and 1 part output of a short prompt at the dearest hour; None where either is unknown."""
        paid_in, paid_out = _dearest(self.rates, "input"), _dearest(self.rates, "output")
        return None if paid_in is None or paid_out is None else (3 * paid_in + paid_out) / 4

    @property
    def is_coarse(self) -> bool:
        """Whether the weights are known to be stored in fewer than 8 bits; what is not told counts as fine, for
        makers seldom tell it of their own models.
        """
        bits = _BITS.search(self.quantization or "")
        return bits is not None and int(bits.group()) < LOWEST_BITS


def cheapest_host(hosts: Iterable[Host], needs: frozenset[str] = frozenset()) -> Host | None:
    """The host to pin: live, of known price, the cheapest.

    Before the price come: all needed capabilities, a limit of output tokens, 8 bits or more. Equal prices are decided
    by uptime, then by tag.

    Args:
        hosts: all that serve one model.
        needs: capabilities that the task cannot do without.
    """
    priced = [(price, host) for host in hosts if host.is_live and (price := host.blended_usd_per_mtok) is not None]
    if not priced:
        return None
    return min(priced, key=lambda each: (*_lacks(each[1], needs), each[0], -(each[1].uptime or 0.0), each[1].tag))[1]


def with_host(endpoint: Endpoint, host: Host) -> Endpoint:
    """The endpoint as that host serves it; what the listing does not tell stays as the catalogue has it.

    Its rates take the place of the catalogue's: those were of whatever host the router would have chosen.
    """
    told = host.capabilities
    kept = endpoint.capabilities & {"no_system"}  # no listing tells it
    return replace(
        endpoint,
        host=host.tag,
        quantization=host.quantization or endpoint.quantization,
        rates=host.rates,
        context_tokens=host.context_tokens or endpoint.context_tokens,
        max_output_tokens=host.max_output_tokens or endpoint.max_output_tokens,
        capabilities=endpoint.capabilities if told is None else told | kept,
    )


def _lacks(host: Host, needs: frozenset[str]) -> tuple[bool, bool, bool]:
    known = host.capabilities
    return known is not None and not needs <= known, not host.takes_limit, host.is_coarse


def _dearest(rates: tuple[Rate, ...], kind: RateKind) -> Decimal | None:
    usd = [rate.usd for rate in rates if rate.kind == kind and rate.min_prompt_tokens == 0]
    known = [price for price in usd if price is not None]
    return max(known) if known and len(known) == len(usd) else None
