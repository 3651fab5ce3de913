from dataclasses import replace
from decimal import Decimal

import pytest

from modelsearch.api.preview import BatchPreview, PhasePreview, preview_lines, previews
from modelsearch.core.batch import BatchPolicy
from modelsearch.core.errors import BaselineError, KeyMissingError, ModelsearchError
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.search.plan import make_plan
from modelsearch.testing.factories import make_setting
from tests.unit.api.shop import Answering, Shop

ASK = {"name": "p", "phases": [{"name": "all", "sampler": {"round_robin": {"step_items": 2}}, "max_rounds": 9}]}


def lines(shop: Shop, **changes: object) -> list[str]:
    return preview_lines(shop.request(**changes), shop.opening().settings)


def test_it_tells_each_phase_the_prompt_and_what_its_words_mean(shop: Shop) -> None:
    text = "\n".join(lines(shop))
    assert "task colours: 6 items, 3 candidates, baseline dear/m, budget $5.0000 (hard limit)" in text
    for row in ("screen  ", "ask  ", "in all "):
        assert any(line.startswith(row) for line in text.splitlines()), row
    assert "likely: a rule of thumb, not a forecast: 4 rounds like the first" in text
    assert "--- user\nis 0 odd?" in text
    assert "--baseline-outcomes" not in text
    assert Answering.sent == []
    assert not shop.run.root.exists()


def test_known_answers_of_the_baseline_are_free(shop: Shop) -> None:
    assert "--baseline-outcomes: 6 of 6 items of the baseline are known and free" in "\n".join(
        lines(shop, baseline_outcomes=shop.write_known(6))
    )


def imports(n_items: int) -> list[Outcome]:
    setting = make_setting(3, 6)
    known = {"status": Status.OK, "score": 1.0}
    return [Outcome(candidate_id=setting.baseline_id, item_id=i, **known) for i in setting.item_ids[:n_items]]  # type: ignore[arg-type]


@pytest.mark.parametrize(("n_known", "first", "likely"), [(0, 2.2, 14.8), (2, 0.2 + 0.0, 4.8), (6, 0.2, 0.8)])
def test_what_is_known_is_not_priced(n_known: int, first: float, likely: float) -> None:
    costs = [1.0, 0.06, 0.04]
    setting = make_setting(3, 6, list_cost_usd=costs, budget_usd=100.0)
    (found,) = previews(setting, make_plan(ASK), [], imports(n_known))
    assert isinstance(found, PhasePreview)
    assert found.n_first_calls == (6 if n_known == 0 else 4)
    assert float(found.at_least_usd) == pytest.approx(first)
    assert float(found.likely_usd) == pytest.approx(likely)
    assert found.at_most_usd == Decimal(100)


def refusal(shop: Shop, environ: dict[str, str], **changes: object) -> ModelsearchError:
    settings = replace(shop.opening().settings, environ=environ)
    with pytest.raises(ModelsearchError) as told:
        preview_lines(shop.request(**changes), settings)
    return told.value


def test_what_a_search_would_refuse_a_preview_does(shop: Shop) -> None:
    path = shop.write_known(2)
    assert "covers 2 of 6 items" in str(refusal(shop, shop.without("dear"), baseline_outcomes=path))
    assert isinstance(refusal(shop, {}), KeyMissingError)
    assert "one line of ASCII" in str(refusal(shop, {**shop.without(), "MID_KEY": "two\nlines"}))
    path.write_text('{"id": "stranger", "score": 1}\n')
    assert isinstance(refusal(shop, shop.without(), baseline_outcomes=path), BaselineError)
    shop.plan.write_text("name: x\nphases: []\n")
    assert "phases" in str(refusal(shop, shop.without()))


BATCHED = {CandidateId("m00"): 0.5, CandidateId("m01"): 0.03, CandidateId("m02"): 0.09}


@pytest.mark.parametrize(
    ("policy", "saved"),
    [
        (BatchPolicy(mode="wide", min_calls=6), 4 * 2 * (0.5 + 0.03)),
        (BatchPolicy(mode="wide", min_calls=7), 0.0),
        (BatchPolicy(mode="always"), 4 * 2 * (0.5 + 0.03)),
    ],
)
def test_batches_save_in_wide_rounds_and_never_cost_more(policy: BatchPolicy, saved: float) -> None:
    setting = make_setting(3, 6, list_cost_usd=[1.0, 0.06, 0.04], budget_usd=100.0)
    batch = BatchPreview(policy=policy, cost_usd=BATCHED)
    (found,) = previews(setting, make_plan(ASK), [], [], batch)
    assert float(found.likely_usd - found.batched_usd) == pytest.approx(saved)
    assert previews(setting, make_plan(ASK), [])[0].batched_usd == found.likely_usd


def test_providers_without_batches_say_nothing_of_them(shop: Shop) -> None:
    assert not any(line.startswith("batches:") for line in lines(shop))
