import pytest

from modelsearch.catalog.sources.pages import next_url
from tests.unit.catalog.sources.payloads import packed

FIRST = "https://x.test/v1/models?limit=1000"


@pytest.mark.parametrize(
    ("paging", "page", "expected"),
    [
        ("after_id", {"has_more": True, "last_id": "m-9"}, f"{FIRST}&after_id=m-9"),
        ("after_id", {"has_more": False, "last_id": "m-9"}, None),
        ("after_id", {"has_more": True, "last_id": None}, None),
        ("page_token", {"nextPageToken": "a b&c"}, f"{FIRST}&pageToken=a+b%26c"),
        ("page_token", {"nextPageToken": ""}, None),
        (
            "next_link",
            {"links": {"next": "/v1/models?offset=500&limit=500"}},
            "https://x.test/v1/models?offset=500&limit=500",
        ),
        ("next_link", {"links": {"next": None}}, None),
        ("next_link", {"links": {"next": "https://[bad"}}, None),
        ("none", {"has_more": True, "last_id": "m-9", "nextPageToken": "x"}, None),
        ("after_id", [1], None),
    ],
)
def test_the_mark_of_each_provider_is_followed(paging: str, page: object, expected: str | None) -> None:
    assert next_url(paging, FIRST, packed(page)) == expected


def test_a_page_that_cannot_be_read_is_the_last_one() -> None:
    assert next_url("after_id", FIRST, b'{"has_more": true') is None


def test_a_link_elsewhere_keeps_to_the_address_that_was_asked() -> None:
    page = packed({"links": {"next": "https://evil.test/steal?offset=1"}})
    assert next_url("next_link", "https://x.test/models", page) == "https://x.test/models?offset=1"
