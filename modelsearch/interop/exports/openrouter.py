"""A recommendation as OpenRouter request settings: model, pinned host, price limit; only the messages are missing."""

import json
from typing import Any

from modelsearch.core.errors import OptionError
from modelsearch.interop.exports.deployed import Deployed, Leg
from modelsearch.interop.exports.lines import one_line
from modelsearch.providers.router import ROUTER_ID

_TEXTS = ("messages",)


def openrouter_settings(deployed: Deployed) -> str:
    """JSON: what is known of it under `about`, then each request without its messages.

    Raises:
        OptionError: a part of it is not served by OpenRouter.
    """
    elsewhere = [leg.endpoint.id for leg in deployed.legs if leg.provider.id != ROUTER_ID]
    if elsewhere:
        message = (
            f"export recommendation --format openrouter: {', '.join(elsewhere)} "
            f"{'is' if len(elsewhere) == 1 else 'are'} not at OpenRouter: use --format litellm, env or python"
        )
        raise OptionError(message)
    content: dict[str, Any] = {"about": [one_line(line) for line in deployed.told]}
    if deployed.needs_server:
        content["served_by"] = deployed.serve_command
        content["member_requests"] = [_settings(leg) for leg in deployed.legs]
    else:
        content["request"] = _settings(deployed.legs[0])
    if not deployed.is_baseline and deployed.baseline.provider.id == ROUTER_ID:
        content["fallback_request"] = _settings(deployed.baseline)
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _settings(leg: Leg) -> dict[str, Any]:
    """The request without its texts; the host by name and in order, and its precision where it is known."""
    settings = {key: value for key, value in leg.body.items() if key not in _TEXTS}
    routing = dict(settings["provider"])
    if leg.endpoint.host:
        routing = {"order": [leg.endpoint.host], **routing}
    if leg.endpoint.quantization and leg.endpoint.quantization != "unknown":
        routing["quantizations"] = [leg.endpoint.quantization]
    return {**settings, "provider": routing}
