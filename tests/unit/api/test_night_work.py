from dataclasses import replace
from datetime import date

from modelsearch.api.night_open import planned_from
from modelsearch.api.night_work import Composites, Kept, NightWork, night_work, plain_request, with_kept
from modelsearch.core.candidate import Cascade, Ensemble, Single
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.nights import TaskState
from tests.unit.api.bazaar import BASELINE, DAY, Bazaar

TWIN = EndpointId("twin/m")
MEMBERS = (Single(endpoint_id=TWIN), Single(endpoint_id=EndpointId("poor/m")))


def work_of(bazaar: Bazaar) -> tuple[TaskState, NightWork]:
    state, work, _ = planned_from(bazaar.registered(), bazaar.settings, bazaar.call(), bazaar.store)
    return state, work


def kept(bazaar: Bazaar, before: Kept, *, drifted: date | None = None) -> tuple[Kept, NightWork]:
    """What becomes of what was kept of an endpoint."""
    state, work = work_of(bazaar)
    if drifted is not None:
        state = replace(state, drifted={CandidateId(TWIN): drifted})
    work = with_kept(work, {TWIN: before}, Composites(), state)
    return work.kept[TWIN], work


def test_what_is_only_told_now_is_no_change_and_is_kept(bazaar: Bazaar) -> None:
    bazaar.add("twin", 2.0, quantization="fp8")
    now, work = kept(bazaar, Kept(revision="m||", host="h1"))
    assert (now.revision, now.salt, now.host) == ("m|fp8|", "", "h1")
    assert (work.market.endpoints[TWIN].revision, work.market.endpoints[TWIN].host) == ("", "h1")


def test_a_change_has_a_name_of_its_own_and_forgets_the_host(bazaar: Bazaar) -> None:
    bazaar.add("twin", 2.0, quantization="int4")
    now, work = kept(bazaar, Kept(revision="m|fp8|", host="h1"))
    assert now == Kept(revision="m|int4|", salt=f"m|int4| from {DAY}")
    assert work.market.endpoints[TWIN].revision == now.salt
    assert work.market.endpoints[TWIN].host is None


def test_a_silent_change_is_one_from_its_day_on_and_only_once(bazaar: Bazaar) -> None:
    first, _ = kept(bazaar, Kept(revision="m||"), drifted=DAY)
    assert DAY.isoformat() in first.salt
    again, _ = kept(bazaar, first, drifted=DAY)
    assert again == first


def test_of_one_model_s_hosts_the_cheapest_is_on_offer_and_whoever_is_known(bazaar: Bazaar) -> None:
    bazaar.add("host", 1.5)
    bazaar.add("twin", 2.0)
    path = bazaar.root / "catalogs" / "providers" / "host.yaml"
    path.write_text(path.read_text().replace("model: m-host", "model: m-twin"))
    assert {"host/m", BASELINE} <= {str(c) for c in work_of(bazaar)[1].offers}
    assert CandidateId(TWIN) not in work_of(bazaar)[1].offers
    state = replace(work_of(bazaar)[0], waiting=(CandidateId(TWIN),))
    assert CandidateId(TWIN) in night_work(bazaar.registered(), bazaar.settings, DAY, state=state).offers


def test_whom_nobody_can_call_is_not_on_offer(bazaar: Bazaar) -> None:
    environ = {name: value for name, value in bazaar.environ.items() if name != "TWIN_KEY"}
    settings = replace(bazaar.settings, environ=environ)
    assert CandidateId(TWIN) not in night_work(bazaar.registered(), settings, DAY).offers


def test_composites_are_found_by_id_and_singles_are_left_out() -> None:
    vote, cascade = Ensemble(members=MEMBERS), Cascade(legs=MEMBERS, thresholds=(0.5,))
    known = Composites().with_candidate(vote).with_candidate(cascade).with_candidate(MEMBERS[0])
    assert known.find(vote.id) == vote
    assert known.find(cascade.id) == cascade
    assert known.find(MEMBERS[0].id) is None
    other = Composites().with_candidate(Cascade(legs=MEMBERS, thresholds=(0.7,)))
    assert len(known.joined(other).cascades) == 2
    assert known.joined(other).ensembles == known.ensembles


def test_a_request_says_what_the_registration_says(bazaar: Bazaar) -> None:
    registered = bazaar.registered(seed=3, batch="always", batch_min_calls=9, baseline_outcomes="/k.jsonl")
    request = plain_request(registered, candidates=("a",))
    assert (request.seed, request.batch, request.batch_min_calls, request.past) == (3, "always", 9, ())
    assert (str(request.baseline_outcomes), request.candidates) == ("/k.jsonl", ("a",))
