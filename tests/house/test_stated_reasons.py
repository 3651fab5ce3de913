"""A rule that is switched off somewhere says why."""

import re
import tomllib

from tests.house.sources import ROOT, all_files, name_of, product_files

NOQA = re.compile(r"#\s*noqa(?P<code>: ?[A-Z0-9, ]+)?(?P<reason>.*)$")
IGNORE = re.compile(r"#\s*type: ignore(?P<code>\[[a-z-, ]+\])?")


def lines_with(mark: str) -> list[tuple[str, str]]:
    return [
        (f"{name_of(path)}:{number}", line)
        for path in all_files()
        if path.name != "test_stated_reasons.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if mark in line
    ]


def test_every_suppression_names_its_rule() -> None:
    for where, line in lines_with("# noqa"):
        found = NOQA.search(line)
        assert found is not None, where
        assert found["code"], where
    for where, line in lines_with("type: ignore"):
        found = IGNORE.search(line)
        assert found is None or found["code"], where


def test_blind_excepts_and_subprocesses_of_the_product_give_a_reason() -> None:
    for path in product_files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found = NOQA.search(line)
            if found is not None and re.search(r"BLE001|S603|S607|S324|PLW0603", found["code"] or ""):
                assert re.search(r"-\s*\S+", found["reason"]), f"{name_of(path)}:{number}"


def test_no_bare_except_and_no_assert_for_users() -> None:
    for path in product_files():
        if "testing" in path.parts:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            assert not re.match(r"\s*(except\s*:|assert\s)", line), f"{name_of(path)}:{number}"


def test_every_ignored_lint_rule_has_its_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    start = text.index("ignore = [\n")
    for line in text[start : text.index("\n]", start)].splitlines()[1:]:
        assert re.search(r"#\s*\S+ \S+", line), line


def test_every_dependency_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lines = text.splitlines()
    for name in wanted:
        number = next(n for n, line in enumerate(lines) if line.strip().startswith(f'"{name}"'))
        assert "#" in lines[number] or lines[number - 1].strip().startswith("#"), name


def test_ignored_warnings_name_their_origin() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    start = text.index("filterwarnings = [")
    for line in text[start : text.index("\n]", start)].splitlines()[1:]:
        assert '"error"' in line or "#" in line, line
