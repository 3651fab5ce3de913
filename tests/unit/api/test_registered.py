from decimal import Decimal

import pytest

from modelsearch.api.registered import register, registered_task, registered_tasks, rules_of, task_id_of, unregister
from modelsearch.core.errors import InputError, OptionError
from modelsearch.core.ids import TaskId
from tests.unit.api.bazaar import Bazaar


def test_what_is_registered_is_there_and_can_be_taken_out(bazaar: Bazaar) -> None:
    task = bazaar.registered(tags=("a",), life_usd=Decimal("10.5"), monthly_items=1000)
    assert registered_tasks(bazaar.settings) == []
    path = register(task, bazaar.settings)
    assert registered_task(bazaar.settings, "colours") == task
    assert registered_tasks(bazaar.settings) == [task]
    assert unregister("colours", bazaar.settings) == path
    assert registered_tasks(bazaar.settings) == []


def test_a_name_is_taken_once_and_a_wrong_one_is_told_the_nearest(bazaar: Bazaar) -> None:
    register(bazaar.registered(), bazaar.settings)
    with pytest.raises(OptionError, match="is there already"):
        register(bazaar.registered(), bazaar.settings)
    with pytest.raises(OptionError, match="nearest: colours"):
        registered_task(bazaar.settings, "colour")
    with pytest.raises(OptionError, match="no such task"):
        unregister("colour", bazaar.settings)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"baseline": "dear/n"}, "near it: dear/m"),
        ({"task": "/no/such.yaml"}, "no such file"),
        ({"plan": "cheep"}, "--plan"),
        ({"id": TaskId("../up")}, "expected a name"),
        ({"rules": {"drift": 3}}, "expected some of"),
        ({"rules": {"slack": 0.5}}, "at least 1"),
    ],
)
def test_what_no_night_could_use_is_refused_at_once(bazaar: Bazaar, changes: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        register(bazaar.registered(**changes), bazaar.settings)
    assert not bazaar.settings.tasks.exists()


def test_rules_of_a_task_stand_beside_the_house_s(bazaar: Bazaar) -> None:
    rules = rules_of(bazaar.registered(rules={"drift_items": 7.0, "slack": 1.5}))
    assert (rules.drift_items, rules.slack, rules.notice_days) == (7, 1.5, 30)
    assert isinstance(rules.drift_items, int)


def test_a_task_is_called_by_its_file(bazaar: Bazaar) -> None:
    assert task_id_of(bazaar.task) == "task"
