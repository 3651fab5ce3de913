"""The `modelsearch alerts` commands: they need a server that lives on."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.alert_targets import AlertSettings, read_alert_settings
from flows.prefect_env import prepare
from flows.reach import VARIABLE, check_server
from modelsearch.core.errors import OptionError
from modelsearch.settings import read_settings

if TYPE_CHECKING:
    from flows.alerts import Applied, ListedAlert


def applied_alerts(path: Path | None) -> "tuple[Applied, AlertSettings]":
    """Apply the configuration; what was done, and by what.

    Raises:
        OptionError: there is no server, or the configuration cannot be used.
    """
    asked = read_alert_settings(read_settings(), path)
    return asyncio.run(_applied(asked)), asked


async def _applied(asked: AlertSettings) -> "Applied":
    await _ready()
    from flows.alerts import apply_alerts  # noqa: PLC0415 - after the environment is set

    return await apply_alerts(asked, read_settings())


def applied_lines(applied: "Applied", asked: AlertSettings) -> list[str]:
    """The same in words."""
    done = {"made": applied.made, "changed": applied.changed, "kept": applied.kept, "removed": applied.removed}
    lines = [f"{what}: {name}" for what, names in done.items() for name in names]
    who = ", ".join(f"{target.name} ({target.kind})" for target in asked.targets)
    return [*lines, f"told: {who}" if who else "told: nobody; see docs/operations.md for MODELSEARCH_ALERTS"]


def listed_alerts() -> "list[ListedAlert]":
    """The server's alerts, by name."""
    return asyncio.run(_listed())


def listed_lines(found: "Sequence[ListedAlert]") -> list[str]:
    """A line for each alert that the server has."""
    lines = [f"{'on ' if each.is_on else 'off'}  {each.name}: {each.does}" for each in found]
    return sorted(lines) or ["no alerts yet: `modelsearch alerts apply` makes them"]


async def _listed() -> "list[ListedAlert]":
    await _ready()
    from flows.alerts import server_alerts  # noqa: PLC0415

    return await server_alerts()


def send_test() -> None:
    """Tell of a test alarm, and wait until the server has it."""
    asyncio.run(_ready())
    from flows.alerts import tell_test  # noqa: PLC0415

    tell_test()


async def _ready() -> None:
    prepare(read_settings().prefect_home)
    if not os.environ.get(VARIABLE):
        message = f"alerts: {VARIABLE} is not set: an embedded server lives too short to watch; name one that stays"
        raise OptionError(message)
    await check_server()
