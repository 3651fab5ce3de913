"""The pages of `docs/` made from the code: `python -m bench.docs_pages` writes them, tests/docs hold them fresh."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import (
    docs_cli_page,
    docs_errors_page,
    docs_settings_page,
    docs_strategies_page,
    docs_tables_page,
    docs_task_page,
)

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES: Mapping[str, Callable[[], str]] = {
    "reference/cli.md": docs_cli_page.page,
    "reference/task-file.md": docs_task_page.page,
    "reference/tables.md": docs_tables_page.page,
    "reference/settings.md": docs_settings_page.page,
    "reference/errors.md": docs_errors_page.page,
    "strategies/index.md": docs_strategies_page.page,
}
"""Path in `docs/` -> what makes it."""


def stale() -> list[str]:
    """Pages whose file is not what the code says now."""
    return [name for name, made in PAGES.items() if _text(DOCS / name) != made()]


def write() -> list[str]:
    """Write what is stale; the paths written."""
    written = stale()
    for name in written:
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGES[name](), encoding="utf-8")
    return written


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.stdout.write("".join(f"written: docs/{name}\n" for name in write()) or "all generated pages are fresh\n")
