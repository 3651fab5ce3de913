"""The JSON schema of each kind of file that people write: editors check and complete it while it is typed."""

from pathlib import Path

from modelsearch.catalog.schema import schema_texts
from modelsearch.core import registry
from modelsearch.core.errors import OptionError
from modelsearch.core.market import Market
from modelsearch.taskfile.json_schema import registration_schema, schema_text, task_schema
from modelsearch.taskfile.read import read_text
from modelsearch.taskfile.scorer import did_you_mean

SUFFIX = ".schema.json"
WRITTEN_BY_HAND = ("plan",)
"""Plans are read by the rooms of their strategies; their schema is a file of the catalogue's own."""


def schemas(market: Market, catalogs: Path) -> dict[str, str]:
    """Text of each schema by the name of what it is about.

    Args:
        market: whose task kinds editors offer.
        catalogs: folder of the catalogue, for schemas that are written by hand.
    """
    found = {name.removesuffix(SUFFIX): text for name, text in schema_texts().items()}
    by_hand = {name: read_text(catalogs / "schemas" / f"{name}{SUFFIX}", "schema") for name in WRITTEN_BY_HAND}
    own = {"task": task_schema_text(market), "registration": schema_text(registration_schema())}
    return dict(sorted({**found, **by_hand, **own}.items()))


def task_schema_text(market: Market) -> str:
    """The schema of a task spec, with the kinds of the market and every scorer that is installed."""
    return schema_text(task_schema(sorted(market.task_kinds), registry.names("scorer")))


def schema_named(name: str, market: Market, catalogs: Path) -> str:
    """The text of one schema.

    Raises:
        OptionError: there is none of that name.
    """
    known = schemas(market, catalogs)
    if name not in known:
        message = f"schema: expected one of {', '.join(known)}, or all, got {name!r}{did_you_mean(name, tuple(known))}"
        raise OptionError(message)
    return known[name]
