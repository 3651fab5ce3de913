"""Commands about production feedback: take in a file, or open the door for it."""

from pathlib import Path
from typing import Annotated

import typer

from flows import completing
from flows.json_option import Json, tell, tell_json


def feedback(
    file: Annotated[Path, typer.Argument(help="CSV, JSONL or Parquet: task, candidate, item, score or thumbs, ...")],
    task: Annotated[
        str, typer.Option(help="Whose rows they are, where they do not say.", autocompletion=completing.tasks)
    ] = "",
    source: Annotated[str, typer.Option(help="Where they come from, where they do not say.")] = "",
    as_json: Json = False,
) -> None:
    """Take in what production says of answers; it counts as a prior in the next night, never in a certificate."""
    from modelsearch.api.feedback import import_feedback
    from modelsearch.settings import read_settings

    kept = import_feedback(file, read_settings(), task=task, source=source)
    tell(
        [f"{kept.n_new} rows kept, {kept.n_known} were known"],
        {"n_new": kept.n_new, "n_known": kept.n_known, "clashing": kept.clashing},
        is_json=as_json,
    )
    if kept.clashing:
        typer.echo(
            f"{len(kept.clashing)} rows not kept, for their ids are taken by others, such as {kept.clashing[0]}",
            err=True,
        )
        raise typer.Exit(1)


def feedback_serve(
    host: Annotated[str, typer.Option(help="Beyond loopback, put TLS before it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 4290,
    as_json: Json = False,
) -> None:
    """Take in feedback over HTTP; MODELSEARCH_FEEDBACK_KEYS=task=VARIABLE,... names the variable of each task's key."""
    import uvicorn

    from flows.feedback_app import feedback_app
    from modelsearch.settings import read_settings
    from modelsearch.store.feedback import FeedbackStore

    settings = read_settings()
    app = feedback_app(settings, FeedbackStore(settings.feedback))
    typer.echo(f"feedback at http://{host}:{port}/feedback/TASK, stop with Ctrl-C", err=True)
    if as_json:
        tell_json({"url": f"http://{host}:{port}/feedback"})
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, limit_concurrency=100)
