from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.errors import InputError
from modelsearch.core.ids import ItemId
from modelsearch.core.outcome import Status
from modelsearch.emulator.replies import Asked
from modelsearch.emulator.world_make import make_world
from tests.unit.emulator.small import ExactScorer, prompts, running_world, task, world


def test_the_truth_is_what_asking_every_item_gives() -> None:
    small = world()
    known = prompts(small.task)
    truth = small.truth(ExactScorer(), known)
    behaviour = small.behaviour(known)
    targets = {item.id: item.target for item in small.task.items}
    for endpoint in small.endpoints[::7]:
        n_right, latency = 0, []
        for text, item_id in known.items():
            asked = Asked(
                provider_id=endpoint.provider_id,
                wire_name=endpoint.wire_name,
                host=endpoint.host,
                prompt_text=text,
                max_output_tokens=small.task.max_output_tokens,
            )
            reply = behaviour.reply(asked)
            assert reply is not None
            is_plain = not reply.is_refusal and not reply.is_truncated
            n_right += is_plain and reply.text == targets[item_id]
            latency.append(reply.latency_s)
        assert truth[endpoint.id].quality == pytest.approx(n_right / len(known))
        assert truth[endpoint.id].latency_s == pytest.approx(np.mean(np.array(latency, dtype=float)))


def test_the_true_cost_is_what_the_server_bills() -> None:
    small = world()
    known = prompts(small.task)
    endpoint = small.endpoints[5]
    with running_world() as asker:
        for text in known:
            assert asker.ask(endpoint, text).status_code == 200
        billed = asker.app.bill.total_usd
    per_item = small.truth(ExactScorer(), known)[endpoint.id].cost_usd
    assert abs(per_item - billed / len(known)) <= Decimal("1e-12")


def test_class_weights_change_the_true_quality() -> None:
    plain = task(50)
    items = tuple(replace(item, target="billing" if n < 40 else "other") for n, item in enumerate(plain.items))
    spec = replace(plain, items=items, metric="class_weighted_mean")
    weighted = make_world(spec, seed=2)
    truth = weighted.truth(ExactScorer(), prompts(spec))
    replies = [weighted.reply_to(0, column, "x", 512).text for column in range(len(items))]
    right = [ExactScorer().score(reply, item) for reply, item in zip(replies, items, strict=True)]
    by_class = (np.mean(right[:40]) + np.mean(right[40:])) / 2
    assert truth[weighted.endpoints[0].id].quality == pytest.approx(by_class)


def test_a_status_without_a_score_is_left_out_of_the_truth() -> None:
    small = world()
    known = prompts(small.task)
    row = int(np.argmax(small.outcomes.is_refused.sum(axis=1)))
    n_refused = int(small.outcomes.is_refused[row].sum())
    assert n_refused > 0
    lenient = replace(small, task=replace(small.task, status_scores={Status.TRUNCATED: 0.0}))
    strict_quality = small.truth(ExactScorer(), known)[small.endpoints[row].id].quality
    lenient_quality = lenient.truth(ExactScorer(), known)[small.endpoints[row].id].quality
    n = len(small.task.items)
    assert lenient_quality == pytest.approx(strict_quality * n / (n - n_refused))


@pytest.mark.parametrize("scorer", ["exact", "choice"])
def test_wrong_answers_are_other_labels(scorer: str) -> None:
    spec = task(40, scorer)
    made = make_world(spec, seed=3)
    rows, columns = np.nonzero(~made.outcomes.is_right & ~made.outcomes.is_refused)
    for row, column in list(zip(rows.tolist(), columns.tolist(), strict=True))[::11]:
        text = made.reply_to(row, column, "x", 10_000).text
        named = [label for label in spec.labels if label in text]
        assert len(named) == 1
        assert named[0] != spec.items[column].target


def test_a_prompt_of_an_unknown_item_or_of_two_items_is_refused() -> None:
    with pytest.raises(InputError, match="not in task"):
        world().behaviour({"x": ItemId("nobody")})
    first, second = (item.id for item in world().task.items[:2])
    with pytest.raises(InputError, match="same prompt"):
        world().behaviour({"a b": first, "ab": second})
