"""The alerts: what is watched, in which words it is told. Automations of Prefect, made anew from here each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flows.event_names import ALARM, MOVED

PREFIX = "modelsearch alert · "
"""Names of our automations begin so; all others are left alone."""
TAG = "modelsearch"
"""Of all deployments; a run that a person started by hand has that person before it."""
_RUN = {"prefect.resource.id": "prefect.flow-run.*"}
_OURS = {"prefect.resource.id": f"prefect.tag.{TAG}", "prefect.resource.role": "tag"}
_WAITS = ("HeldUp", "AwaitingBatches")
"""Names of states in which our own runs end when another one is to go on; an event is named for the state."""
_ENDS = (
    "Completed",
    "Failed",
    "Crashed",
    "TimedOut",
    "Cancelled",
    "Cancelling",
    "Paused",
    "Suspended",
    "AwaitingRetry",
)
_LINK = "{{ (flow_run|ui_url) or '' }}"
_WHICH = "{{ flow.name }} / {{ flow_run.name }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alert.

    Attributes:
        name: stable, for configuration; `title` is for people.
        trigger: of the automation, as Prefect's API takes it.
        subject, body: Jinja templates over the event and its run.
        is_crash: the run is set to crashed; that is then told as every crash is.
    """

    name: str
    title: str
    description: str
    trigger: dict[str, Any]
    subject: str = ""
    body: str = ""
    is_crash: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When silence is worth an alert.

    Attributes:
        night_h: hours in which a night must be completed; 26 leaves two for a late one.
        heartbeat_s: silence of a running run after which it counts as crashed; several of its heartbeats, for a run
            that has just ended may have one under way.
    """

    night_h: float = 26.0
    heartbeat_s: float = 150.0


def rules(patience: Patience) -> Sequence[Rule]:
    """All alerts."""
    return (_failed(), _no_night(patience.night_h), _silent(patience.heartbeat_s), _alarm(), _moved())


def _failed() -> Rule:
    return Rule(
        name="failed",
        title="a run failed",
        description="A run of a deployment failed, crashed or ran out of time.",
        trigger=_event(expect=_states("Failed", "Crashed", "TimedOut"), match=_RUN, match_related=_OURS),
        subject=f"modelsearch: {_WHICH} {{{{ flow_run.state.name }}}}",
        body=f"{_WHICH}: {{{{ flow_run.state.name }}}}: {{{{ flow_run.state.message }}}}\n{_LINK}",
    )


def _no_night(night_h: float) -> Rule:
    nightly = {"prefect.resource.role": "deployment", "prefect.resource.name": "nightly"}
    within = timedelta(hours=night_h)
    return Rule(
        name="no_night",
        title="no night completed",
        description=f"No run of the nightly deployment was completed in {night_h:g} hours.",
        trigger=_silence(expect=_states("Completed"), match=_RUN, match_related=nightly, within=within),
        subject="modelsearch: no night was completed",
        body=f"No run of the nightly deployment was completed in {night_h:g} hours: look at the worker, the schedule "
        "and the last runs.",
    )


def _silent(heartbeat_s: float) -> Rule:
    # with Completed alone it would fire for every run that ends in another way
    expect = ["prefect.flow-run.heartbeat", *_states(*_ENDS, *_WAITS)]
    trigger = _silence(
        after=["prefect.flow-run.heartbeat"],
        expect=expect,
        match=_RUN,
        match_related=_OURS,
        for_each=["prefect.resource.id"],
        within=timedelta(seconds=heartbeat_s),
    )
    description = f"A run gave no sign of life in {heartbeat_s:g} s: its process is gone."
    return Rule(name="silent", title="a run went silent", description=description, trigger=trigger, is_crash=True)


def _alarm() -> Rule:
    return Rule(
        name="alarm",
        title="an alarm",
        description="An alarm: catalogue held, drift, an incumbent that is gone, and others.",
        trigger=_event(expect=[f"{ALARM}.*"]),
        subject="modelsearch: {{ event.payload.code }}: {{ event.resource.name }}",
        body="{{ event.payload.message }}\n{{ event.payload.evidence }}",
    )


def _moved() -> Rule:
    return Rule(
        name="moved",
        title="a recommendation moved",
        description="A task is better served by somebody else from now on.",
        trigger=_event(expect=[MOVED]),
        subject="modelsearch: {{ event.resource.name }}: a new recommendation",
        body="{{ event.payload.task_id }}: {{ event.payload['from'] }} -> {{ event.payload.to }}: "
        "{{ event.payload.reason }}",
    )


def _states(*names: str) -> list[str]:
    return [f"prefect.flow-run.{name}" for name in names]


def _event(expect: list[str], **more: Any) -> dict[str, Any]:
    """Each such event."""
    return {"type": "event", "posture": "Reactive", "expect": expect, "threshold": 1, "within": 0, **more}


def _silence(within: timedelta, **more: Any) -> dict[str, Any]:
    """The absence of such events."""
    return {"type": "event", "posture": "Proactive", "threshold": 1, "within": within.total_seconds(), **more}
