from dataclasses import dataclass

import pytest

from modelsearch.core.errors import OptionError, TaskFileError
from modelsearch.taskfile.checks import check_sureness


@dataclass(frozen=True)
class Sureness:
    margin: float | None = None
    alpha: float | None = None


@pytest.mark.parametrize("values", [Sureness(), Sureness(0.0, 0.5), Sureness(0.999, 1e-9)])
def test_the_edges_pass(values: Sureness) -> None:
    check_sureness(values)


@pytest.mark.parametrize("margin", [1.0, -1e-9, float("nan"), float("inf")])
def test_a_margin_outside_is_refused_by_the_error_asked_for(margin: float) -> None:
    with pytest.raises(OptionError, match=r"^margin: expected"):
        check_sureness(Sureness(margin=margin))
    with pytest.raises(TaskFileError, match=r"^desk: margin: expected"):
        check_sureness(Sureness(margin=margin), owner="desk", error=TaskFileError)


@pytest.mark.parametrize("alpha", [0.0, 0.51, -1.0, float("nan")])
def test_an_alpha_outside_is_refused(alpha: float) -> None:
    with pytest.raises(OptionError, match=r"^alpha: expected"):
        check_sureness(Sureness(alpha=alpha))
