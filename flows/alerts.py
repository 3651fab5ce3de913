"""Alerts on the Prefect server: made from configuration, made again without harm, listed, tried."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.events.schemas.automations import Automation, AutomationCore

from flows.alert_rules import PREFIX, Rule, rules
from flows.alert_targets import AlertSettings, Target, block_name, block_of
from flows.announce import announce_alarm
from modelsearch.core.nights import Alarm
from modelsearch.settings import Settings

_PAGE = 100
_CRASH = {
    "type": "change-flow-run-state",
    "state": "CRASHED",
    "name": "Crashed",
    "message": "no sign of life: its process is gone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What was done to the server's alerts, by title."""

    made: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAlert:
    """An alert on the server, and what it does."""

    name: str
    is_on: bool
    does: str


async def apply_alerts(asked: AlertSettings, settings: Settings) -> Applied:
    """Make the server's alerts those of the configuration; what is right already is not touched.

    An alert that is changed begins to wait anew, so one for silence would never come if each start made it again.

    Raises:
        KeyMissingError: an address is not in the environment.
        OptionError: an address cannot be used.
    """
    blocks = [(target, block_of(target, settings)) for target in asked.targets]
    async with get_client() as client:
        ids = {target: await block.asave(block_name(target), overwrite=True) for target, block in blocks}
        wanted = {each.name: each for each in (automation_of(rule, ids) for rule in rules(asked.patience))}
        return await _made_so(client, wanted, await our_alerts(client))


async def _made_so(client: PrefectClient, wanted: Mapping[str, AutomationCore], there: Sequence[Automation]) -> Applied:
    """Create, update and delete."""
    made, changed, kept, removed = [], [], [], []
    left = dict(wanted)
    for old in there:
        new = left.pop(old.name, None)
        if new is None:
            await client.delete_automation(old.id)
            removed.append(old.name)
        elif is_same(old, new):
            kept.append(old.name)
        else:
            # whoever turned it off in the UI meant it
            await client.update_automation(old.id, new.model_copy(update={"enabled": old.enabled}))
            changed.append(old.name)
    for name, new in left.items():
        await client.create_automation(new)
        made.append(name)
    return Applied(made=tuple(made), changed=tuple(changed), kept=tuple(kept), removed=tuple(removed))


async def our_alerts(client: PrefectClient) -> list[Automation]:
    """All automations that are ours."""
    found: list[Automation] = []
    while True:
        page = await client.read_automations(limit=_PAGE, offset=len(found))
        found += page
        if len(page) < _PAGE:
            return [each for each in found if each.name.startswith(PREFIX)]


def automation_of(rule: Rule, blocks: Mapping[Target, UUID]) -> AutomationCore:
    """A rule as Prefect's automation.

    Args:
        rule: what is watched.
        blocks: id of each target's block.
    """
    told = [_action(rule, target, block_id) for target, block_id in blocks.items() if _is_told(rule, target)]
    actions: list[dict[str, Any]] = [_CRASH] if rule.is_crash else told
    content = {
        "name": f"{PREFIX}{rule.title}",
        "description": rule.description,
        "trigger": rule.trigger,
        "actions": actions or [{"type": "do-nothing"}],
    }
    return AutomationCore.model_validate(content)


def is_same(old: AutomationCore, new: AutomationCore) -> bool:
    """Whether two automations watch the same and do the same, on or off."""
    return _content(old) == _content(new)


def _content(automation: AutomationCore) -> dict[str, Any]:
    content = automation.model_dump(mode="json", include={"name", "description", "trigger", "actions"})
    for name in ("expect", "after", "for_each"):  # sets: in any order
        content["trigger"][name] = sorted(content["trigger"].get(name, ()))
    return content


def _is_told(rule: Rule, target: Target) -> bool:
    return not target.only or rule.name in target.only


def _action(rule: Rule, target: Target, block_id: UUID) -> dict[str, Any]:
    if target.kind == "webhook":
        return {"type": "call-webhook", "block_document_id": str(block_id), "payload": webhook_payload(rule)}
    told = {"subject": rule.subject, "body": rule.body}
    return {"type": "send-notification", "block_document_id": str(block_id), **told}


def webhook_payload(rule: Rule) -> str:
    """A template that renders to JSON, whatever stands in the event."""
    parts = {"alert": rule.name, "subject": rule.subject, "body": rule.body, "at": "{{ event.occurred.isoformat() }}"}
    inner = (f"{json.dumps(name)}: {{% filter tojson %}}{text}{{% endfilter %}}" for name, text in parts.items())
    return "{" + ", ".join(inner) + "}"


async def server_alerts() -> list[ListedAlert]:
    """Each alert of ours that the server has, by name."""
    async with get_client() as client:
        there = await our_alerts(client)
    found = [ListedAlert(name=each.name.removeprefix(PREFIX), is_on=each.enabled, does=_does(each)) for each in there]
    return sorted(found, key=lambda each: each.name)


def _does(automation: AutomationCore) -> str:
    words = {"send-notification": "notification", "call-webhook": "webhook", "do-nothing": "nobody is told"}
    words["change-flow-run-state"] = "the run is set to crashed"
    return ", ".join(words.get(action.type, action.type) for action in automation.actions)


def tell_test() -> None:
    """Tell of an alarm that means nothing, to see whether alarms arrive."""
    now = datetime.now(UTC)
    message = f"a test of the alerts at {now:%Y-%m-%d %H:%M:%S} UTC: nothing is wrong"
    announce_alarm(Alarm(code="test", subject="alerts", day=now.date(), message=message))
