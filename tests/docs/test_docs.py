"""The documentation holds together: its commands parse, its links resolve, every page is found, nothing is left out."""

import re
from functools import cache
from pathlib import Path

import pytest

from bench import docs_cli_page, docs_pages, docs_settings_page, docs_strategies_page, docs_task_page
from bench.docs_blocks import ROOT, SHELL, blocks, commands, pages
from tests.house.sources import product_files

DOCS = ROOT / "docs"
CONFIG = DOCS / "_mkdocs" / "mkdocs.yml"
INLINE = re.compile(r"`(modelsearch [a-z][^`\n]*)`")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


@cache
def known() -> dict[tuple[str, ...], tuple[frozenset[str], frozenset[str]]]:
    """Words of a command -> its options, and those of them that take no value."""
    found = docs_cli_page.commands()
    return {
        each.words: (
            frozenset(docs_cli_page.option_names(each.made)) | {"--help"},
            frozenset(docs_cli_page.flags(each.made)),
        )
        for each in found
    }


def groups() -> set[tuple[str, ...]]:
    return {words[:-1] for words in known() if len(words) > 1}


def problem(line: str) -> str:
    """What is wrong with a `modelsearch ...` line; "" where it parses."""
    told = (
        line.split("modelsearch ", 1)[1]
        .split("|", maxsplit=1)[0]
        .split(">", maxsplit=1)[0]
        .split("#", maxsplit=1)[0]
        .split(";", maxsplit=1)[0]
        .split()
    )
    words = next((tuple(told[:n]) for n in (2, 1) if tuple(told[:n]) in known()), None)
    if words is None:
        is_group = tuple(told[:1]) in groups() and told[1:] in ([], ["..."])
        is_global = bool(told) and told[0] in {"--help", "--install-completion", "--show-completion"}
        return "" if is_group or is_global else f"no such command: {line}"
    unknown = [
        option for option in re.findall(r"(?<!\S)--?[a-z][\w-]*", " ".join(told)) if option not in known()[words][0]
    ]
    return f"no option {', '.join(unknown)}: {line}" if unknown else ""


def documented_commands(path: Path) -> list[str]:
    in_blocks = [line for each in blocks(path) if each.language in SHELL for line in commands(each.text)]
    inline = INLINE.findall(
        re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    )
    return [line for line in (*in_blocks, *inline) if re.search(r"(^|\s)modelsearch ", line) and "pip " not in line]


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_of_a_page_exists_with_its_options(path: Path) -> None:
    assert [told for line in documented_commands(path) if (told := problem(line))] == []


def test_a_wrong_command_or_option_is_found() -> None:
    assert problem("modelsearch serach x.yaml").startswith("no such command")
    assert problem("modelsearch search x.yaml --buget-usd 1").startswith("no option --buget-usd")
    assert problem("modelsearch search x.yaml --budget-usd 1") == ""


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_within_resolves(path: Path) -> None:
    text = re.sub(r"^(`{3,}).*?^\1", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [link or image for link, image in LINK.findall(re.sub(r"`[^`\n]*`", "", text))]
    local = [each.split("#")[0] for each in targets if "://" not in each and not each.startswith(("#", "mailto:"))]
    assert [each for each in local if not (path.parent / each).exists()] == []


def test_every_page_is_in_the_navigation_once() -> None:
    listed = re.findall(r"(?:: |- )([\w/-]+\.md)$", CONFIG.read_text(encoding="utf-8"), flags=re.MULTILINE)
    there = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
    assert sorted(listed) == there


def test_every_strategy_has_a_page_and_every_page_a_strategy() -> None:
    named = {each.name for role in docs_strategies_page.ROLES for each in docs_strategies_page.built_in(role)}
    assert {path.stem for path in (DOCS / "strategies").glob("*.md")} - {"index"} == named


def test_every_variable_that_is_read_is_documented() -> None:
    read = {
        name
        for path in product_files()
        for name in re.findall(r"\bMODELSEARCH_[A-Z]+(?:_[A-Z]+)*\b", path.read_text(encoding="utf-8"))
    }
    documented = set(docs_settings_page.SETTINGS)
    assert read - documented == set()
    made_of_parts = {name for name in documented if name.startswith("MODELSEARCH_ALERTS_")}
    assert documented - read - made_of_parts == set()


def test_every_key_of_a_task_file_is_explained() -> None:
    assert docs_task_page.undescribed() == []


def test_pages_made_from_the_code_are_fresh() -> None:
    assert docs_pages.stale() == [], "run `python -m bench.docs_pages`"


def test_what_is_not_run_says_why() -> None:
    marked = [each for path in pages() for each in blocks(path) if "<!-- not run" in path.read_text(encoding="utf-8")]
    reasons = [
        reason for each in marked for reason in (each.skipped, *(told for _, told in each.skipped_lines)) if reason
    ]
    comments = sum(path.read_text(encoding="utf-8").count("<!-- not run") for path in pages())
    assert len(reasons) == comments
    assert all(len(reason.split()) >= 4 for reason in reasons)
