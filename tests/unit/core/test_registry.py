import sys
import types
from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from modelsearch.core import registry
from modelsearch.core.errors import RegistryError
from modelsearch.core.registry import lookup, names


@pytest.fixture
def with_plug_ins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A good plug-in and a broken one, found anew."""
    names("ranker")  # the built-ins register themselves when they are first imported, and then never again
    module = types.ModuleType("plug_in_for_a_test")
    source = (
        "from modelsearch.core.registry import register\n"
        "@register('ranker', 'mine', source='a paper that was never written')\nclass Mine:\n    pass\n"
    )
    sys.modules[module.__name__] = module
    monkeypatch.setattr("inspect.getfile", lambda cls: f"{cls.__module__}.py")
    monkeypatch.setattr(registry, "_REGISTERED", dict(registry._REGISTERED))
    exec(compile(source, "plug_in_for_a_test.py", "exec"), module.__dict__)  # noqa: S102 - a module made for this test
    points = [
        EntryPoint("mine", "plug_in_for_a_test", "modelsearch.ranker"),
        EntryPoint("broken", "no_such_module_anywhere", "modelsearch.ranker"),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda *, group: points if group == "modelsearch.ranker" else [])
    monkeypatch.setattr(registry, "_BROKEN", {})
    registry._discover.cache_clear()
    yield
    del sys.modules[module.__name__]
    registry._discover.cache_clear()


@pytest.mark.usefixtures("with_plug_ins")
def test_a_broken_plug_in_stops_only_who_asks_for_it() -> None:
    assert "mine" in names("ranker")
    assert lookup("ranker", "mine").source == "a paper that was never written"
    assert lookup("ranker", "tier_order").name == "tier_order"
    with pytest.raises(RegistryError, match=r"'broken'.*does not import.*no_such_module_anywhere.*repair or uninstall"):
        lookup("ranker", "broken")


def test_names_are_sorted_and_each_role_has_its_own() -> None:
    assert list(names("filter")) == sorted(names("filter"))
    assert not set(names("filter")) & set(names("sampler"))
