"""Searches whose answers a model scores, in process, over the emulator and over a client that answers as told."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.core.errors import KeyMissingError, NoAnswerError, OptionError
from modelsearch.core.events import CallReserved, CallSettled, Event, OutcomeScored
from modelsearch.core.ids import RunId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.result import SearchResult
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.report.markdown import markdown
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir
from modelsearch.store.result_json import result_from_json
from modelsearch.store.tables import read_table
from tests.doubles import ok
from tests.unit.api.judged_task import JUDGE, WORDS, judged_request, write_task
from tests.unit.api.shop import Answering, Shop, shop
from tests.unit.api.small import make_settings

__all__ = ["shop"]


def run(root: Path, task: Path, **changes: Any) -> tuple[SearchResult, RunDir, list[Event]]:
    result = search(judged_request(root, task, **changes), Opening(settings=make_settings(root)))
    folder = RunDir(root / ".modelsearch" / "runs", result.run_id)
    return result, folder, Journal.read(folder.journal)[1]


def outcomes_of(events: list[Event]) -> list[Outcome]:
    return [event.outcome for event in events if isinstance(event, OutcomeScored)]


def judge_calls(events: list[Event]) -> list[CallSettled]:
    return [e for e in events if isinstance(e, CallSettled) and e.call.id.startswith("judge-")]


def test_a_judged_search_books_the_judge_and_counts_it_apart(tmp_path: Path) -> None:
    result, folder, events = run(tmp_path, write_task(tmp_path, JUDGE, n_items=4), n_items=4)
    use = result.judge_use
    assert use is not None
    calls = judge_calls(events)
    assert (use.endpoint_id, use.n_calls) == ("made-up/judge", len(calls))
    assert use.spend_usd == sum(e.call.cost_usd for e in calls) > 0
    assert result.spend.settled_usd == sum(e.call.cost_usd for e in events if isinstance(e, CallSettled))
    outcomes = outcomes_of(events)
    assert {outcome.score for outcome in outcomes if outcome.status is Status.OK} <= {0.0, 1.0}
    # what serving costs has no judge in it, what was paid has
    assert sum(outcome.spend_usd for outcome in outcomes) == result.spend.settled_usd
    assert sum(outcome.cost_usd for outcome in outcomes) == result.spend.settled_usd - use.spend_usd
    ledger = read_table(folder.table("ask", "ledger"), "ledger").column("call_id").to_pylist()
    assert any(str(call_id).startswith("judge-") for call_id in ledger)
    assert "made-up/judge, which scored" in markdown(result)
    assert result_from_json(folder.result.read_bytes()) == result


def test_the_same_answer_is_judged_once_whoever_gives_it(tmp_path: Path) -> None:
    _, _, events = run(tmp_path, write_task(tmp_path, JUDGE, n_items=4), n_items=4)
    answered = [(o.item_id, o.answer) for o in outcomes_of(events) if o.status is Status.OK]
    assert len(judge_calls(events)) == len(set(answered)) < len(answered)


@pytest.mark.parametrize("against", ["target", "baseline"])
def test_pairs_are_asked_in_both_orders(tmp_path: Path, against: str) -> None:
    task = write_task(tmp_path, {**JUDGE, "mode": "pairwise", "against": against}, n_items=4)
    result, _, events = run(tmp_path, task, n_items=4)
    outcomes = [o for o in outcomes_of(events) if o.status is Status.OK]
    assert {o.score for o in outcomes} <= {0.0, 0.5, 1.0}
    own = [o for o in outcomes if o.candidate_id == result.baseline_id]
    if against == "baseline":
        assert {o.score for o in own} == {0.5}
        assert not any(call_id.startswith("judge-") for o in own for call_id in o.call_ids)
    n_reserved = sum(isinstance(e, CallReserved) and e.call_id.startswith("judge-") for e in events)
    assert n_reserved == len(judge_calls(events))
    assert n_reserved % 2 == 0


def test_several_judgements_and_repeats_tell_how_much_scores_vary(tmp_path: Path) -> None:
    task = write_task(tmp_path, {**JUDGE, "judgements": 3}, n_items=4, repeats=2)
    result, folder, events = run(tmp_path, task, n_items=4)
    outcomes = [o for o in outcomes_of(events) if o.status is Status.OK]
    assert {o.repeat for o in outcomes} == {0, 1}
    assert any(o.score_variance for o in outcomes)
    assert any(estimate.noise_sd for estimate in result.estimates)
    table = read_table(folder.table("ask", "outcomes"), "outcomes")
    assert any(table.column("score_variance").to_pylist())
    assert set(table.column("repeat").to_pylist()) == {0, 1}


def test_agreement_with_people_is_told_with_its_interval(tmp_path: Path) -> None:
    rows = {
        f"q{n}": {
            "human_answer": f"{WORDS[n % 8]} {WORDS[n // 8 % 8]} {n}" if n % 2 else "no idea",
            "human_score": 5 if n % 2 else 1,
        }
        for n in range(30)
    }
    task = write_task(tmp_path, JUDGE, n_items=30, rows=rows)
    result, _, _ = run(tmp_path, task, n_items=4)
    use = result.judge_use
    assert use is not None
    assert use.kappa is not None
    assert use.n_labels == 30
    assert 0.0 < use.kappa.low <= use.kappa.mean <= use.kappa.high <= 1.0
    assert f"kappa {use.kappa.mean:.2f}" in markdown(result)


def test_the_budget_holds_for_the_judge_too(tmp_path: Path) -> None:
    task = write_task(tmp_path, JUDGE, n_items=8)
    result, _, events = run(tmp_path, task, n_items=8, budget_usd=Decimal("0.004"))
    assert result.spend.committed_usd <= Decimal("0.004")
    assert all(o.score is not None or o.status is not Status.OK for o in outcomes_of(events))


def test_embeddings_are_bought_once_a_text_and_counted(tmp_path: Path) -> None:
    scorer = {"name": "embedding", "model": "openai/text-embedding-3-small", "usd_per_mtok": "0.02"}
    result, _, events = run(tmp_path, write_task(tmp_path, scorer, n_items=4), n_items=4)
    outcomes = [o for o in outcomes_of(events) if o.status is Status.OK]
    targets = {f"q{n}": f"{WORDS[n % 8]} {WORDS[0]} {n}" for n in range(4)}
    assert all(o.score == pytest.approx(1.0) for o in outcomes if o.answer == targets[o.item_id])
    assert all(o.score is not None and 0.0 <= o.score <= 1.0 for o in outcomes)
    assert len(judge_calls(events)) == len({o.answer for o in outcomes} | {*targets.values()})
    assert result.judge_use is not None
    assert result.judge_use.spend_usd > 0


class Judging(Answering):
    """Candidates are always right; `judge/m` says what `verdict` says."""

    verdict = "Grade: 5"
    status = 200

    async def send(self, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        if endpoint.id != "mid/m":
            return await super().send(wire, endpoint)
        type(self).sent.append(endpoint.id)
        return ok(type(self).verdict) if type(self).status == 200 else RawReply(http_status=type(self).status)


@pytest.fixture
def judged_shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Three endpoints of two models; the middle one judges."""
    monkeypatch.setattr("modelsearch.api.session.ProviderClient", Judging)
    Judging.sent, Judging.verdict, Judging.status = [], "Grade: 5", 200
    catalogs = shop.root / "catalogs"
    models = {"models": [{"id": "m", "family": "f"}, {"id": "other", "family": "f"}]}
    (catalogs / "models.yaml").write_text(yaml.safe_dump(models))
    middle = yaml.safe_load((catalogs / "providers" / "mid.yaml").read_text())
    middle["endpoints"][0]["model"] = "other"
    (catalogs / "providers" / "mid.yaml").write_text(yaml.safe_dump(middle))
    return shop


def with_judge(shop: Shop, *, excluded: bool = True, **params: Any) -> None:
    task = yaml.safe_load(shop.task.read_text())
    task["scorer"] = {"name": "judge", "model": "mid/m", **params}
    task["requirements"] = {"exclude": ["mid/m"]} if excluded else {}
    shop.task.write_text(yaml.safe_dump(task))
    shop.plan.write_text(shop.plan.read_text().replace("[price_ceiling]", "[task_requirements, price_ceiling]"))


def test_a_reply_that_cannot_be_read_is_a_status_and_no_zero(judged_shop: Shop) -> None:
    with_judge(judged_shop)
    Judging.verdict = "It is fine, I suppose."
    result = search(judged_shop.request(), judged_shop.opening())
    outcomes = outcomes_of(Journal.read(judged_shop.run.journal)[1])
    assert {(o.status, o.score) for o in outcomes} == {(Status.UNSCORED, None)}
    assert result.judge_use is not None
    assert result.judge_use.n_unscored == len(outcomes)
    assert any("could not be read" in warning for warning in result.warnings)


def test_a_judge_that_does_not_answer_stops_the_search_and_a_resumed_one_pays_no_answer_twice(
    judged_shop: Shop,
) -> None:
    with_judge(judged_shop)
    Judging.status = 400
    with pytest.raises(NoAnswerError, match="no answer from the judge 'mid/m'"):
        search(judged_shop.request(), judged_shop.opening())
    answered = [name for name in Judging.sent if name != "mid/m"]
    Judging.sent, Judging.status = [], 200
    result = search(judged_shop.request(), judged_shop.opening())
    again = [name for name in Judging.sent if name != "mid/m"]
    assert len(answered) + len(again) == 12  # two candidates, six items
    assert result.judge_use is not None
    assert result.judge_use.n_calls == len(Judging.sent) - len(again) == 2 * 3


@pytest.mark.parametrize(
    ("model", "excluded", "told"),
    [
        ("mid/m", False, "is also a candidate"),
        ("dear/m", True, "is the model of the baseline"),
        ("cheap/m", True, "is the model of the baseline"),
        ("nobody/m", True, "expected an endpoint of the catalogue"),
    ],
)
def test_a_judge_may_not_judge_itself(judged_shop: Shop, model: str, excluded: bool, told: str) -> None:
    with_judge(judged_shop, excluded=excluded, model=model)
    with pytest.raises(OptionError, match=told):
        search(judged_shop.request(), judged_shop.opening())
    assert Judging.sent == []


def test_unless_it_is_forced(judged_shop: Shop) -> None:
    with_judge(judged_shop, excluded=False, allow_self_judging=True)
    assert search(judged_shop.request(), judged_shop.opening()).judge_use is not None


def test_without_the_judges_key_nothing_begins(judged_shop: Shop) -> None:
    with_judge(judged_shop)
    with pytest.raises(KeyMissingError, match="MID_KEY"):
        search(judged_shop.request(), judged_shop.opening(judged_shop.without("mid")))
    assert Judging.sent == []


def test_known_answers_of_the_baseline_tie_in_pairs_with_it_and_need_a_score_elsewhere(judged_shop: Shop) -> None:
    rows = ({"id": f"q{n}", "answer": ("no", "yes")[n % 2]} for n in range(6))
    judged_shop.known.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with_judge(judged_shop, mode="pairwise", against="baseline")
    request = judged_shop.request(baseline_outcomes=judged_shop.known)
    search(request, judged_shop.opening(run=RunDir(judged_shop.run.path.parent, RunId("20260101-000000-abcde0"))))
    assert "dear/m" not in Judging.sent
