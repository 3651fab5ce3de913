"""Kinds that are whole JSON and yet cannot be true: shapes, rows, prices, floods."""

import json
from collections.abc import Callable
from typing import Any

from bench.sync_kinds import Kind, Spoil, saying, sending
from bench.sync_site import Site, names_of, true_usd

FIRST = f"openrouter/{names_of('openrouter')[0]}"
CLAUDE = "anthropic/anthropic-chat-0"
NEW = "maker-9/model-new"


def pricing(number: int = 0, **told: Any) -> Spoil:
    """A row of OpenRouter's tells other prices."""
    return lambda site: site.row("openrouter", number)["pricing"].update(told)


def cost(provider: str, number: int = 0, **told: Any) -> Spoil:
    """A row of models.dev tells other prices."""
    return lambda site: site.said["models.dev"][provider]["models"][names_of(provider)[number]]["cost"].update(told)


def rows(change: Callable[[list[Any]], Any], source: str = "openrouter") -> Spoil:
    """Other rows in `data`."""

    def spoil(site: Site) -> None:
        site.said[source]["data"] = change(site.said[source]["data"])

    return spoil


def each_row(change: Callable[[Any], None]) -> Spoil:
    """Every row of OpenRouter's is changed."""

    def spoil(site: Site) -> None:
        for row in site.said["openrouter"]["data"]:
            change(row)

    return spoil


def times(factor: float) -> Callable[[Any], None]:
    """Prices times a factor."""

    def change(row: Any) -> None:
        for key in ("prompt", "completion", "input_cache_read"):
            row["pricing"][key] = f"{float(row['pricing'][key]) * factor:.15f}"

    return change


def _opinions(change: Callable[[Any], None]) -> Spoil:

    def spoil(site: Site) -> None:
        for row in (row for maker in site.said["genai-prices"] for row in maker["models"]):
            change(row)

    return spoil


def _dear_batch(row: Any) -> None:
    row["price_variants"][0]["prices"] = {key: 3 * usd for key, usd in row["prices"].items()}


def _double(row: Any) -> None:
    row["prices"] = {key: 2 * usd for key, usd in row["prices"].items()}


def _zero_all(site: Site) -> None:
    for row in site.said["models.dev"]["openai"]["models"].values():
        row["cost"] = {"input": 0, "output": 0}


def _per_token(site: Site) -> None:
    for maker in site.said["models.dev"].values():
        for row in maker["models"].values():
            row["cost"] = {key: usd / 1e6 for key, usd in row["cost"].items()}


def _added(n_rows: int, **told: Any) -> Spoil:
    """New rows, like the first one but for their names."""

    def change(known: list[Any]) -> list[Any]:
        news = [{**known[0], "id": f"{NEW}-{i}" if n_rows > 1 else NEW, **told} for i in range(n_rows)]
        return [*known, *news]

    return rows(change)


def _named(wire: Any) -> Spoil:
    return rows(lambda known: [*known, {**known[0], "id": wire}])


def _revised(row: Any) -> None:
    row["canonical_slug"] = "other/weights-20261119"


def _without_prices(row: Any) -> None:
    row["price"] = row.pop("pricing")


def _twice(known: list[Any]) -> list[Any]:
    dear = {**known[0], "pricing": {**known[0]["pricing"], "prompt": "0.000009"}}
    return [*known, dear]


def _keys_twice(body: bytes) -> bytes:
    return body.replace(b'"prompt":', b'"prompt": "0.0000001", "prompt":', 1)


def _model_twice(body: bytes) -> bytes:
    return body.replace(b'"openai-chat-1":', b'"openai-chat-0":', 1)


def usd(value: float) -> str:
    """As prices in force are compared."""
    return f"{value:g}"


IN = true_usd("openrouter", 0)[0]
HUGE_INT = json.dumps({"data": []}).encode().replace(b"[]", b"[" + b"9" * 100_000 + b"]")
NAN = saying(lambda body: body.replace(b'"prompt": "0.000000300000"', b'"prompt": NaN', 1))
SHAPE_KINDS = (
    Kind(name="list in place of object", spoil=sending(b"[]"), ends="refused", says=("expected {data",)),
    Kind(name="object in place of list", spoil=sending(b'{"data": {"a": 1}}'), ends="refused", says=("got dict",)),
    Kind(name="null", spoil=sending(b"null"), ends="refused", says=("expected {data",)),
    Kind(name="a text", spoil=sending(b'"down for maintenance"'), ends="refused"),
    Kind(name="an error in a 200", spoil=sending(b'{"error": {"code": 500}}'), ends="refused", says=("got NoneType",)),
    Kind(name="empty list", spoil=sending(b'{"data": []}'), ends="refused", says=("nothing is listed",)),
    Kind(name="empty list of a provider", spoil=sending(b'{"data": []}', "openai"), source="openai", ends="refused"),
    Kind(name="models.dev without models", spoil=sending(b'{"openai": {}}', "models.dev"), source="models.dev",
         ends="refused", says=("expected {provider",)),
    Kind(name="one row left", spoil=rows(lambda known: known[:1]), ends="refused", says=("1 rows, 60 before",)),
    Kind(name="a quarter of the rows gone", spoil=rows(lambda known: known[15:]), ends="refused", says=("45 rows",)),
    Kind(name="ten rows gone, once", spoil=rows(lambda known: known[10:]), ends="read"),
    Kind(name="rows of wrong kinds", spoil=rows(lambda known: [*known, None, 7, "x", [], {}]), ends="read",
         says=("a row was left out",)),
    Kind(name="100,000 rows", spoil=rows(lambda _: [{"id": f"a/{i}"} for i in range(100_000)]),
         ends="refused", says=("50000 rows",)),
    Kind(name="a price named twice", spoil=saying(_keys_twice), ends="refused", says=("'prompt' twice",)),
    Kind(name="a model named twice", spoil=saying(_model_twice, "models.dev"), source="models.dev", ends="refused",
         says=("twice",)),
    Kind(name="one id, two prices", spoil=rows(_twice), ends="read", says=("listed twice",),
         changed={(FIRST, "input"): "9"}),
    Kind(name="id of 10,000 characters", spoil=_named("a" * 10_000), ends="read", says=("expected an id",)),
    Kind(name="id with control characters", spoil=_named("a/\x1b[2Jb\n"), ends="read", says=("expected an id",)),
    Kind(name="id that is an object", spoil=_named({"$ne": ""}), ends="read", says=("expected an id",)),
    Kind(name="id that climbs folders", spoil=_named("../../etc/passwd"), ends="read", says=("expected an id",)),
    Kind(name="a number of 100,000 digits", spoil=sending(HUGE_INT), ends="refused"),
)  # fmt: skip
PRICE_KINDS = (
    Kind(name="negative price", spoil=pricing(prompt="-0.0000005"), ends="read", says=(FIRST, "unknown"),
         changed={(FIRST, "input"): None}),
    Kind(name="sentinel -1", spoil=pricing(prompt="-1", completion="-1"), ends="read", says=(FIRST, "unknown"),
         changed={(FIRST, "input"): None, (FIRST, "output"): None}),
    Kind(name="NaN", spoil=NAN, ends="read", says=(FIRST, "unknown now"), changed={(FIRST, "input"): None}),
    Kind(name="Infinity as text", spoil=pricing(prompt="Infinity"), ends="read", says=(FIRST, "unknown"),
         changed={(FIRST, "input"): None}),
    Kind(name="1e400", spoil=pricing(prompt="1e400"), ends="read", says=("unknown now",),
         changed={(FIRST, "input"): None}),
    Kind(name="price of 100,000 digits", spoil=pricing(prompt="9" * 100_000), ends="read",
         changed={(FIRST, "input"): None}),
    Kind(name="prices of wrong types", spoil=pricing(prompt={"usd": 1}, completion=[2], input_cache_read=True),
         ends="read", says=(FIRST, "unknown"),
         changed={(FIRST, kind): None for kind in ("input", "output", "cache_read")}),
    Kind(name="zero where nothing is free", spoil=pricing(prompt="0", completion="0"), ends="read",
         says=("unknown now",),
         changed={(FIRST, "input"): None, (FIRST, "output"): None}),
    Kind(name="a decoder's zeros", spoil=_zero_all, source="models.dev", ends="refused", says=("rows with prices",)),
    Kind(name="per Mtok in place of per token", spoil=pricing(prompt=usd(IN)), ends="read", says=("quarantined",)),
    Kind(name="above 1,000 USD", spoil=pricing(prompt="0.0010001"), ends="read", says=("quarantined", "1000 USD")),
    Kind(name="above 1,000 USD, a new model", spoil=_added(1, pricing={"prompt": "5", "completion": "5"}), ends="read",
         says=(NEW, "quarantined"),
         changed={(f"openrouter/{NEW}", "input"): None, (f"openrouter/{NEW}", "last day"): "None"}),
    Kind(name="a hundredfold", spoil=pricing(prompt=f"{IN * 100 / 1e6:.9f}"), ends="read", says=("100 times",)),
    Kind(name="a hundredth", spoil=pricing(prompt=f"{IN / 100 / 1e6:.12f}"), ends="read", says=("100 times",)),
    Kind(name="unit slip of a whole source, up", spoil=each_row(times(1e6)), ends="refused", says=("unit",)),
    Kind(name="unit slip of a whole source, down", spoil=each_row(times(1e-3)), ends="refused", says=("unit",)),
    Kind(name="per token in models.dev", spoil=_per_token, source="models.dev", ends="refused", says=("unit",)),
    Kind(name="all prices under another name", spoil=each_row(_without_prices), ends="refused",
         says=("rows with prices",)),
    Kind(name="cache dearer than input", spoil=pricing(input_cache_read="0.000001"), ends="read", says=("unknown now",),
         changed={(FIRST, "cache_read"): None}),
    Kind(name="cache dearer than input in models.dev", spoil=cost("openai", cache_read=1), source="models.dev",
         ends="read", says=("cache_read: expected at most",)),
    Kind(name="batch dearer than standard", source="genai-prices", ends="read",
         spoil=lambda site: _dear_batch(site.said["genai-prices"][0]["models"][0]),
         says=("in batch: expected at most",)),
    Kind(name="discount of 500 %", spoil=pricing(discount=5), ends="read"),
    Kind(name="negative discount", spoil=pricing(discount=-9), ends="read"),
    Kind(name="a cheap condition nobody knows", ends="read",
         spoil=pricing(overrides=[{"moon": "full", "prompt": "0.000000001", "completion": "0.000000001"}])),
    Kind(name="two sources disagree: half", spoil=cost("anthropic", input=true_usd("anthropic", 0)[0] / 2),
         source="models.dev", ends="read", says=(CLAUDE, "the higher is used")),
    Kind(name="a cut of half that goes back", spoil=pricing(prompt=f"{IN / 2 / 1e6:.9f}"), ends="read", n_syncs=20),
    Kind(name="a cut of 3 % that goes back", spoil=pricing(prompt=f"{IN * 0.97 / 1e6:.9f}"), ends="read", n_syncs=2),
    Kind(name="last day in the year 9999", ends="read",
         spoil=lambda site: site.row("openrouter").update(expiration_date="9999-99-99")),
    Kind(name="last day long ago", ends="read", says=("not believed",),
         spoil=lambda site: site.row("openrouter").update(expiration_date="2021-01-01")),
)  # fmt: skip
FLOOD_KINDS = (
    Kind(name="everything ends tomorrow", ends="held", says=("60 get another last day",),
         spoil=each_row(lambda row: row.update(expiration_date="2026-11-21"))),
    Kind(name="a provider is not active", source="groq", ends="refused", says=("nothing is listed",),
         spoil=rows(lambda known: [{**row, "active": False} for row in known], "groq")),
    Kind(name="everything at half price", spoil=each_row(times(0.5)), ends="held", says=("60 of 126 endpoints",)),
    Kind(name="everything at double price", spoil=each_row(times(2)), ends="held", says=("held until a person",)),
    Kind(name="100 new models at once", spoil=_added(100), ends="held", says=("100 appear",)),
    Kind(name="every alias moves", spoil=each_row(_revised), ends="held", says=("60 are another model",)),
    Kind(name="every second opinion doubles", spoil=_opinions(_double), source="genai-prices", ends="held",
         says=("30 cost 5 %",)),
)  # fmt: skip
ROW_KINDS = (*SHAPE_KINDS, *PRICE_KINDS, *FLOOD_KINDS)
