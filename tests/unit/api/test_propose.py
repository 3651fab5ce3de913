"""Prompts proposed by a model that is scripted, on providers that answer without a network."""

import asyncio
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.api.propose import Proposed, ProposeRequest, propose
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.errors import OptionError
from modelsearch.core.market import Endpoint
from modelsearch.core.task import Prompt, TaskSpec
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.taskfile.proposed import write_proposed
from tests.doubles import ok
from tests.unit.api.shop import Answering, Shop

BETTER = "<prompt>Odd or even: {{ input }}</prompt><prompt>{% evil %} {{ input }}</prompt><prompt>no place</prompt>"
N_SLICE = 10


async def scripted(self: Answering, wire: WireRequest, endpoint: Endpoint) -> RawReply:
    """Wrong on every item unless the prompt says odd or even; the proposer writes the same three prompts each time."""
    message = json.loads(wire.body)["messages"]
    if message[0]["content"].startswith("You improve prompts"):
        return ok(BETTER)
    text = message[-1]["content"]
    number = int(text.split("is ")[-1].split()[0])
    is_right = text.startswith("Odd or even")
    return ok("yes" if (number % 2 == 1) is is_right else "no")


def larger(shop: Shop, n_items: int = 40) -> TaskSpec:
    rows = ({"id": f"q{n}", "input": f"is {n} odd?", "target": ("no", "yes")[n % 2]} for n in range(n_items))
    (shop.root / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    catalogs = shop.opening().settings.catalogs
    from datetime import date  # noqa: PLC0415

    return read_task(shop.task, load_market(catalogs, as_of=date(2026, 11, 2)))


def proposed(shop: Shop, **changes: object) -> Proposed:
    plain = ProposeRequest(endpoint="cheap/m", proposer="mid/m", budget_usd=Decimal(1), n_items=N_SLICE)
    return asyncio.run(propose(larger(shop), replace(plain, **changes), shop.opening()))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answering, "send", scripted)


def test_the_better_prompt_is_found_on_a_slice_that_the_search_will_not_see(shop: Shop, tmp_path: Path) -> None:
    found = proposed(shop)
    assert found.today == 0.0
    best = found.proposals[0]
    assert best.slice_quality == 1.0
    assert "Odd or even" in best.prompt.user
    assert len(found.slice_ids) == len(set(found.slice_ids)) == N_SLICE
    assert 0 < found.spend_usd <= 1
    task = larger(shop)
    path = write_proposed(shop.task, task, [each.prompt for each in found.proposals], found.slice_ids, tmp_path / "out")
    from datetime import date  # noqa: PLC0415

    again = read_task(path, load_market(shop.opening().settings.catalogs, as_of=date(2026, 11, 2)))
    assert {item.id for item in again.items} == {item.id for item in task.items} - set(found.slice_ids)
    assert [variant.id for variant in again.variants][:2] == ["today", str(best.prompt.id)]
    assert "{% evil %}" in " ".join(prompt.user for prompt in again.prompts)  # literal text, in quotes


def test_the_budget_of_both_is_a_hard_limit(shop: Shop) -> None:
    found = proposed(shop, budget_usd=Decimal("0.0002"))
    assert found.spend_usd <= Decimal("0.0002")


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"n_items": 30}, "expected from 4 to 20"), ({"proposer": "nobody"}, "--proposer: expected an endpoint")],
)
def test_what_cannot_be_is_told(shop: Shop, changes: dict[str, object], told: str) -> None:
    with pytest.raises(OptionError, match=told):
        proposed(shop, **changes)


def test_a_prompt_of_the_task_goes_first(shop: Shop, tmp_path: Path) -> None:
    task = larger(shop)
    path = write_proposed(shop.task, task, [Prompt(id=task.prompts[0].id, user="x {{ input }}")], (), tmp_path)
    assert path.read_text(encoding="utf-8").index("today") < path.read_text(encoding="utf-8").index("x {{ input }}")
