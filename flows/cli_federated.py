"""`modelsearch export` and `modelsearch import`: outcomes to and from other projects."""

from pathlib import Path
from typing import Annotated

import typer

from flows import completing
from flows.json_option import Json, tell

export_app = typer.Typer(help="What may leave this project.", no_args_is_help=True)
import_app = typer.Typer(help="What comes from other projects and other tools.", no_args_is_help=True)
SourceName = Annotated[
    str, typer.Argument(help="As it was named when it was imported.", autocompletion=completing.sources)
]


@export_app.command("outcomes")
def export_outcomes(
    runs: Annotated[
        list[str], typer.Argument(help="Finished runs, or folders of recorded tables.", autocompletion=completing.runs)
    ],
    out: Annotated[Path, typer.Option(help="File to write (JSON lines).")],
    means: Annotated[bool, typer.Option("--means", help="One mean a model, no items.")] = False,
    noise: Annotated[float | None, typer.Option(help="With --means: epsilon of Laplace noise on each.")] = None,
    round_to: Annotated[float | None, typer.Option("--round", help="Round scores to multiples of this.")] = None,
    as_json: Json = False,
) -> None:
    """Write how models did on our tasks, for other projects: no texts, no answers, ids hashed with our secret."""
    from modelsearch.api import federated
    from modelsearch.settings import read_settings
    from modelsearch.store.outcome_export import Told

    told = Told(is_by_item=not means, epsilon=noise, score_step=round_to)
    found = federated.export_outcomes(runs, out, told, read_settings())
    lines = [
        f"{found.n_tasks} tasks, {found.n_models} models, {found.n_lines} lines in {found.path}",
        f"privacy: {found.privacy}",
    ]
    tell(lines, {"exported": found}, is_json=as_json)


@import_app.command("outcomes")
def import_outcomes(
    file: Annotated[Path, typer.Argument(help="An export of another project's.")],
    source: Annotated[str, typer.Option(help="Name for whom it comes from.")],
    trust: Annotated[float, typer.Option(help="More than 0, at most 1: how far to believe it.")] = 0.5,
    as_json: Json = False,
) -> None:
    """Learn what to expect of models from another project's outcomes; they are never counted as outcomes of ours."""
    from modelsearch.api import federated
    from modelsearch.settings import read_settings

    found = federated.import_outcomes(file, name=source, trust=trust, settings=read_settings())
    told = f"{found.name}: {found.n_tasks} tasks, {found.n_models} models on them, trust {found.trust:g}"
    tell([told], {"source": found}, is_json=as_json)


@import_app.command("list")
def list_sources(as_json: Json = False) -> None:
    """Whose outcomes were imported, and how far each is trusted."""
    from modelsearch.api.federated import sources
    from modelsearch.settings import read_settings

    found = sources(read_settings())
    lines = [
        f"{each.name}  trust {each.trust:g}, {each.n_tasks} tasks, {each.n_models} models on them, "
        f"{each.imported_at[:10]}, project {each.project}; {each.privacy}"
        for each in found
    ]
    nothing = ["nothing was imported yet: `modelsearch import outcomes FILE --source NAME`"]
    tell(lines or nothing, {"sources": found}, is_json=as_json)


@import_app.command("trust")
def trust_source(
    source: SourceName,
    trust: Annotated[float, typer.Argument(help="More than 0, at most 1.")],
    as_json: Json = False,
) -> None:
    """Trust a source otherwise from now on."""
    from modelsearch.settings import read_settings
    from modelsearch.store.federated import FederatedStore

    found = FederatedStore(read_settings().federated).trust(source, trust)
    tell([f"{found.name}: trust {found.trust:g}"], {"source": found}, is_json=as_json)


@import_app.command("forget")
def forget_source(source: SourceName, as_json: Json = False) -> None:
    """Remove everything that a source told."""
    from modelsearch.settings import read_settings
    from modelsearch.store.federated import FederatedStore

    FederatedStore(read_settings().federated).forget(source)
    tell([f"{source}: forgotten"], {"forgotten": source}, is_json=as_json)
