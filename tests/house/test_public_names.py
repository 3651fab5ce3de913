"""What `import modelsearch` gives: its list is sorted, true, and costs nothing until it is used."""

import json
import subprocess
import sys
import time

import modelsearch
from tests.house.sources import ROOT

HEAVY = {
    "prefect",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "httpx",
    "aiohttp",
    "starlette",
    "jinja2",
    "typer",
    "pydantic",
}


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has after running the code."""
    script = f"{code}\nimport json, sys\nsys.stderr.write(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True, cwd=ROOT)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_the_names_are_sorted_and_all_there() -> None:
    assert modelsearch.__all__ == sorted(modelsearch.__all__)
    assert 12 <= len(modelsearch.__all__) <= 30
    for name in modelsearch.__all__:
        assert getattr(modelsearch, name) is not None, name
    assert {"ModelsearchError", "SearchRequest", "SearchResult", "TaskSpec", "asearch", "search"} <= set(
        modelsearch.__all__
    )


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(modelsearch, "seach")


def test_the_function_search_is_not_covered_by_the_room_of_that_name() -> None:
    loaded = (
        "import modelsearch; from modelsearch.search.fold import Fold; import modelsearch.search.loop; "
        "assert callable(modelsearch.search), modelsearch.search"
    )
    assert "modelsearch" in loaded_by(loaded)


def test_importing_is_light() -> None:
    assert loaded_by("import modelsearch") & HEAVY == set()


def test_every_error_for_people_is_in_the_tree() -> None:
    assert issubclass(modelsearch.InputError, modelsearch.ModelsearchError)
    assert issubclass(modelsearch.StoppedError, modelsearch.ModelsearchError)


def test_help_loads_neither_prefect_nor_pandas() -> None:
    code = (
        "import sys; sys.argv = ['modelsearch', 'search', '--help']\n"
        "from flows.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code"
    )
    assert loaded_by(code) & {"prefect", "pandas", "pyarrow", "scipy", "sklearn", "httpx"} == set()


def test_help_is_there_in_half_a_second() -> None:
    def cpu_s() -> float:
        code = (
            "import sys, time; sys.argv = ['modelsearch', '--help']\n"
            "from flows.cli import main\n"
            "try:\n    main()\nexcept SystemExit:\n    pass\n"
            "sys.stderr.write(f'{time.process_time()}')"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=ROOT)
        assert "search" in done.stdout
        return float(done.stderr.splitlines()[-1])

    started = time.monotonic()
    assert min(cpu_s() for _ in range(3)) < 0.5
    assert time.monotonic() - started < 30
