"""`docs/reference/cli.md`: every command and option, from the typer tree itself."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import typer

from flows.cli import app

HEAD = """# Command line

Made from the commands themselves by `python -m bench.docs_pages`; do not edit. Every command has `--help`.
Errors and exit codes: [errors](errors.md). Environment variables: [settings](settings.md).
"""


class Command(NamedTuple):
    """One command: its words after `modelsearch`, and typer's own object."""

    words: tuple[str, ...]
    made: Any


def commands() -> list[Command]:
    """Every command that runs something, groups left out, in the order of `--help`."""
    return list(_walk((), typer.main.get_command(app)))


def page() -> str:
    """The page in Markdown."""
    return "\n".join([HEAD, *(_section(command) for command in commands())])


def option_names(made: Any) -> set[str]:
    """Every spelling of an option that a command takes."""
    return {name for each in made.params for name in (*each.opts, *each.secondary_opts) if name.startswith("-")}


def flags(made: Any) -> set[str]:
    """Those of them that take no value."""
    return {name for each in made.params if getattr(each, "is_flag", False) for name in each.opts}


def _walk(words: tuple[str, ...], made: Any) -> Iterator[Command]:
    inner = getattr(made, "commands", None)
    if inner is None:
        yield Command(words, made)
        return
    for name, each in inner.items():
        if not each.hidden:
            yield from _walk((*words, name), each)


def _section(command: Command) -> str:
    name = " ".join(command.words)
    lines = [f"## {name}", "", _text(command.made.help or ""), "", "```text", _usage(command), "```", ""]
    arguments = [each for each in command.made.params if each.param_type_name == "argument"]
    options = [each for each in command.made.params if each.param_type_name == "option" and not each.hidden]
    for title, given in (("argument", arguments), ("option", options)):
        if given:
            lines += [f"| {title} | takes | by default | meaning |", "|---|---|---|---|", *map(_row, given), ""]
    return "\n".join(lines)


def _usage(command: Command) -> str:
    arguments = [_argument(each) for each in command.made.params if each.param_type_name == "argument"]
    return " ".join(["modelsearch", *command.words, "[OPTIONS]", *arguments])


def _argument(each: Any) -> str:
    name = each.name.upper() + ("..." if each.nargs == -1 else "")
    return name if each.required else f"[{name}]"


def _row(each: Any) -> str:
    names = [*each.opts, *each.secondary_opts] if each.param_type_name == "option" else [each.name.upper()]
    return (
        f"| {', '.join(f'`{name}`' for name in names)} | {_takes(each)} | {_default(each)} | {_text(each.help or '')} |"
    )


def _takes(each: Any) -> str:
    if getattr(each, "is_flag", False):
        return "nothing"
    told = each.type_descriptor.annotation
    name = {"str": "text", "int": "whole number", "float": "number", "Path": "path"}.get(
        getattr(told, "__name__", ""), ""
    )
    return (name or "text") + (", repeatable" if each.multiple or each.nargs == -1 else "")


def _default(each: Any) -> str:
    if each.required:
        return "required"
    if each.default in (None, "", False, ()) or callable(each.default):
        return "-"
    return f"`{each.default}`"


def _text(told: str) -> str:
    """One paragraph that breaks no table and is no markup."""
    return " ".join(told.split()).replace("|", "\\|").replace("<", "&lt;")
