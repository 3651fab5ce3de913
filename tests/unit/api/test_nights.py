import asyncio
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from modelsearch.api.night_job import JobDone, JobRun, run_job
from modelsearch.api.night_work import NightWork
from modelsearch.api.nights import run_night
from modelsearch.core.errors import AuthenticationError, NightLockedError
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.money import ZERO_USD
from modelsearch.core.nights import Job, NightReport
from modelsearch.core.result import Verdict
from tests.unit.api.bazaar import BASELINE, N_ITEMS, Bazaar, Models, all_calls, history, told

FIRST = [("search", BASELINE, "done")]


def test_the_first_night_searches_and_moves_on_a_certificate(bazaar: Bazaar) -> None:
    report = bazaar.night()
    assert told(report) == FIRST
    (move,) = report.moves
    assert (move.from_id, move.to_id) == (BASELINE, "twin/m")
    assert bazaar.state.incumbent_id == "twin/m"
    standing = bazaar.state.standings[move.to_id]
    assert standing.verdict is Verdict.NON_INFERIOR
    assert (standing.tokens_in, standing.tokens_out) == (100.0, 5.0)
    assert standing.cost_usd == pytest.approx(2e-4 + 4e-5, rel=0.02)
    assert report.spend_usd == bazaar.state.spend_usd == all_calls(bazaar)[1] <= 1


def test_a_night_run_twice_is_one_night(bazaar: Bazaar) -> None:
    first = bazaar.night()
    n_calls, state = len(Models.asked), bazaar.state
    again = bazaar.night()
    assert first.results
    assert not again.results
    assert (again.spend_usd, len(Models.asked), bazaar.state) == (ZERO_USD, n_calls, state)
    assert history(bazaar, "nights") == ["2026-11-24"]


def test_a_newcomer_is_tested_against_what_is_known_of_the_baseline(bazaar: Bazaar) -> None:
    bazaar.night()
    late, weak = bazaar.add("late", 0.5), bazaar.add("weak", 0.3)
    n_baseline = bazaar.asked[BASELINE]
    report = bazaar.night(1)
    assert set(told(report)[:2]) == {("drift", BASELINE, "done"), ("drift", "twin/m", "done")}
    assert {job for _, job, _ in told(report)[2:]} == {late, weak}
    assert bazaar.asked[BASELINE] == n_baseline == N_ITEMS
    assert bazaar.asked[weak] < 20
    assert [str(move.to_id) for move in report.moves] == [late]
    assert bazaar.state.standings[CandidateId(late)].n_items == bazaar.asked[late]
    places = [result.job.place for result in report.results if result.job.place]
    assert sorted(places) == [2, 3]
    assert history(bazaar, "moves") == ["2026-11-24", "2026-11-25"]


def test_a_sample_is_asked_anew_and_compared_with_what_was_said_before(bazaar: Bazaar) -> None:
    bazaar.night()
    Models.right["dear"] = 0.0
    (drift,) = [result for result in bazaar.night(1).results if result.job.candidate_id == BASELINE]
    assert drift.job.kind == "drift"
    assert len(drift.samples) == len(drift.cost_samples) == len(drift.latency_samples) == 10
    assert {(old, new) for _, old, new in drift.samples} == {(1.0, 0.0)}
    assert all(old == pytest.approx(new) for _, old, new in drift.cost_samples)
    items = [item for name, item in Models.asked if name == f"{BASELINE}@anew"]
    assert sorted(items) == sorted(f"is {number} odd?" for number, _, _ in drift.samples)


def test_samples_go_round_and_no_item_is_asked_twice_in_one(bazaar: Bazaar) -> None:
    bazaar.night()
    seen: Counter[str] = Counter()
    for n_nights in range(1, 7):
        bazaar.night(n_nights, registered=bazaar.registered(rules={"drift_items": 10}))
    seen = Counter(item for name, item in Models.asked if name == f"{BASELINE}@anew")
    assert len(seen) == N_ITEMS
    assert set(seen.values()) == {1}


def test_the_baseline_is_measured_where_a_cheap_first_night_left_items_out(bazaar: Bazaar) -> None:
    report = bazaar.night(registered=bazaar.registered(night_usd=Decimal("0.03")))
    assert report.spend_usd <= Decimal("0.03")
    n_before = bazaar.asked[BASELINE]
    late = bazaar.add("late", 0.5)
    report = bazaar.night(1)
    assert n_before < N_ITEMS == bazaar.asked[BASELINE]
    assert ("measure", BASELINE, "done") in told(report)
    assert ("screen", late, "done") in told(report)


def test_a_job_that_fails_ends_alone_and_is_told(bazaar: Bazaar) -> None:
    bazaar.night()
    bazaar.add("late", 0.5)
    bazaar.add("weak", 0.3)
    Models.fails["weak"] = AuthenticationError("provider weak refuses the key in WEAK_KEY: set a good one")
    report = bazaar.night(1)
    ends = {candidate_id: end for kind, candidate_id, end in told(report) if kind == "screen"}
    assert ends == {"weak/m": "failed", "late/m": "done"}
    (alarm,) = [alarm for alarm in report.alarms if alarm.code == "job_failed"]
    assert "WEAK_KEY" in alarm.message
    assert bazaar.state.incumbent_id == "late/m"
    Models.fails.clear()
    assert ("screen", "weak/m", "done") in told(bazaar.night(2))


def test_words_of_an_unforeseen_failure_are_told_nowhere(bazaar: Bazaar) -> None:
    Models.fails["dear"] = RuntimeError("canary-key-5f1d")
    report = bazaar.night()
    assert [end for _, _, end in told(report)] == ["failed"]
    assert report.end == "failed"
    kept = "".join(path.read_text(errors="replace") for path in bazaar.settings.nights.rglob("*") if path.is_file())
    assert "canary" not in str(report)
    assert "canary" not in kept


def test_no_limit_is_passed(bazaar: Bazaar) -> None:
    limited = bazaar.registered(night_usd=Decimal("0.04"), life_usd=Decimal("0.06"))
    spends = []
    for n_nights in range(4):
        bazaar.add(f"late{n_nights}", 0.5)
        Models.right[f"late{n_nights}"] = 0.9
        spends.append(bazaar.night(n_nights, registered=limited).spend_usd)
    assert all(spend <= Decimal("0.04") for spend in spends)
    assert sum(spends, ZERO_USD) <= Decimal("0.06")
    assert sum(spends, ZERO_USD) == all_calls(bazaar)[1] == bazaar.state.spend_usd


def test_the_limit_of_all_tasks_holds_beside_the_task_s_own(bazaar: Bazaar) -> None:
    report = bazaar.night(budget_usd=Decimal("0.02"))
    assert ZERO_USD < report.spend_usd <= Decimal("0.02")


def test_another_search_budget_holds_where_everybody_is_searched(bazaar: Bazaar) -> None:
    registered = bazaar.registered(night_usd=Decimal("0.001"), search_usd=Decimal(1))
    assert bazaar.night(registered=registered).spend_usd > Decimal("0.05")
    assert bazaar.night(1, registered=registered).spend_usd <= Decimal("0.001")


def test_a_model_between_two_nights_is_tested_alone_and_once(bazaar: Bazaar) -> None:
    bazaar.night()
    late = bazaar.add("late", 0.5)
    bazaar.add("weak", 0.3)
    report = bazaar.night(only=late)
    assert told(report) == [("screen", late, "done")]
    assert str(bazaar.state.incumbent_id) == late
    n_calls = len(Models.asked)
    assert not bazaar.night(only=late).results
    assert len(Models.asked) == n_calls
    assert not bazaar.night(only=EndpointId("no/such")).results
    assert [each for each in told(bazaar.night(1)) if each[0] == "screen"] == [("screen", "weak/m", "done")]


def test_a_day_s_money_counts_what_was_tested_between_nights(bazaar: Bazaar) -> None:
    registered = bazaar.registered(night_usd=Decimal("0.09"))
    first = bazaar.night(registered=registered)
    late = bazaar.add("late", 0.5)
    between = bazaar.night(only=late, registered=registered)
    assert first.spend_usd + between.spend_usd <= Decimal("0.09")
    assert between.end in ("out_of_money", "done")


def test_nothing_is_tested_for_a_task_that_knows_nothing_yet(bazaar: Bazaar) -> None:
    assert not bazaar.night(only=EndpointId("twin/m")).results
    assert not Models.asked


def test_only_one_works_on_a_task_at_a_time(bazaar: Bazaar) -> None:
    async def both() -> None:
        async def meanwhile(job: Job, work: NightWork, where: JobRun) -> JobDone:
            with pytest.raises(NightLockedError, match="only one may"):
                await run_night(bazaar.registered(), bazaar.settings, bazaar.call())
            return await run_job(job, work, where)

        await run_night(bazaar.registered(), bazaar.settings, bazaar.call(runner=meanwhile))

    asyncio.run(both())
    assert bazaar.state.last_night == bazaar.call().day


def test_another_prompt_begins_the_task_anew_but_not_its_money(bazaar: Bazaar) -> None:
    spent = bazaar.night().spend_usd
    bazaar.task.write_text(bazaar.task.read_text().replace("{{ input }}", "Say yes or no: {{ input }}"))
    Models.asked.clear()
    report = bazaar.night(1)
    assert told(report) == FIRST
    assert bazaar.asked[BASELINE] == N_ITEMS
    assert bazaar.state.spend_usd == spent + report.spend_usd


def test_a_wish_of_the_client_begins_nothing_anew(bazaar: Bazaar) -> None:
    bazaar.night()
    revision = bazaar.state.task_revision
    bazaar.task.write_text(bazaar.task.read_text() + "requirements: {min_quality: 0.5}\n")
    assert [kind for kind, _, _ in told(bazaar.night(1))] == ["drift", "drift"]
    assert bazaar.state.task_revision == revision


def test_what_is_known_to_have_changed_is_asked_again_and_what_is_merely_told_is_not(bazaar: Bazaar) -> None:
    bazaar.night()
    bazaar.add("twin", 2.0, quantization="fp8")
    assert [kind for kind, _, _ in told(bazaar.night(1))] == ["drift", "drift"]
    n_twin = bazaar.asked["twin/m"]
    bazaar.add("twin", 2.0, quantization="int4")
    Models.right["twin"] = 0.3
    report = bazaar.night(2)
    assert ("screen", "twin/m", "done") in told(report)
    assert bazaar.asked["twin/m"] > n_twin == N_ITEMS
    assert bazaar.state.standings[CandidateId("twin/m")].quality < 0.6
    assert [move.to_id for move in report.moves] == [BASELINE]
    n_twin = bazaar.asked["twin/m"]
    bazaar.night(3)
    assert bazaar.asked["twin/m"] == n_twin


def test_a_price_change_is_ranked_for_nothing(bazaar: Bazaar) -> None:
    bazaar.night()
    late = bazaar.add("late", 0.5)
    bazaar.night(1)
    Models.asked.clear()
    bazaar.add("late", 5.0)
    bazaar.add("twin", 1.0)
    report = bazaar.night(2)
    assert [move.to_id for move in report.moves] == ["twin/m"]
    assert not {name for name, _ in Models.asked if not name.endswith("@anew")}
    assert bazaar.state.standings[CandidateId(late)].cost_usd == pytest.approx(10 * 6e-5, rel=0.1)


def test_imported_answers_of_the_baseline_are_not_bought(bazaar: Bazaar) -> None:
    known = bazaar.root / "known.jsonl"
    known.write_text("".join(f'{{"id": "q{n:03d}", "score": 1.0}}\n' for n in range(N_ITEMS)))
    registered = bazaar.registered(baseline_outcomes=str(known))
    report = bazaar.night(registered=registered)
    assert told(report) == FIRST
    assert bazaar.asked[BASELINE] == 0
    assert bazaar.state.incumbent_id == "twin/m"


def test_a_report_says_who_waits_and_a_paused_task_is_nobody_s(bazaar: Bazaar) -> None:
    bazaar.night()
    for n in range(3):
        bazaar.add(f"late{n}", 0.5)
        Models.right[f"late{n}"] = 1.0
    tight = replace(bazaar.registered(), night_usd=Decimal("0.02"))
    report: NightReport = bazaar.night(1, registered=tight)
    assert report.spend_usd <= Decimal("0.02")
    assert set(report.waiting) <= {"late0/m", "late1/m", "late2/m"}
