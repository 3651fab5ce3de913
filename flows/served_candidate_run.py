"""Runs the server of a certified candidate until it is stopped."""

import asyncio
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field

import uvicorn

from flows.served_candidate import ServedDoor, ServedLimits, served_app
from modelsearch.api.serving import Serving, ServingOptions, open_serving
from modelsearch.core.errors import OptionError
from modelsearch.settings import Settings

LEAST_KEY_CHARS = 16
GRACE_S = 10


@dataclass(frozen=True, kw_only=True)
class ServedAt:
    """Where it is served. `key_variable` names the variable that holds the key which clients send."""

    host: str = "127.0.0.1"
    port: int = 4310
    key_variable: str = "MODELSEARCH_SERVE_KEY"
    limits: ServedLimits = field(default_factory=ServedLimits)


def run_served(settings: Settings, options: ServingOptions, at: ServedAt, tell: Callable[[str], None]) -> None:
    """Serve until interrupted; what happens is told line by line.

    Raises:
        InputError: it cannot be served, not in this mode, or not here without a key.
    """
    key = serve_key(settings, at)
    asyncio.run(_serve(settings, options, (at, key), tell))


def serve_key(settings: Settings, at: ServedAt) -> str | None:
    """The key that clients have to send; None = none is asked for, on loopback alone.

    Raises:
        OptionError: a key is needed and not set, or it is too short.
    """
    key = settings.key(at.key_variable)
    if key is None and not _is_loopback(at.host):
        message = f"--host {at.host}: beyond this machine clients need a key: export {at.key_variable}=..."
        raise OptionError(message)
    if key is not None and len(key) < LEAST_KEY_CHARS:
        raise OptionError(f"{at.key_variable}: expected a key of at least {LEAST_KEY_CHARS} characters")
    return key


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _serve(
    settings: Settings, options: ServingOptions, where: tuple[ServedAt, str | None], tell: Callable[[str], None]
) -> None:
    at, key = where
    seen: set[str] = set()

    def warn(message: str) -> None:
        if message not in seen and len(seen) < 1000:
            seen.add(message)
            tell(f"warning: {message}")

    async with open_serving(settings, options, warn) as serving:
        tell("\n".join(_said(serving, at, has_key=key is not None)))
        app = served_app(ServedDoor(serving, key, at.limits))
        config = uvicorn.Config(
            app, host=at.host, port=at.port, log_level="warning", access_log=False, lifespan="off",
            timeout_graceful_shutdown=GRACE_S, server_header=False,
        )  # fmt: skip
        await uvicorn.Server(config).serve()
        spend = serving.ledger.spend()
        tell(f"spent: {spend.settled_usd:f} USD settled, {spend.unknown_usd:f} USD unknown, {spend.n_calls} calls")


def _said(serving: Serving, at: ServedAt, *, has_key: bool) -> list[str]:
    """What is served, where, and on what it rests."""
    deployed, options = serving.deployed, serving.options
    how = "messages are passed on as they are"
    if options.mode == "input":
        how = "the user message is an item's input; the task's own prompt is applied to it"
    return [
        *deployed.told,
        f"base URL http://{at.host}:{at.port}/v1, model {deployed.name!r}",
        f"mode {options.mode}: {how}",
        f"key: {f'in {at.key_variable}' if has_key else 'none is asked for, on this machine alone'}",
        f"fallback: {deployed.baseline.single.id if serving.has_fallback else 'none'}",
        f"limit: {'none' if options.max_usd is None else f'{options.max_usd:f} USD until it is stopped'}",
    ]
