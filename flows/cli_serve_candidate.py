"""`modelsearch serve-candidate`: a certified single, ensemble or cascade behind OpenAI's API."""

from enum import StrEnum
from typing import Annotated

import typer

from flows.json_option import Json, tell


class ServeMode(StrEnum):
    """What clients send."""

    MESSAGES = "messages"
    INPUT = "input"


def serve_candidate(
    run: Annotated[str, typer.Argument(help="A finished run's id, or its beginning.")],
    host: Annotated[str, typer.Option(help="Beyond loopback it needs a key, and TLS before it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 4310,
    mode: Annotated[
        ServeMode, typer.Option(help="messages: passed on as they are; input: the task's prompt is applied.")
    ] = ServeMode.MESSAGES,
    max_usd: Annotated[str | None, typer.Option(help="Hard limit of all calls together, until it is stopped.")] = None,
    key_env: Annotated[str, typer.Option(help="Variable with the key that clients send.")] = "MODELSEARCH_SERVE_KEY",
    fallback: Annotated[bool, typer.Option("--fallback/--no-fallback", help="The baseline stands in.")] = True,
    concurrency: Annotated[int, typer.Option(help="Requests worked on at once.", min=1)] = 32,
    timeout_s: Annotated[float, typer.Option(help="Of a request, its wait included.", min=1)] = 120.0,
    as_json: Json = False,
) -> None:
    """Serve what a run recommends behind OpenAI's API, exactly as it was evaluated, until stopped with Ctrl-C.

    Members vote and legs escalate by the rules that were certified; where one is down, the baseline answers.
    """
    from flows.served_candidate import ServedLimits
    from flows.served_candidate_run import ServedAt, run_served
    from modelsearch.api.serving import ServingOptions, amount_of
    from modelsearch.settings import read_settings

    options = ServingOptions(run=run, mode=mode.value, max_usd=amount_of(max_usd), has_fallback=fallback)
    limits = ServedLimits(n_at_once=concurrency, n_waiting=2 * concurrency, timeout_s=timeout_s)
    at = ServedAt(host=host, port=port, key_variable=key_env, limits=limits)
    run_served(read_settings(), options, at, lambda line: typer.echo(line, err=True))
    tell(["stopped"], {"run": run, "port": port}, is_json=as_json)
