from pathlib import Path

import pytest

from modelsearch.compare.past import table_past_quality
from modelsearch.compare.tables import Asked, read_field
from modelsearch.core.errors import OptionError
from tests.unit.compare.fields import make_table, written


def test_a_table_never_tells_of_itself(tmp_path: Path) -> None:
    own = written(tmp_path, "own")
    assert table_past_quality(make_table(name="own"), (own,)) == {}
    other = written(tmp_path, "other", seed=1)
    found = table_past_quality(make_table(name="own"), (own, other))
    assert found == table_past_quality(make_table(name="own"), (other,))
    assert found["m0"] > found["m3"] > found["m5"]  # type: ignore[index]


def test_a_setting_holds_what_the_past_lets_expect_where_it_is_asked_for(tmp_path: Path) -> None:
    own, other = written(tmp_path, "own"), written(tmp_path, "other", seed=1)
    field = read_field(own)
    assert field.setting(Asked(baseline="m0", budget_share=0.1)).past_quality == {}
    setting = field.setting(Asked(baseline="m0", budget_share=0.1, past=(own, other)))
    assert set(setting.past_quality) == {candidate.id for candidate in setting.candidates}


def test_a_folder_that_is_no_past_is_told(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--past"):
        table_past_quality(make_table(), (tmp_path / "none",))
