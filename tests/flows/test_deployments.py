"""prefect.yaml as `modelsearch serve` reads it: what stands there is what Prefect is given."""

import re
from pathlib import Path

import pytest

from flows.deployments import Declared, own_deployments, read_deployments
from modelsearch.core.errors import OptionError

EVENTS = {f"modelsearch.model.{kind}" for kind in ("appeared", "repriced", "deprecated", "gone", "alias_moved")}


def test_own_file_declares_what_runs_unattended() -> None:
    found = {each.name: each for each in read_deployments(own_deployments())}
    assert set(found) == {"nightly", "on-new-model", "on-loss", "sync", "search", "compare"}
    nightly = found["nightly"]
    assert nightly.concurrency_limit == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert [schedule["slug"] for schedule in nightly.schedules] == ["nightly"]
    assert all(schedule["timezone"] for each in found.values() for schedule in each.schedules)
    assert found["on-new-model"].concurrency_limit["collision_strategy"] == "ENQUEUE"
    listened = {event for each in found.values() for trigger in each.triggers for event in trigger["expect"]}
    assert listened == EVENTS
    assert all("modelsearch" in each.tags for each in found.values()), "alerts watch the tag"


def test_every_entrypoint_is_there_and_its_parameters_too() -> None:
    from flows.deployments import runner_deployment  # noqa: PLC0415 - imports Prefect

    for declared in read_deployments(own_deployments()):
        made = runner_deployment(declared)
        properties = set(made._parameter_openapi_schema.properties)
        given = set(declared.parameters).union(*(trigger.get("parameters", {}) for trigger in declared.triggers))
        assert given <= properties, declared.name
        assert made.entrypoint == declared.entrypoint
        assert made.concurrency_limit == declared.concurrency_limit["limit"]
        assert made.concurrency_options is not None
        assert made.concurrency_options.collision_strategy.value == declared.concurrency_limit["collision_strategy"]
        assert [each.slug for each in made.schedules or ()] == [each["slug"] for each in declared.schedules]
        assert [getattr(trigger, "name", "") for trigger in made.triggers] == [
            each["name"] for each in declared.triggers
        ]


@pytest.mark.parametrize("entrypoint", ["flows/nightly.py:nightly", "nightly", "flows.nightly:nightly"])
def test_path_form_is_refused(entrypoint: str) -> None:
    with pytest.raises(OptionError, match=r"deployment 'x': entrypoint expected package.module.flow"):
        Declared(name="x", entrypoint=entrypoint)


def test_schedule_without_slug_is_refused() -> None:
    with pytest.raises(OptionError, match="slug"):
        Declared(name="x", entrypoint="flows.nightly.nightly", schedules=[{"cron": "0 2 * * *", "timezone": "UTC"}])


@pytest.mark.parametrize("text", ["[]", "name: x", "deployments: 3", "deployments: [{name: x}]", "a: [", "\t"])
def test_broken_files_are_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prefect.yaml"
    path.write_text(text)
    with pytest.raises(OptionError, match=re.escape(str(path))):
        read_deployments(path)


def test_unknown_flow_is_told() -> None:
    from flows.deployments import runner_deployment  # noqa: PLC0415

    with pytest.raises(OptionError, match=r"there is no flow 'flows\.nowhere\.flow'"):
        runner_deployment(Declared(name="x", entrypoint="flows.nowhere.flow"))
