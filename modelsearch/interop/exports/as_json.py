"""A recommendation as JSON, for programs: everything the other formats say, and nothing that is secret."""

import json
from typing import Any

from modelsearch.core.candidate import Cascade, Ensemble, label
from modelsearch.interop.exports.deployed import SERVED_KEY, SERVED_URL, Deployed, Leg
from modelsearch.interop.exports.lines import one_line

VERSION = 1


def recommendation_json(deployed: Deployed) -> str:
    """Indented JSON; `version` counts its shape."""
    content: dict[str, Any] = {
        "version": VERSION,
        "name": deployed.name,
        "source": deployed.source,
        "certainty": deployed.certainty.value,
        "is_recommended": not deployed.is_baseline,
        "is_emulated": deployed.is_emulated,
        "margin": deployed.margin,
        "alpha": deployed.alpha,
        "date": deployed.on.isoformat(),
        "about": [one_line(line) for line in deployed.told],
        "candidate": {"id": deployed.candidate.id, "label": label(deployed.candidate), **_rule(deployed)},
        "calls": [_call(leg) for leg in deployed.legs],
        "fallback": None if deployed.is_baseline else _call(deployed.baseline),
    }
    if deployed.needs_server:
        content["served"] = {"command": deployed.serve_command, "base_url": SERVED_URL, "key_variable": SERVED_KEY}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _rule(deployed: Deployed) -> dict[str, Any]:
    candidate = deployed.candidate
    if isinstance(candidate, Ensemble):
        return {"kind": "ensemble", "rule": candidate.rule, "weights": candidate.weights, "offsets": candidate.offsets}
    if isinstance(candidate, Cascade):
        return {"kind": "cascade", "rule": candidate.rule, "thresholds": candidate.thresholds}
    return {"kind": "single"}


def _call(leg: Leg) -> dict[str, Any]:
    return {
        "endpoint": leg.endpoint.id,
        "provider": leg.provider.id,
        "dialect": leg.provider.dialect,
        "url": leg.url,
        "headers": dict(leg.headers),
        "key_header": leg.auth_header,
        "key_variable": leg.provider.key_env,
        "host": leg.endpoint.host,
        "body": leg.body,
        "prompt": {"id": leg.prompt.id, "system": leg.prompt.system, "user": leg.prompt.user},
    }
