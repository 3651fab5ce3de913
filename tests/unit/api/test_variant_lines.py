"""A task with ways of asking, from its file to a resumed search."""

import asyncio
from pathlib import Path
from typing import Any

import yaml

from modelsearch.api.preview import preview_lines
from modelsearch.api.session import Session, open_session
from modelsearch.core.events import CallReserved
from modelsearch.store.journal import Journal
from tests.unit.api.shop import Shop

WAYS = [{"name": "plain"}, {"name": "few", "prompt": "few", "examples": 1}, {"name": "warm", "temperature": 0.9}]


def varied(shop: Shop, variants: Any = WAYS) -> Path:
    given = yaml.safe_load(shop.task.read_text())
    first = given.pop("prompt")
    few = "{{ input }}\n{% for e in examples %}{{ e.input }}: {{ e.target }}\n{% endfor %}"
    given["prompts"] = {"plain": first, "few": few}
    given |= {"examples": [{"input": "one more", "target": "yes"}], "variants": variants}
    shop.task.write_text(yaml.safe_dump(given, sort_keys=False), encoding="utf-8")
    return shop.task


def live(shop: Shop, n_phases: int = 2, **changes: Any) -> Session:
    async def life() -> Session:
        async with open_session(shop.request(**changes), shop.opening()) as session:
            for phase in session.plan.phases[:n_phases]:
                await session.run_phase(phase)
        return session

    return asyncio.run(life())


def test_a_preview_lists_the_ways_with_their_costs(shop: Shop) -> None:
    varied(shop)
    lines = preview_lines(shop.request(), shop.opening().settings)
    start = next(number for number, line in enumerate(lines) if line.startswith("way of asking"))
    rows = [line.split() for line in lines[start + 1 : start + 4]]
    assert [row[:5] for row in rows] == [
        ["plain", "0", "-", "-", "3"],
        ["few", "1", "-", "-", "3"],
        ["warm", "0", "-", "0.9", "3"],
    ]
    assert float(rows[1][5]) > float(rows[0][5]) == float(rows[2][5])
    assert "USD per 1,000 items at dear/m" in lines[start + 4]


def test_a_task_without_variants_has_no_such_table(shop: Shop) -> None:
    assert not any("way of asking" in line for line in preview_lines(shop.request(), shop.opening().settings))


def test_a_resumed_search_keeps_its_ways_and_equal_requests_are_bought_once(shop: Shop) -> None:
    varied(shop, [*WAYS, {"name": "cold", "temperature": 0.0}])  # what the task says: no candidate of its own
    first = live(shop, 1)
    shop.task.unlink()
    again = live(shop, 2)
    assert again.setting == first.setting
    assert [str(c.id) for c in again.setting.candidates if "dear" in c.id] == [
        "dear/m#few",
        "dear/m#plain",
        "dear/m#warm",
    ]
    assert again.setting.baseline_id == "dear/m#plain"
    _, events = Journal.read(shop.run.journal)
    keys = [event.key for event in events if isinstance(event, CallReserved)]
    assert len(keys) == len(set(keys)) > 0
    view = again.search.fold.view()
    assert all(view.n_bought(c.id) > 0 for c in again.setting.candidates if c.id in view.pool)
