"""What is told of a run besides its events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from modelsearch.core.ids import EndpointId, RunId, TaskId

MoneyOf = Literal["live", "emulated", "recorded"]
OTHER = "other"
_CONVENTION: Final = {"google": "gcp.gemini", "mistral": "mistral_ai", "xai": "x_ai"}
"""Providers whose name in the semantic conventions is not our id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """An endpoint as telemetry names it.

    Attributes:
        provider: id in our catalogue.
        model: the name that is sent on the wire.
    """

    provider: str = OTHER
    model: str = ""


UNKNOWN = Called()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAbout:
    """A run.

    Attributes:
        source: live = real money; emulated and recorded cost none, and are never to be added to it.
        budget_usd: its hard limit.
        called: endpoints by id.
    """

    run_id: RunId
    task_id: TaskId
    source: MoneyOf
    budget_usd: Decimal
    baseline_id: str = ""
    plan: str = ""
    called: Mapping[EndpointId, Called] = field(default_factory=dict, repr=False)

    def of(self, endpoint_id: EndpointId) -> Called:
        """The endpoint of an id; one that is not of this run's market has no name."""
        return self.called.get(endpoint_id, UNKNOWN)


def source_of(request: Mapping[str, object]) -> MoneyOf:
    """Whose money a request spends, as its JSON says."""
    if request.get("is_emulated") or request.get("emulator_url"):
        return "emulated"
    return "recorded" if request.get("recorded") else "live"


def provider_name(provider_id: str) -> str:
    """A provider's well-known name in OpenTelemetry's conventions, else its own id."""
    return _CONVENTION.get(provider_id, provider_id)
