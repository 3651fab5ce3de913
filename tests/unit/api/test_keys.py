from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from modelsearch.api.keys import Coverage, check_live_keys, drops_without_key, keys_of
from modelsearch.api.pool import baseline_of, candidates_of
from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.errors import KeyMissingError, StoppedError
from modelsearch.core.ids import CandidateId, EndpointId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import Drop, Move
from modelsearch.search.fold import Fold
from modelsearch.settings import read_settings
from modelsearch.testing.factories import make_provider, make_setting, make_task
from tests.unit.evaluate.live import two_providers

P0, P1 = ProviderId("p0"), ProviderId("p1")


def keyed(market: Market) -> Market:
    """The same market, in which each provider asks for a key."""
    providers = {k: replace(p, key_env=f"{k.upper()}_KEY", name=k.title()) for k, p in market.providers.items()}
    return replace(market, providers=providers)


@dataclass(frozen=True)
class Pool:
    market: Market
    candidates: tuple[Single, ...]
    baseline: Single


def pool(baseline: str = "m00") -> Pool:
    market = keyed(two_providers())
    candidates = candidates_of(make_task(2), market)
    return Pool(market, candidates, baseline_of(baseline, candidates, make_task(2)))


def test_keys_are_read_by_the_name_of_their_variable() -> None:
    market = keyed(two_providers())
    assert keys_of(market, read_settings({"P0_KEY": "k", "P1_KEY": ""})) == {"p0": "k"}


def test_candidates_without_a_key_are_dropped_with_the_variable_to_set() -> None:
    drops = drops_without_key(pool(), {P0: "k"})
    assert [(d.candidate_id, d.remedy, d.strategy) for d in drops] == [("m02", "set P1_KEY", "keys")]
    assert "P1_KEY is not set" in drops[0].reason


def test_the_baselines_own_key_is_needed_unless_all_its_answers_are_known() -> None:
    with pytest.raises(KeyMissingError, match=r"baseline 'm02' is served by P1.*P1_KEY.*--baseline-outcomes FILE"):
        drops_without_key(pool("m02"), {P0: "k"})
    assert drops_without_key(pool("m02"), {P0: "k"}, Coverage(n_known=400, n_items=400)) == []


@pytest.mark.parametrize("n_known", [1, 20, 399])
def test_some_known_answers_do_not_stand_for_the_baselines_key(n_known: int) -> None:
    with pytest.raises(KeyMissingError, match=rf"set P1_KEY, or complete .*covers {n_known} of 400 items"):
        drops_without_key(pool("m02"), {P0: "k"}, Coverage(n_known=n_known, n_items=400))


def test_no_key_for_anybody_else_is_refused() -> None:
    alone = replace(pool(), candidates=tuple(c for c in pool().candidates if c.id != "m01"))
    with pytest.raises(KeyMissingError, match=r"no other provider's key.*P1_KEY"):
        drops_without_key(alone, {P0: "k"})


def test_providers_without_keys_need_none() -> None:
    market = replace(two_providers(), providers={ProviderId(p): make_provider(p) for p in ("p0", "p1")})
    assert drops_without_key(replace(pool(), market=market), {}) == []


def fold_of(*known: str, drops: Sequence[str] = ()) -> Fold:
    """Three candidates on two items, some of them known in full, some dropped."""
    setting = make_setting(3, 2, market=keyed(two_providers()))
    fold = Fold(setting)
    gone = tuple(Drop(candidate_id=CandidateId(name), reason="r") for name in drops)
    fold.apply(Move(phase="available", round=0, drops=gone))
    for name in known:
        for item_id in setting.item_ids:
            fold.take(Outcome(candidate_id=CandidateId(name), item_id=item_id, status=Status.OK, score=1.0))
    return fold


def test_a_run_goes_on_with_the_keys_of_all_who_may_still_be_called() -> None:
    check_live_keys(fold_of(), {P0: "k", P1: "k"})
    with pytest.raises(StoppedError, match=r"set P1_KEY for P1 \(m02\), and resume; nothing that was paid is lost"):
        check_live_keys(fold_of(), {P0: "k"})
    with pytest.raises(StoppedError, match=r"P0_KEY for P0 \(m00, m01\); P1_KEY for P1 \(m02\)") as told:
        check_live_keys(fold_of(), {})
    assert told.value.exit_code == 3


def test_who_left_or_is_known_in_full_needs_no_key() -> None:
    check_live_keys(fold_of(drops=["m02"]), {P0: "k"})
    check_live_keys(fold_of("m02"), {P0: "k"})
    check_live_keys(fold_of("m00", drops=["m01"]), {P1: "k"})


def test_members_of_an_ensemble_need_their_keys_though_they_left_the_pool() -> None:
    fold = fold_of(drops=["m02"])
    members = tuple(Single(endpoint_id=EndpointId(name)) for name in ("m01", "m02"))
    fold.apply(Move(phase="last", round=0, additions=(Ensemble(members=members),)))
    with pytest.raises(StoppedError, match="P1_KEY for P1 \\(vote-"):
        check_live_keys(fold, {P0: "k"})
