import pytest

from tests.unit.report.results import HOSTILE


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request: pytest.FixtureRequest) -> str:
    """What a model, a provider or a catalogue may write to break a report."""
    return str(request.param)
