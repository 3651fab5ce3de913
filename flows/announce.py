"""What Prefect is told has happened, in one place: the events that automations and alerts listen to.

modelsearch.model.appeared | repriced | deprecated | gone | alias_moved    resource modelsearch.model.<endpoint id>
modelsearch.recommendation.moved                                           resource modelsearch.task.<task id>
modelsearch.alarm.<code>                                                   resource modelsearch.subject.<subject>

An event's id is made from what it tells, so the same thing told twice is one event. Events may be lost all the same
(queues of the server are in memory): whoever acts on them also reconciles every night.
"""

from collections.abc import Mapping
from uuid import NAMESPACE_URL, UUID, uuid5

from prefect.events import emit_event

from flows.event_names import ALARM, MODEL, MOVED
from modelsearch.core.ids import Json, sha256_hex
from modelsearch.core.nights import Alarm, IncumbentMove
from modelsearch.core.offering import ModelChange


def announce_change(change: ModelChange) -> UUID:
    """Tell of a model that appeared, changed or went; the event's id."""
    payload: dict[str, Json] = {
        "change_id": change.id,
        "kind": change.kind,
        "endpoint_id": change.endpoint_id,
        "model_id": change.model_id,
        "provider": change.provider_id,
        "day": change.day.isoformat(),
        "facts": dict(change.facts),
    }
    return _emit(f"{MODEL}.{change.kind}", f"{MODEL}.{change.endpoint_id}", change.endpoint_id, payload)


def announce_alarm(alarm: Alarm) -> UUID:
    """Tell of something a person should see; the event's id."""
    payload: dict[str, Json] = {
        "code": alarm.code,
        "subject": alarm.subject,
        "day": alarm.day.isoformat(),
        "message": alarm.message,
        "evidence": dict(alarm.evidence),
    }
    return _emit(f"{ALARM}.{alarm.code}", f"modelsearch.subject.{alarm.subject}", alarm.subject, payload)


def announce_move(move: IncumbentMove) -> UUID:
    """Tell of a recommendation that moved; the event's id."""
    payload: dict[str, Json] = {
        "task_id": move.task_id,
        "day": move.day.isoformat(),
        "from": move.from_id,
        "to": move.to_id,
        "reason": move.reason,
        "evidence": dict(move.evidence),
    }
    return _emit(MOVED, f"modelsearch.task.{move.task_id}", move.task_id, payload)


def _emit(name: str, resource_id: str, resource_name: str, payload: Mapping[str, Json]) -> UUID:
    event_id = uuid5(NAMESPACE_URL, sha256_hex([name, resource_id, dict(payload)]))
    resource = {"prefect.resource.id": resource_id, "prefect.resource.name": resource_name}
    emit_event(name, resource=resource, payload=dict(payload), id=event_id)
    return event_id
