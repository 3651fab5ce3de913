from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Family, Specialisation, TaskKind
from modelsearch.search.rankers.provider_specialisation import ProviderSpecialisation, lineage
from modelsearch.testing.factories import make_market, make_provider, make_view

NAN = float("nan")
KIND = TaskKind(id="classification", prefers=frozenset({"speed"}), avoids=frozenset({"chat"}))


def _prior(subject: str, subject_id: str, prior: float, kind: str = "classification") -> Specialisation:
    return Specialisation(subject=subject, subject_id=subject_id, task_kind=kind, prior=prior, evidence="a test")  # type: ignore[arg-type]


def test_priors_of_provider_family_and_lineage_are_averaged() -> None:
    families = {name: Family(id=name, lineage=parent) for name, parent in (("f0", None), ("f1", "f0"), ("f2", None))}
    priors = (_prior("family", "f0", 0.6), _prior("family", "f1", 0.2), _prior("family", "f2", 0.9, "coding"))
    market = make_market(3, families=families, specialisations=priors)
    merit = ProviderSpecialisation().rank(make_view(np.full((3, 1), NAN), market=market))
    np.testing.assert_allclose(merit, [0.6, 0.4, NAN])


def test_preferred_strengths_raise_and_avoided_ones_lower() -> None:
    families = {"f1": Family(id="f1", strengths=frozenset({"chat"})), "f2": Family(id="f2", strengths=frozenset({"x"}))}
    provider = make_provider(strengths=("speed",))
    market = make_market(3, families=families, task_kinds={KIND.id: KIND}, providers={ProviderId("p0"): provider})
    merit = ProviderSpecialisation().rank(make_view(np.full((3, 1), NAN), market=market))
    np.testing.assert_allclose(merit, [0.25, 0.0, 0.25])


def test_own_characteristics_and_capabilities_count_and_a_parents_do_not() -> None:
    families = {
        "f0": Family(id="f0", characteristics=frozenset({"chat"})),
        "f1": Family(id="f1", lineage="f0", strengths=frozenset({"speed"})),
        "f2": Family(id="f2"),
    }
    market = make_market(
        3, families=families, task_kinds={KIND.id: replace(KIND, prefers=frozenset({"speed", "tools"}))}
    )
    tools = replace(market.endpoints[EndpointId("m02")], capabilities=frozenset({"tools"}))
    market = replace(market, endpoints={**market.endpoints, EndpointId("m02"): tools})
    merit = ProviderSpecialisation().rank(make_view(np.full((3, 1), NAN), market=market))
    np.testing.assert_allclose(merit, [-0.25, 0.25, 0.25])


def test_a_loop_of_lineages_ends() -> None:
    families = {"a": Family(id="a", lineage="b"), "b": Family(id="b", lineage="a")}
    assert lineage("a", replace(make_market(1), families=families)) == ["a", "b"]
    assert lineage("unknown", make_market(1)) == ["unknown"]


def test_nothing_known_no_opinion() -> None:
    assert np.isnan(ProviderSpecialisation().rank(make_view(np.full((2, 1), NAN)))).all()
    assert ProviderSpecialisation().preference == pytest.approx(0.25)
