"""The `modelsearch` command. Imports late: `--help` needs neither Prefect nor pandas."""

import contextlib
import os
import sys
from itertools import pairwise
from typing import Any

import typer

from flows import (
    cli_compare_app,
    cli_export,
    cli_federated,
    cli_feedback,
    cli_import,
    cli_init,
    cli_inspect,
    cli_local,
    cli_nights,
    cli_propose,
    cli_runs,
    cli_schema,
    cli_search,
    cli_serve,
    cli_serve_candidate,
    cli_site,
    json_option,
)
from flows.cli_catalog_app import catalog_app
from modelsearch.core.errors import ModelsearchError

app = typer.Typer(
    name="modelsearch",
    help="Find the cheapest LLM or ensemble that is as good as the one you use now, with the evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(catalog_app, name="catalog")
app.add_typer(cli_serve.alerts_app, name="alerts")
app.add_typer(cli_nights.tasks_app, name="tasks")
app.add_typer(cli_federated.export_app, name="export")
app.add_typer(cli_import.import_app, name="import")
INTERRUPTED = 130
STOPPED = "everything paid is kept; `modelsearch runs` lists the run, `resume` goes on"


def main() -> None:
    """Run the command; errors made for people are one line, exit codes are those of docs/exit-codes.md."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        # read once, when numpy is imported: our matrices are small, and more threads only wait for each other
        os.environ.setdefault(name, "1")
    if json_option.is_asked(sys.argv[1:]):
        with json_option.claimed_stdout():
            code = _ended()
    else:
        code = _ended()
    if code == INTERRUPTED:
        _hush()
    sys.exit(code)


def _ended() -> int:
    """Run the command and say how it ended; the exit code."""
    try:
        code = app(standalone_mode=False)
    except ModelsearchError as error:
        return _failed(json_option.failure_of(error))
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        if getattr(error, "format_message", None) is None:
            _tell_bug(error)
            raise
        return _failed(_misused(error))
    if code == INTERRUPTED:  # typer itself turns Ctrl-C within a command into this code
        return _failed(json_option.Failure(code="interrupted", message=STOPPED, exit_code=INTERRUPTED), "stopped")
    return code if isinstance(code, int) else 0


def _hush() -> None:
    """Nothing more is said: threads of libraries that end after an interrupt, or never, write over the prompt."""
    from flows.stopping import end_within

    with contextlib.suppress(AttributeError, OSError, ValueError):  # a stderr that is no file stays as it is
        sys.stderr.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        end_within(INTERRUPTED)


def _failed(failure: "json_option.Failure", word: str = "error") -> int:
    """Say why, on stderr and as a document where that is asked for; the exit code."""
    sys.stderr.write(f"{word}: {_one_line(failure.message)}\n")
    if json_option.is_asked(sys.argv[1:]):
        json_option.tell_failure(failure)
    return failure.exit_code


def _misused(error: Any) -> "json_option.Failure":
    """A command, option or argument that typer refuses."""
    json_option.note_command(getattr(error, "ctx", None))
    code = getattr(error, "exit_code", 2)
    return json_option.Failure(
        code="usage", message=f"{error.format_message()}{_got(error)}; see --help", exit_code=code
    )


def _tell_bug(error: Exception) -> None:
    """A fault of ours: its traceback follows on stderr."""
    if json_option.is_asked(sys.argv[1:]):
        told = f"{type(error).__name__}: a fault of modelsearch, its traceback is on stderr"
        json_option.tell_failure(json_option.Failure(code="internal", message=told, exit_code=1))


for _name, _command in {**cli_search.COMMANDS, **cli_runs.COMMANDS, **cli_local.COMMANDS}.items():
    app.command(_name)(_command)
app.command()(cli_compare_app.compare)
cli_federated.export_app.command("recommendation")(cli_export.export_recommendation)
app.command()(cli_init.init)
app.command()(cli_schema.schema)
cli_federated.import_app.command("inspect-task")(cli_inspect.import_inspect_task)
app.command()(cli_nights.nightly)
app.command()(cli_feedback.feedback)
app.command("feedback-serve")(cli_feedback.feedback_serve)
app.command()(cli_serve.serve)
app.command("serve-candidate")(cli_serve_candidate.serve_candidate)
app.command()(cli_serve.server)
app.command()(cli_site.site)
app.command()(cli_propose.propose)


def _got(error: Exception) -> str:
    """What was typed for the option that the error is about, as far as it can be told."""
    names = getattr(getattr(error, "param", None), "opts", ())
    typed = [value for name, value in pairwise(sys.argv) if name in names]
    return f", got {typed[-1]!r}" if typed else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    main()
