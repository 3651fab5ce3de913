"""What the emulator has on sale: the market's endpoints, as control pages have changed them since."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from modelsearch.core.errors import OptionError
from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint, Market, Model, Rate

SOURCE = "emulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSale:
    """An endpoint as it is listed.

    Attributes:
        like: the endpoint whose answers it gives; None = its own.
        revision: what stands behind its name, told by listings that have a word for it.
        is_changed: its price is not the market's own, so that costs that a behaviour tells are told anew.
    """

    endpoint: Endpoint
    like: Endpoint | None = None
    revision: str = ""
    is_changed: bool = False


class Shelf:
    """Endpoints on sale, by id; `reset` puts the market's own back."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._on_sale: dict[EndpointId, OnSale] = {}
        self._by_address: dict[tuple[str, str, str | None], OnSale] = {}
        self.reset()

    def reset(self) -> None:
        """Put everything back as the market has it."""
        self._on_sale = {e.id: OnSale(endpoint=e) for e in self.market.endpoints.values()}
        self._index()

    def find(self, provider_id: str, wire_name: str, host: str | None) -> OnSale | None:
        """What answers at an address; without a host the first of its hosts."""
        return self._by_address.get((provider_id, wire_name, host))

    def at(self, provider_id: str) -> Iterator[OnSale]:
        """What a provider sells, by id."""
        return (each for _, each in sorted(self._on_sale.items()) if each.endpoint.provider_id == provider_id)

    def model(self, endpoint: Endpoint) -> Model:
        """The model behind an endpoint, as far as it is known."""
        return self.market.models.get(endpoint.model_id) or Model(id=endpoint.model_id, family=SOURCE)

    def add(self, like: EndpointId, address: tuple[ProviderId, str], facts: Mapping[str, object]) -> OnSale:
        """Sell another model.

        Args:
            like: whose answers it gives.
            address: provider and wire name.
            facts: fields of `Endpoint` that are not those of `like`, and perhaps `revision`.

        Raises:
            OptionError: no such endpoint or provider, or the address is taken.
        """
        provider_id, wire_name = address
        given = self._known(like)
        new_id = EndpointId(f"{provider_id}/{wire_name}")
        if provider_id not in self.market.providers or new_id in self._on_sale:
            taken = "it is on sale already" if new_id in self._on_sale else f"there is no provider {provider_id!r}"
            message = f"listing: endpoint {new_id!r} cannot be added: {taken}"
            raise OptionError(message)
        fields = {name: value for name, value in facts.items() if name != "revision"}
        endpoint = replace(
            given.endpoint,
            **{"id": new_id, "model_id": ModelId(wire_name.rsplit("/", 1)[-1]), "host": None, **fields},  # type: ignore[arg-type]
            provider_id=provider_id,
            wire_name=wire_name,
        )
        source = given.like or given.endpoint
        return self._put(
            OnSale(endpoint=endpoint, like=source, revision=str(facts.get("revision", "")), is_changed=True)
        )

    def reprice(self, endpoint_id: EndpointId, usd: Mapping[str, Decimal]) -> OnSale:
        """Sell at other prices from today on, in USD per Mtok by kind.

        Raises:
            OptionError: no such endpoint.
        """
        given = self._known(endpoint_id)
        rates = (*given.endpoint.rates, *rates_of(usd))
        return self._put(replace(given, endpoint=replace(given.endpoint, rates=rates), is_changed=True))

    def deprecate(self, endpoint_id: EndpointId, day: date) -> OnSale:
        """Announce a last day.

        Raises:
            OptionError: no such endpoint.
        """
        given = self._known(endpoint_id)
        return self._put(replace(given, endpoint=replace(given.endpoint, deprecated_on=day)))

    def revise(self, endpoint_id: EndpointId, revision: str | None, quantization: str | None) -> OnSale:
        """Put something else behind the name. None = as it was.

        Raises:
            OptionError: no such endpoint.
        """
        given = self._known(endpoint_id)
        endpoint = replace(given.endpoint, quantization=quantization or given.endpoint.quantization)
        return self._put(replace(given, endpoint=endpoint, revision=revision or given.revision))

    def remove(self, endpoint_id: EndpointId) -> OnSale:
        """Sell it no more: calls are answered with 404.

        Raises:
            OptionError: no such endpoint.
        """
        gone = self._known(endpoint_id)
        del self._on_sale[endpoint_id]
        self._index()
        return gone

    def _known(self, endpoint_id: EndpointId) -> OnSale:
        found = self._on_sale.get(endpoint_id)
        if found is None:
            near = sorted(i for i in self._on_sale if i.split("/")[0] == endpoint_id.split("/")[0])[:3]
            message = f"listing: endpoint {endpoint_id!r} is not on sale; some that are: {', '.join(near) or 'none'}"
            raise OptionError(message)
        return found

    def _put(self, on_sale: OnSale) -> OnSale:
        self._on_sale[on_sale.endpoint.id] = on_sale
        self._index()
        return on_sale

    def _index(self) -> None:
        found: dict[tuple[str, str, str | None], OnSale] = {}
        for each in self._on_sale.values():
            endpoint = each.endpoint
            found[endpoint.provider_id, endpoint.wire_name, endpoint.host] = each
            found.setdefault((endpoint.provider_id, endpoint.wire_name, None), each)
        self._by_address = found


def rates_of(usd: Mapping[str, Decimal]) -> tuple[Rate, ...]:
    """Rates of today."""
    today = datetime.now(UTC).date()
    return tuple(
        Rate(kind=kind, usd=price, valid_from=today, observed_at=today, source=SOURCE)  # type: ignore[arg-type]
        for kind, price in usd.items()
    )
