"""Who is told: targets from a YAML file or from variables, and the encrypted blocks that hold their addresses.

An address is a secret (who has it can write there), so it comes from an environment variable only, once, when alerts
are applied; the server keeps it encrypted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import yaml

from flows.alert_rules import Patience, rules
from modelsearch.core.errors import KeyMissingError, OptionError
from modelsearch.settings import Settings

if TYPE_CHECKING:
    from prefect.blocks.core import Block

Kind = Literal["slack", "teams", "email", "webhook"]
VARIABLE = "MODELSEARCH_ALERTS"
"""Names the file; with _SLACK, _TEAMS, _EMAIL or _WEBHOOK appended, an address where there is no file."""
FILE = "alerts.yaml"
BLOCK_PREFIX = "modelsearch-"
_SCHEMES = {"email": ("mailto://", "mailtos://")}
_RULE_NAMES = frozenset(rule.name for rule in rules(Patience()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place that is told.

    Attributes:
        url_env: variable with the address: a Slack or Teams webhook, any URL, or for e-mail `mailtos://user:password@
            server?to=someone@example.org`.
        only: names of rules; empty = all.
    """

    name: str
    kind: Kind
    url_env: str
    only: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """What is watched and who is told."""

    targets: tuple[Target, ...] = ()
    patience: Patience = field(default_factory=Patience)


def read_alert_settings(settings: Settings, path: Path | None) -> AlertSettings:
    """From the file given, named by MODELSEARCH_ALERTS, or at home; where there is none, from variables.

    Raises:
        OptionError: the file cannot be read, or says what cannot be done.
    """
    named = settings.key(VARIABLE)
    at_home = settings.home / FILE
    found = path or (Path(named) if named else at_home if at_home.is_file() else None)
    if found is None:
        return AlertSettings(targets=_from_variables(settings))
    try:
        content = yaml.safe_load(found.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        message = f"alerts {found}: cannot be read: {' '.join(str(error).split())}"
        raise OptionError(message) from error
    return _settings(content, found)


def _from_variables(settings: Settings) -> tuple[Target, ...]:
    kinds: tuple[Kind, ...] = get_args(Kind)
    names = {kind: f"{VARIABLE}_{kind.upper()}" for kind in kinds}
    return tuple(Target(name=kind, kind=kind, url_env=names[kind]) for kind in kinds if settings.key(names[kind]))


def _settings(content: Any, path: Path) -> AlertSettings:
    known = {"notify", "night_h", "heartbeat_s"}
    if not isinstance(content, Mapping) or not set(content) <= known or not isinstance(content.get("notify"), list):
        message = f"alerts {path}: expected a mapping with `notify`, a list, and at most night_h and heartbeat_s"
        raise OptionError(message)
    targets = tuple(_target(entry, path) for entry in content["notify"])
    if len({target.name for target in targets}) < len(targets):
        message = f"alerts {path}: two entries of `notify` have the same name"
        raise OptionError(message)
    patience = {name: _positive(content[name], name, path) for name in ("night_h", "heartbeat_s") if name in content}
    return AlertSettings(targets=targets, patience=Patience(**patience))


def _target(entry: Any, path: Path) -> Target:
    if not isinstance(entry, Mapping) or not {"name", "kind", "url_env"} <= set(entry) <= {
        "name",
        "kind",
        "url_env",
        "only",
    }:
        message = f"alerts {path}: each entry of `notify` needs name, kind and url_env, and may have only"
        raise OptionError(message)
    name, only = str(entry["name"]), frozenset(map(str, entry.get("only") or ()))
    if entry["kind"] not in get_args(Kind):
        message = f"alerts {path}: kind of {name!r}: expected one of {', '.join(get_args(Kind))}, got {entry['kind']!r}"
        raise OptionError(message)
    if not only <= _RULE_NAMES:
        allowed, got = ", ".join(sorted(_RULE_NAMES)), ", ".join(sorted(only))
        message = f"alerts {path}: only of {name!r}: expected some of {allowed}, got {got}"
        raise OptionError(message)
    if not name.isascii() or not name.replace("-", "").isalnum() or name != name.lower():
        message = f"alerts {path}: name: expected lower-case letters, digits and dashes, got {name!r}"
        raise OptionError(message)
    return Target(name=name, kind=entry["kind"], url_env=str(entry["url_env"]), only=only)


def _positive(value: Any, name: str, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        message = f"alerts {path}: {name}: expected a number above 0, got {value!r}"
        raise OptionError(message)
    return float(value)


def block_of(target: Target, settings: Settings) -> "Block":
    """The block that holds the target's address; its name on the server is `block_name`.

    Raises:
        KeyMissingError: the variable is not set.
        OptionError: it holds nothing that can be written to. The message does not show it.
    """
    from prefect.blocks.notifications import MicrosoftTeamsWebhook, SlackWebhook  # noqa: PLC0415 - 2 s
    from prefect.blocks.webhook import Webhook  # noqa: PLC0415

    url: Any = _address(target, settings)
    headers: Any = {"content-type": "application/json"}
    try:
        if target.kind == "webhook":
            return Webhook(url=url, headers=headers, allow_private_urls=True)
        # Slack's block hands any address to Apprise, which also sends mail; Prefect's server has no block for SMTP
        return MicrosoftTeamsWebhook(url=url) if target.kind == "teams" else SlackWebhook(url=url)
    except ValueError:
        message = f"alerts: {target.url_env}: expected an address for {target.kind}"
        raise OptionError(message) from None


def block_name(target: Target) -> str:
    """Of its document on the server."""
    return f"{BLOCK_PREFIX}{target.name}"


def _address(target: Target, settings: Settings) -> str:
    from apprise import Apprise  # noqa: PLC0415 - 0.3 s

    url = settings.key(target.url_env)
    if url is None:
        message = f"alerts: {target.name!r} needs its address in the environment variable {target.url_env}"
        raise KeyMissingError(message)
    schemes = _SCHEMES.get(target.kind, ("https://", "http://"))
    if not url.startswith(schemes) or (target.kind != "webhook" and not Apprise().add(url)):
        message = (
            f"alerts: {target.url_env}: expected an address for {target.kind} beginning with {' or '.join(schemes)}"
        )
        raise OptionError(message)
    return url
