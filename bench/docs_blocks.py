"""Blocks of code in README.md and docs/, with what HTML comments before them say of how they are run.

    <!-- not run: REASON -->            the next block is not run
    <!-- not run "TEXT": REASON -->     lines of the next block that begin with TEXT are not run
    <!-- setup: COMMANDS -->            run first, not shown to readers
    <!-- file: PATH -->                 the next block is written to this file
    <!-- output -->                     the next block is what the block before it prints
    <!-- serves: TEXT -->               the next block's commands run until stopped; each is ready once it prints TEXT

A block of `sh` or `python` without such a word is run.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHELL = frozenset({"sh", "bash", "shell"})
_TOKENS = re.compile(
    r"^<!-- (?P<mark>not run|setup|file|output|serves)(?: \"(?P<line>[^\"]+)\")?(?:: (?P<told>.+?))? -->$"
    r"|^(?P<fence>`{3,})(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block of code.

    Attributes:
        line: of the page, from 1, on which it begins.
        skipped: reason why the whole block is not run; "" = it is.
        skipped_lines: beginnings of lines that are not run, with the reason.
        setup: commands run before it; file: where it is written; serves: what tells that its commands are ready.
    """

    page: str
    line: int
    language: str
    text: str
    skipped: str = ""
    skipped_lines: tuple[tuple[str, str], ...] = ()
    setup: tuple[str, ...] = ()
    file: str = ""
    serves: str = ""
    is_output: bool = False

    @property
    def is_run(self) -> bool:
        """Whether it is code that readers would run."""
        return not self.skipped and not self.file and self.language in {*SHELL, "python"}


def pages() -> list[Path]:
    """README.md and every page of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path: Path) -> list[Block]:
    """The blocks of a page in order."""
    return list(_read(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")))


def commands(text: str) -> list[str]:
    """The commands of a shell block, one each, continued lines joined, comments left out."""
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = [re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines()]
    return [line for line in lines if line]


def _read(page: str, text: str) -> Iterator[Block]:
    told = Block(page=page, line=0, language="", text="")
    for found in _TOKENS.finditer(text):
        if found["mark"]:
            told = _marked(told, found)
            continue
        line = text.count("\n", 0, found.start()) + 1
        yield replace(told, line=line, language=found["language"], text=found["text"])
        told = Block(page=page, line=0, language="", text="")


def _marked(told: Block, found: re.Match[str]) -> Block:
    mark, line, text = found["mark"], found["line"], found["told"] or ""
    if mark == "not run":
        more = (*told.skipped_lines, (line, text)) if line else told.skipped_lines
        return replace(told, skipped_lines=more, skipped=told.skipped if line else text)
    if mark == "setup":
        return replace(told, setup=(*told.setup, text))
    if mark == "output":
        return replace(told, is_output=True)
    return replace(told, file=text) if mark == "file" else replace(told, serves=text)
