"""Which page of a listing comes after this one: as each provider marks it, and never at another address. Pure.

Anthropic: `has_more` and `last_id`; Google: `nextPageToken`; OpenRouter: `links.next`, of which only the query counts.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from modelsearch.catalog.sources.fields import object_of, text_of
from modelsearch.catalog.sources.payload import value_of
from modelsearch.core.errors import CatalogError

MAX_PAGES = 20
_MAX_LINK = 2000
_Marks = Callable[[Mapping[str, Any]], list[tuple[str, str]]]


def next_url(paging: str, url: str, body: bytes) -> str | None:
    """The address of the next page.

    Args:
        paging: of `SourceSpec`.
        url: of the first page, with its query.
        body: of this page.

    Returns:
        None after the last page, and after one that cannot be read: the reader of the payload will say why.
    """
    marks = _MARKS.get(paging)
    if marks is None:
        return None
    try:
        found = marks(object_of(value_of(body, paging)))
    except CatalogError:
        return None
    if not found:
        return None
    path, _, query = url.partition("?")
    taken = {key for key, _ in found}
    kept = [(key, value) for key, value in parse_qsl(query) if key not in taken]
    return f"{path}?{urlencode([*kept, *found])}"


def _after_id(page: Mapping[str, Any]) -> list[tuple[str, str]]:
    last = text_of(page.get("last_id"))
    return [("after_id", last)] if page.get("has_more") is True and last else []


def _page_token(page: Mapping[str, Any]) -> list[tuple[str, str]]:
    token = page.get("nextPageToken")
    return [("pageToken", token)] if isinstance(token, str) and 0 < len(token) <= _MAX_LINK else []


def _next_link(page: Mapping[str, Any]) -> list[tuple[str, str]]:
    link = object_of(page.get("links")).get("next")
    if not isinstance(link, str) or len(link) > _MAX_LINK:
        return []
    try:
        return parse_qsl(urlsplit(link).query)
    except ValueError:
        return []


_MARKS: Mapping[str, _Marks] = {"after_id": _after_id, "page_token": _page_token, "next_link": _next_link}
