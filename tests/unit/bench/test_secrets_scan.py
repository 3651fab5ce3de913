from base64 import b64encode
from pathlib import Path

import pytest

from bench.secrets_control import KEY, missed_plants
from bench.secrets_scan import hits_in, scan


def test_every_planted_key_is_found_and_no_other(tmp_path: Path) -> None:
    assert missed_plants(tmp_path / "plants") == []


@pytest.mark.parametrize("n_before", range(4))
@pytest.mark.parametrize("after", ["", "x", "xy"])
def test_a_key_inside_base64_is_found_wherever_it_begins(n_before: int, after: str) -> None:
    data = b64encode(b":" * n_before + KEY.encode() + after.encode())
    assert any(hit.form.startswith("base64 ") for hit in hits_in(data, "place", {"k": KEY}))


def test_a_part_of_a_key_is_no_hit_and_a_name_of_a_file_counts(tmp_path: Path) -> None:
    (tmp_path / "half.txt").write_text(KEY[: len(KEY) // 2])
    assert scan(tmp_path, {"k": KEY}) == ([], 1)
    (tmp_path / "sk-short").write_text("")
    hits, _ = scan(tmp_path, {"k": "sk-short"})
    assert [hit.place for hit in hits] == ["file name"]
