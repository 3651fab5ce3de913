"""What mkdocs does with our pages before it renders them: formulas, figures and mentions of other pages.

Run by mkdocs (docs/_mkdocs/mkdocs.yml) in an environment of its own, in which modelsearch is not installed. The pages
read well as plain Markdown too: formulas are `$...$`, figures `![text](figures/x.svg)`, pages are named `docs/x.md`.
"""

import importlib
import posixpath
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
_FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_BLOCK = re.compile(r"^\$\$\n(.+?)\n\$\$$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<![\\$\w])\$(?=\S)([^$\n]+?)(?<=\S)\$(?![\w$])")
_FIGURE = re.compile(r"^!\[(?P<told>[^\]]+)\]\((?P<path>[^)]*figures/[\w-]+\.svg)\)$", re.MULTILINE)
_MENTION = re.compile(r"`docs/(?P<path>[\w/-]+\.md)`")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The page with formulas as MathML, figures inlined (they take the page's colours), and mentions as links."""
    here = str(page.file.src_uri)
    found = outside_fences(markdown, lambda text: _MENTION.sub(lambda told: _linked(told["path"], here), text))
    found = outside_fences(found, outside_code(with_math))
    return outside_fences(found, lambda text: _FIGURE.sub(lambda told: _figure(told["path"], told["told"], here), text))


def outside_fences(markdown: str, change: Callable[[str], str]) -> str:
    """The text changed, blocks of code left as they are."""
    return _kept(markdown, _FENCE, change)


def outside_code(change: Callable[[str], str]) -> Callable[[str], str]:
    """The same change, which leaves code within lines alone."""
    return lambda text: _kept(text, _CODE, change)


def with_math(text: str) -> str:
    """`$...$` and blocks of `$$` as MathML, which browsers draw by themselves: no script, no font, read aloud."""
    if "$" not in text:
        return text
    convert: Callable[..., str] = importlib.import_module("latex2mathml.converter").convert
    text = _BLOCK.sub(lambda told: f'<div class="formula">{convert(told[1], display="block")}</div>', text)
    return _INLINE.sub(
        lambda told: f"<span>{convert(told[1])}</span>", text
    )  # at a line's start <math> would be a block


def _kept(text: str, pattern: re.Pattern[str], change: Callable[[str], str]) -> str:
    parts, at = [], 0
    for found in pattern.finditer(text):
        parts += [change(text[at : found.start()]), found[0]]
        at = found.end()
    return "".join([*parts, change(text[at:])])


def _linked(path: str, here: str) -> str:
    if path == here or not (DOCS / path).is_file():
        return f"`docs/{path}`"
    head = (DOCS / path).read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ").strip()
    return f"[{head}]({posixpath.relpath(path, posixpath.dirname(here))})"


def _figure(path: str, told: str, here: str) -> str:
    drawn = (DOCS / posixpath.dirname(here) / path).read_text(encoding="utf-8")
    return f'<figure role="img" aria-label="{escape(told)}">{" ".join(drawn.split())}</figure>'
