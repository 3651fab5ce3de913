"""`modelsearch import TOOL FILE...`: evaluations and traffic of other tools; one command an importer."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli_federated import import_app
from flows.json_option import Json, tell
from modelsearch.core.errors import OptionError
from modelsearch.interop.importers import Importer, importers

if TYPE_CHECKING:
    from modelsearch.core.task import ScorerSpec
    from modelsearch.interop.cells import Price

__all__ = ["import_app"]

Paths = Annotated[list[Path], typer.Argument(help="The tool's files, or folders of them.", show_default=False)]
Out = Annotated[Path, typer.Option(help="Folder to write; it must not be there yet.")]
TaskName = Annotated[str, typer.Option("--task", help="Which task, where the log has several.")]
Score = Annotated[str, typer.Option(help="Which score counts, where the log has several.")]
Model = Annotated[str, typer.Option(help="The model, where the log does not name it; of traffic: which one.")]
TaskId = Annotated[str, typer.Option("--id", help="The task's id here; else the log's own name.")]
Kind = Annotated[str, typer.Option(help="Kind of the task; else guessed.")]
Scorer = Annotated[str, typer.Option(help="Scorer of ours: a name, or `{name: contains, mode: any}`.")]
Prices = Annotated[
    list[str] | None, typer.Option("--price", help="MODEL=IN,OUT in USD per Mtok, where the log has no costs.")
]
Renamed = Annotated[list[str] | None, typer.Option("--rename", help="LOGGED=NAME: what a model is called here.")]
Columns = Annotated[
    list[str] | None, typer.Option("--column", help="Of a CSV: FIELD=COLUMN, such as item=question_id.")
]
Sample = Annotated[int, typer.Option(help="Of traffic: at most so many items, drawn at random.", min=1)]
Seed = Annotated[int, typer.Option(help="Of that draw.")]
Liked = Annotated[bool, typer.Option("--liked-are-targets", help="Of traffic: answers that people liked are targets.")]
Labels = Annotated[Path | None, typer.Option(help="items_to_label.csv of an earlier import, targets filled in.")]


def _command_of(importer: Importer) -> Callable[..., None]:
    """The command of a tool: all have the same options."""

    def command(
        paths: Paths,
        out: Out,
        task: TaskName = "",
        score: Score = "",
        model: Model = "",
        task_id: TaskId = "",
        kind: Kind = "",
        scorer: Scorer = "",
        price: Prices = None,
        rename: Renamed = None,
        column: Columns = None,
        sample: Sample = 400,
        seed: Seed = 0,
        liked_are_targets: Liked = False,
        label_file: Labels = None,
        as_json: Json = False,
    ) -> None:
        _import(importer.name, locals())

    command.__doc__ = importer.told
    return command


def _import(tool: str, given: dict[str, Any]) -> None:
    """Import what the options of a command amount to, and tell it."""
    from modelsearch.api.imports import ImportRequest, import_log
    from modelsearch.interop.imported_folder import Choices
    from modelsearch.interop.imported_lines import document_of, lines_of
    from modelsearch.interop.logged import Wanted
    from modelsearch.settings import read_settings

    wanted = Wanted(
        task=given["task"], score=given["score"], model=given["model"], columns=_pairs("--column", given["column"]),
        n_sampled=given["sample"], seed=given["seed"], is_liked_target=given["liked_are_targets"],
    )  # fmt: skip
    prices = {name: _price(name, text) for name, text in _pairs("--price", given["price"]).items()}
    choices = Choices(
        task_id=given["task_id"], kind=kind_of(given["kind"]), scorer=scorer_of(given["scorer"]), prices=prices
    )
    request = ImportRequest(
        tool=tool, paths=tuple(given["paths"]), out=given["out"], wanted=wanted, choices=choices,
        renamed=_pairs("--rename", given["rename"]), label_file=given["label_file"],
    )  # fmt: skip
    imported, files = import_log(request, read_settings())
    out = request.out
    tell(lines=lines_of(imported, out), data=document_of(imported, out, files), is_json=given["as_json"])


for _importer in importers().values():
    import_app.command(_importer.name)(_command_of(_importer))


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """NAME=VALUE, as often as wanted; the last `=` parts them, for names of models may hold some."""
    found = {}
    for pair in given or ():
        name, sign, value = pair.rpartition("=")
        if not sign or not name.strip() or not value.strip():
            raise OptionError(f"{option}: expected NAME=VALUE, got {pair!r}")
        found[name.strip()] = value.strip()
    return found


def _price(name: str, text: str) -> "Price":
    from decimal import Decimal, InvalidOperation

    from modelsearch.interop.cells import Price

    try:
        paid_in, paid_out = (Decimal(part) for part in text.split(","))
    except (ValueError, InvalidOperation):
        raise OptionError(f"--price {name}: expected IN,OUT in USD per Mtok such as 0.15,0.6, got {text!r}") from None
    if not (paid_in.is_finite() and paid_out.is_finite() and paid_in >= 0 and paid_out >= 0):
        raise OptionError(f"--price {name}: expected two numbers >= 0, got {text!r}")
    return Price(paid_in, paid_out, "your price")


def kind_of(kind: str) -> str:
    """A kind of the catalogue's; "" = none was given.

    Raises:
        OptionError: there is no such kind.
    """
    if not kind:
        return ""
    from modelsearch.api.imports import task_kinds
    from modelsearch.settings import read_settings

    kinds = task_kinds(read_settings())
    if kind not in kinds:
        raise OptionError(f"--kind: expected one of {', '.join(kinds)}, got {kind!r}")
    return kind


def scorer_of(text: str) -> "ScorerSpec | None":
    """A name, or a mapping in YAML with `name`; None = none was given.

    Raises:
        OptionError: it is neither.
    """
    if not text:
        return None
    import yaml

    from modelsearch.core.task import ScorerSpec

    try:
        value: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise OptionError(f"--scorer: expected a name or a mapping, got {text!r}: {error}") from error
    if isinstance(value, str):
        return ScorerSpec(name=value)
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return ScorerSpec(name=value["name"], params={str(k): v for k, v in value.items() if k != "name"})
    raise OptionError(f"--scorer: expected a name or a mapping with `name`, got {text!r}")
