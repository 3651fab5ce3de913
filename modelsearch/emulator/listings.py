"""The catalogue pages of providers, of OpenRouter and of models.dev over what the emulator sells.

`GET /p/{provider}/models` in the provider's own shape (`listing_shapes`), for a router also
`/p/{provider}/models/{author}/{slug}/endpoints` and `/endpoints/zdr`, and `GET /models.dev/api.json`. Pages of
providers ask for the key that calls need; models.dev asks for none.
"""

from collections.abc import Mapping

from modelsearch.core.ids import ProviderId
from modelsearch.emulator.listing_openrouter import OPENROUTER, hosts_page
from modelsearch.emulator.listing_shapes import MODELS_DEV, SHAPES, models_dev_page
from modelsearch.emulator.shelf import Shelf
from modelsearch.emulator.wire import Failure, Headers, Trouble, WireAnswer, WireFormat, encoded
from modelsearch.emulator.world_names import ROUTER

PREFIX = "/p/"
_BY_DIALECT = {"anthropic_messages": "anthropic", "google_generate": "google"}


class Listings:
    """Answers requests for catalogue pages.

    Args:
        shelf: what is on sale.
        wires: the wire format of each provider, for its key and its errors.
        key: the only key that is accepted; None = no key is asked for.
    """

    def __init__(self, shelf: Shelf, wires: Mapping[ProviderId, WireFormat], key: str | None) -> None:
        self._shelf = shelf
        self._wires = dict(wires)
        self._key = key

    def is_path(self, path: str) -> bool:
        """Whether a path is a catalogue page, of whatever provider."""
        provider_id, page = _split(path)
        is_hosts = page.startswith("models/") and page.endswith("/endpoints")
        return path == MODELS_DEV or (provider_id in self._wires and (page in {"models", "endpoints/zdr"} or is_hosts))

    def answer(self, path: str, headers: Headers, query: bytes) -> WireAnswer:
        """The page, or the error that the provider would send."""
        if path == MODELS_DEV:
            return WireAnswer(status=200, body=encoded(models_dev_page(self._shelf)))
        provider_id, page = _split(path)
        wire = self._wires[ProviderId(provider_id)]
        if self._key is not None and wire.key_of(headers, query) != self._key:
            return wire.error(Failure(trouble=Trouble.AUTH, message="Incorrect API key provided"))
        content = self._page(provider_id, page)
        if content is None:
            return wire.error(Failure(trouble=Trouble.NOT_FOUND, message=f"Unknown request URL: GET {path}"))
        return WireAnswer(status=200, body=encoded(content))

    def _page(self, provider_id: str, page: str) -> object | None:
        shape = shape_of(provider_id, self._dialect(provider_id))
        on_sale = list(self._shelf.at(provider_id))
        if page == "models":
            return SHAPES[shape](self._shelf, on_sale)
        if shape != OPENROUTER:
            return None
        if page == "endpoints/zdr":
            return {"data": []}
        name = page.removeprefix("models/").removesuffix("/endpoints")
        return hosts_page(self._shelf, [each for each in on_sale if each.endpoint.wire_name == name])

    def _dialect(self, provider_id: str) -> str:
        return next(p.dialect for p in self._shelf.market.providers.values() if p.id == provider_id)


def listed_pages(shelf: Shelf) -> list[dict[str, str]]:
    """Provider, shape and path of every catalogue page; the shape of models.dev's is its own name."""
    pages = [
        {"provider": str(p.id), "shape": shape_of(p.id, p.dialect), "path": f"{PREFIX}{p.id}/models"}
        for p in shelf.market.providers.values()
    ]
    return [*pages, {"provider": "", "shape": "models.dev", "path": MODELS_DEV}]


def shape_of(provider_id: str, dialect: str) -> str:
    """Which shape a provider's page has: its own where it is a real one that has one, else that of its wire format."""
    if provider_id == ROUTER:
        return OPENROUTER
    return provider_id if provider_id in SHAPES else _BY_DIALECT.get(dialect, "openai")


def _split(path: str) -> tuple[str, str]:
    """Provider and page; the official clients bring the version along."""
    provider_id, _, page = path.removeprefix(PREFIX).partition("/") if path.startswith(PREFIX) else ("", "", "")
    return provider_id, page.removeprefix("v1/").removeprefix("v1beta/")
