from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.catalog.schema import ModelsFile, ProviderFile, TiersFile
from modelsearch.catalog.yaml_file import MAX_PROBLEMS, listed, read_rows
from modelsearch.core.errors import CatalogError
from tests.unit.catalog.folders import FILES

ACME = FILES["providers/acme.yaml"]


def _read(path: Path, text: str) -> ProviderFile:
    path.write_text(text, encoding="utf-8")
    return read_rows(path, ProviderFile)


def _message(path: Path, text: str) -> str:
    with pytest.raises(CatalogError) as caught:
        _read(path, text)
    return str(caught.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "acme.yaml"


def test_decimals_are_exact_as_written(path: Path) -> None:
    text = ACME.replace("cache_read_mtok: 0.1,", "cache_read_mtok: 0.123456789012345678901,")
    assert _read(path, text).endpoints[0].prices[0].cache_read_mtok == Decimal("0.123456789012345678901")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: Acme", "nane: Acme", "nane: unknown key; allowed: id, name, dialect"),
        ("name: Acme", "", "name: missing"),
        ("pricing_class: budget", "pricing_class: cheap", "pricing_class: Input should be 'premium', 'variable'"),
        ("context_tokens: 1000", "context_tokens: 0", "endpoints[m-1].context_tokens: Input should be greater than 0"),
        ("context_tokens: 1000", "context: 1000", "endpoints[m-1].context: unknown key; allowed: wire, model"),
        ("input_mtok: 1,", "input: 1,", "endpoints[m-1].prices[0].input: unknown key; allowed: input_mtok"),
        ("input_mtok: 1,", "input_mtok: -1,", "less_than_or_greater"),
        ("input_mtok: 1,", "input_mtok: .nan,", "finite number, got NaN"),
        ("input_mtok: 1,", "input_mtok: .inf,", "finite number, got Infinity"),
        ("input_mtok: 1,", "input_mtok: 1000.01,", "less than or equal to 1000, got 1000.01"),
        ("input_mtok: 1,", "input_mtok: free,", "endpoints[m-1].prices[0].input_mtok: Input should be a valid decimal"),
        ("source: list}", "utc: [0100, 0400], source: list}", "valid string, got 64"),
        ("source: list}", 'utc: ["0100", "2500"], source: list}', "match pattern"),
        ("source: list}", "source: ''}", "source: String should have at least 1 character"),
        (", source: list}", "}", "endpoints[m-1].prices[0].source: missing"),
        ("https://api.acme.example/v1", "https://api.acme.example/v1/", "base_url: String should match pattern"),
        ("ACME_API_KEY", "sk-live-1234", "key_env: String should match pattern"),
    ],
)
def test_a_problem_says_key_allowed_and_got(path: Path, old: str, new: str, expected: str) -> None:
    message = _message(path, ACME.replace(old, new))
    expected = "greater than or equal to 0, got -1" if expected == "less_than_or_greater" else expected
    assert message.startswith(f"{path}: ")
    assert expected in message


def test_a_key_given_twice_is_refused(path: Path) -> None:
    assert "key given twice: ['name']" in _message(path, ACME + "name: Other\n")


def test_text_that_is_no_mapping_is_refused(path: Path) -> None:
    assert "expected a mapping with the keys id, name, dialect" in _message(path, "- 1\n")


def test_an_empty_file_is_refused(path: Path) -> None:
    assert "got nothing" in _message(path, "")


def test_broken_yaml_says_where(path: Path) -> None:
    message = _message(path, "id: [1\nname: x\n")
    assert "no valid YAML" in message
    assert "line 2" in message


def test_other_encodings_are_refused(path: Path) -> None:
    path.write_bytes(b"id: caf\xe9\n")
    with pytest.raises(CatalogError, match="expected UTF-8 text, got byte 0xe9 at 7"):
        read_rows(path, ProviderFile)


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="cannot be read"):
        read_rows(tmp_path, TiersFile)


def test_python_objects_in_yaml_are_refused(path: Path) -> None:
    assert "no valid YAML" in _message(path, "id: !!python/object/apply:os.getcwd []\n")


def test_rows_are_named_by_their_id(tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_text("models: [{id: good, family: f}, {id: bad, family: F}]\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"models\[bad\]\.family"):
        read_rows(path, ModelsFile)


def test_a_long_list_of_problems_is_cut() -> None:
    message = listed("file", [f"p{i}" for i in range(MAX_PROBLEMS + 5)])
    assert message.startswith(f"file: {MAX_PROBLEMS + 5} problem(s)")
    assert message.endswith("... and 5 more")
