"""The nightly site as pages of HTML: an index of tasks, a page each, the catalogue, the runs.

Each page is one file that loads nothing and runs nothing; its policy allows one style sheet, by its hash. The templates
escape everything: names, reasons and messages are strangers' words.
"""

import base64
import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import UTC
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from modelsearch.report.plain import INVISIBLE
from modelsearch.report.site_facts import SiteFacts, TaskFacts
from modelsearch.report.site_index import index_view
from modelsearch.report.site_others import catalog_view, runs_view
from modelsearch.report.site_task import task_view

INDEX, CATALOG, RUNS = "index.html", "catalog.html", "runs.html"
_PAGES = {"Tasks": INDEX, "Catalogue": CATALOG, "Runs": RUNS}


def site_pages(facts: SiteFacts) -> dict[str, str]:
    """Every page by its name, a relative path; the index last, so that it never links to what is not there yet."""
    tasks = {task.page: task_page(facts, task) for task in facts.tasks}
    catalog = _page("site_catalog.html.j2", facts, CATALOG, catalog_view(facts))
    return {
        **tasks,
        CATALOG: catalog,
        RUNS: runs_page(facts),
        INDEX: _page("site_index.html.j2", facts, INDEX, index_view(facts)),
    }


def task_page(facts: SiteFacts, task: TaskFacts) -> str:
    """The page of one task."""
    return _page("site_task.html.j2", facts, task.page, task_view(facts, task))


def runs_page(facts: SiteFacts) -> str:
    """The page of all runs, with what is well where somebody looks."""
    return _page("site_runs.html.j2", facts, RUNS, runs_view(facts))


def _page(template: str, facts: SiteFacts, here: str, view: Mapping[str, Any]) -> str:
    css = _style()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return (
        _environment()
        .get_template(template)
        .render(
            css=css,
            style_hash=f"sha256-{digest}",
            root="../" * here.count("/"),
            here=here,
            pages=_PAGES,
            ui_url=facts.ui_url if facts.ui_url.startswith(("http://", "https://")) else "",
            made_at=f"{facts.made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            **view,
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("modelsearch.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_visible,
    )


def _visible(value: Any) -> Any:
    """Whatever is put into a page, without control and direction characters, wherever it comes from."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(char for char in value if unicodedata.category(char) not in INVISIBLE)


@cache
def _style() -> str:
    return files("modelsearch.report").joinpath("templates/site.css").read_text(encoding="utf-8")
