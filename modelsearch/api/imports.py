"""Logs of other tools become a folder that searches start from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from modelsearch.api.market import market_in_force
from modelsearch.catalog.price import prices_at
from modelsearch.core.errors import LogFileError, OptionError
from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Market
from modelsearch.interop.cells import Price
from modelsearch.interop.imported_folder import Choices, Imported, imported_of, write_imported
from modelsearch.interop.importers import importers
from modelsearch.interop.labels import labelled
from modelsearch.interop.logged import Evaluation, Wanted
from modelsearch.interop.reading import files_of
from modelsearch.settings import Settings


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """One import.

    Attributes:
        tool: an importer's name.
        paths: files or folders of the tool's.
        out: the folder to write.
        renamed: a model's name in the log -> what it is called here, such as an endpoint of the catalogue.
        label_file: targets by item, as people have filled them in.
    """

    tool: str
    paths: tuple[Path, ...]
    out: Path
    wanted: Wanted = field(default_factory=Wanted)
    choices: Choices = field(default_factory=Choices)
    renamed: Mapping[str, str] = field(default_factory=dict)
    label_file: Path | None = None


def import_log(request: ImportRequest, settings: Settings) -> tuple[Imported, list[str]]:
    """Read, hold our scorers against the tool's, and write; what was imported, and the files' names.

    Raises:
        LogFileError: a file cannot be read, or is none of the tool's.
        OptionError: an option does not fit.
        TaskFileError: the scorer that was asked for is none.
    """
    importer = importers()[request.tool]
    evaluation = _renamed(importer.read(request.paths, request.wanted), request.renamed)
    if not evaluation.items:
        raise LogFileError(f"{request.paths[0]}: nothing that can be imported: no items")
    if request.label_file is not None:
        evaluation = labelled(evaluation, request.label_file)
    prices = {**_listed(evaluation, settings), **(request.choices.prices or {})}
    unknown = [model for model in request.choices.prices or {} if model not in evaluation.models]
    if unknown:
        raise OptionError(f"--price: expected one of the models {', '.join(evaluation.models)}, got {unknown[0]!r}")
    imported = imported_of(evaluation, replace(request.choices, prices=prices))
    return imported, write_imported(imported, request.out, files_of(request.paths, importer.patterns))


def _renamed(evaluation: Evaluation, names: Mapping[str, str]) -> Evaluation:
    unknown = [name for name in names if name not in evaluation.models]
    if unknown:
        raise OptionError(f"--rename: expected one of {', '.join(evaluation.models)}, got {unknown[0]!r}")
    if not names:
        return evaluation
    outcomes = tuple(replace(o, model=names.get(o.model, o.model)) for o in evaluation.outcomes)
    reported = tuple(replace(r, model=names.get(r.model, r.model)) for r in evaluation.reported)
    return replace(evaluation, outcomes=outcomes, reported=reported)


def _listed(evaluation: Evaluation, settings: Settings) -> dict[str, Price]:
    """Today's list prices of models that are called as an endpoint of the catalogue is, where the log has no costs."""
    lacking = {o.model for o in evaluation.outcomes if o.cost_usd is None and o.input_tokens is not None}
    if not lacking:
        return {}
    market = market_in_force(settings, datetime.now(UTC).date())
    return {model: price for model in lacking if (price := _price(model, market)) is not None}


def _price(model: str, market: Market) -> Price | None:
    endpoint = market.endpoints.get(EndpointId(model))
    if endpoint is None:
        return None
    prices = prices_at(endpoint, at=datetime.now(UTC), prompt_tokens=0)
    paid_in, paid_out = prices.get("input"), prices.get("output")
    if paid_in is None or paid_out is None:
        return None
    return Price(paid_in, paid_out, f"list price of {market.as_of}")


def task_kinds(settings: Settings) -> tuple[str, ...]:
    """The kinds of task that the catalogue knows."""
    return tuple(market_in_force(settings, datetime.now(UTC).date()).task_kinds)
