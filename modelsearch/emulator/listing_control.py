"""Pages that change what the emulator sells, for tests and benches: POST `/__emulator/listing/{what}` with JSON.

    add        {"like": endpoint, "provider": id, "wire_name": name, "usd_per_mtok": {"input": "0.1", "output": "0.4"},
                "context_tokens"?, "max_output_tokens"?, "quantization"?, "model"?, "revision"?, "capabilities"?}
    reprice    {"endpoint": id, "usd_per_mtok": {"input": "0.2"}}
    deprecate  {"endpoint": id, "day": "2026-12-24"}
    revise     {"endpoint": id, "revision"?, "quantization"?}
    remove     {"endpoint": id}

GET `/__emulator/listing/sources` lists the catalogue pages: provider, shape and path of each.

An added model gives the answers of the one that it is like, at its own price. `/__emulator/reset` puts all of it back.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelsearch.core.errors import OptionError
from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.emulator.listings import listed_pages
from modelsearch.emulator.shelf import OnSale, Shelf, rates_of

PREFIX = "/__emulator/listing/"
_BAD_REQUEST = 400


class _Add(msgspec.Struct, forbid_unknown_fields=True):
    """A model to sell besides."""

    like: str
    provider: str
    wire_name: str
    usd_per_mtok: dict[str, Decimal]
    model: str | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    quantization: str | None = None
    revision: str | None = None
    capabilities: frozenset[str] | None = None


class _Change(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of an endpoint."""

    endpoint: str
    usd_per_mtok: dict[str, Decimal] = {}
    day: date | None = None
    revision: str | None = None
    quantization: str | None = None


def listing_routes(shelf: Shelf) -> list[Route]:
    """The pages.

    Args:
        shelf: what is on sale.
    """
    pages: Mapping[str, Callable[[Shelf, bytes], OnSale]] = {
        "add": _add,
        "reprice": _reprice,
        "deprecate": _deprecate,
        "revise": _revise,
        "remove": _remove,
    }
    changing = [Route(PREFIX + name, partial(_done, shelf, change), methods=["POST"]) for name, change in pages.items()]
    return [Route(PREFIX + "sources", partial(_sources, shelf)), *changing]


async def _sources(shelf: Shelf, _: Request) -> Response:
    return Response(msgspec.json.encode(listed_pages(shelf)), media_type="application/json")


async def _done(shelf: Shelf, change: Callable[[Shelf, bytes], OnSale], request: Request) -> Response:
    """The id of what was changed, or what is wrong with the request."""
    try:
        told: dict[str, Any] = {"endpoint": change(shelf, await request.body()).endpoint.id}
        status = 200
    except (msgspec.MsgspecError, OptionError) as error:
        told, status = {"error": str(error)}, _BAD_REQUEST
    return Response(msgspec.json.encode(told), status_code=status, media_type="application/json")


def _add(shelf: Shelf, body: bytes) -> OnSale:
    asked = msgspec.json.decode(body, type=_Add)
    facts: dict[str, object] = {
        name: value
        for name in ("context_tokens", "max_output_tokens", "quantization", "revision", "capabilities")
        if (value := getattr(asked, name)) is not None
    }
    facts["rates"] = rates_of(asked.usd_per_mtok)
    facts |= {} if asked.model is None else {"model_id": ModelId(asked.model)}
    return shelf.add(EndpointId(asked.like), (ProviderId(asked.provider), asked.wire_name), facts)


def _change(body: bytes) -> tuple[EndpointId, _Change]:
    asked = msgspec.json.decode(body, type=_Change)
    return EndpointId(asked.endpoint), asked


def _reprice(shelf: Shelf, body: bytes) -> OnSale:
    endpoint_id, asked = _change(body)
    return shelf.reprice(endpoint_id, asked.usd_per_mtok)


def _deprecate(shelf: Shelf, body: bytes) -> OnSale:
    endpoint_id, asked = _change(body)
    if asked.day is None:
        message = "listing: deprecate: expected a day such as 2026-12-24, got none"
        raise OptionError(message)
    return shelf.deprecate(endpoint_id, asked.day)


def _revise(shelf: Shelf, body: bytes) -> OnSale:
    endpoint_id, asked = _change(body)
    return shelf.revise(endpoint_id, asked.revision, asked.quantization)


def _remove(shelf: Shelf, body: bytes) -> OnSale:
    return shelf.remove(_change(body)[0])
