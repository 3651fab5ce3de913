"""Rules become automations; the same configuration twice changes nothing; what tells, tells in valid JSON."""

import asyncio
import json
from uuid import uuid4

import pytest
from jinja2 import Environment

from flows.alert_rules import PREFIX, Patience, rules
from flows.alert_targets import AlertSettings, Target
from flows.alerts import apply_alerts, automation_of, is_same, our_alerts, webhook_payload
from modelsearch.settings import Settings

HOOK = Target(name="hook", kind="webhook", url_env="HOOK")
MAIL = Target(name="mail", kind="email", url_env="MAIL", only=frozenset({"no_night"}))


def test_whoever_asked_is_told() -> None:
    blocks = {HOOK: uuid4(), MAIL: uuid4()}
    kinds = {rule.name: [action.type for action in automation_of(rule, blocks).actions] for rule in rules(Patience())}
    assert kinds == {
        "failed": ["call-webhook"],
        "no_night": ["call-webhook", "send-notification"],
        "silent": ["change-flow-run-state"],
        "alarm": ["call-webhook"],
        "moved": ["call-webhook"],
    }


def test_without_targets_alerts_are_there_and_tell_nobody() -> None:
    assert {automation_of(rule, {}).actions[0].type for rule in rules(Patience())} == {
        "do-nothing",
        "change-flow-run-state",
    }


def test_a_payload_is_json_whatever_the_event_holds() -> None:
    class When:
        def isoformat(self) -> str:
            return "2026-11-24"

    nasty = 'a "quote", \\ and\nline {{ 7 * 7 }} </script>'
    event = {
        "payload": {"code": nasty, "message": nasty, "evidence": {}},
        "resource": {"name": nasty},
        "occurred": When(),
    }
    rule = next(rule for rule in rules(Patience()) if rule.name == "alarm")
    environment = Environment(autoescape=False)  # noqa: S701 - as the server's is
    rendered = json.loads(environment.from_string(webhook_payload(rule)).render(event=event))
    assert rendered["subject"] == f"modelsearch: {nasty}: {nasty}"
    assert set(rendered) == {"alert", "subject", "body", "at"}


def test_difference_is_seen() -> None:
    failed, *_, moved = [automation_of(rule, {}) for rule in rules(Patience())]
    assert is_same(failed, failed.model_copy(update={"enabled": False}))
    assert not is_same(failed, moved)


@pytest.mark.prefect
@pytest.mark.timeout(120)
@pytest.mark.usefixtures("prefect_server")
def test_applied_twice_nothing_changes() -> None:
    from pathlib import Path  # noqa: PLC0415

    from prefect.client.orchestration import get_client  # noqa: PLC0415

    settings = Settings(home=Path(), catalogs=Path(), environ={"HOOK": "http://127.0.0.1:1/x"})
    asked = AlertSettings(targets=(HOOK,))

    async def go() -> None:
        first = await apply_alerts(asked, settings)
        assert len(first.made) == len(rules(Patience()))
        second = await apply_alerts(asked, settings)
        assert (second.made, second.changed, second.removed) == ((), (), ())
        assert set(second.kept) == set(first.made)
        async with get_client() as client:
            off = next(each for each in await our_alerts(client) if each.name == f"{PREFIX}no night completed")
            await client.pause_automation(off.id)
        later = AlertSettings(targets=(HOOK,), patience=Patience(night_h=30))
        third = await apply_alerts(later, settings)
        assert third.changed == (f"{PREFIX}no night completed",)
        async with get_client() as client:
            there = {each.name: each for each in await our_alerts(client)}
        assert not there[f"{PREFIX}no night completed"].enabled, "who turned it off meant it"
        assert len(there) == len(rules(Patience()))

    asyncio.run(go())
