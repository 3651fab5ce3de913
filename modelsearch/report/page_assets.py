"""The page's scripts and style, and the policy that lets these run, by their hashes, and nothing else.

The chart library and its interpreter lie in `assets` as published. The interpreter comes as a module with one import
and one export; a page that loads nothing cannot import, so it is wrapped here: its import is read from the library's
own global, its export is put there. `interpreter` checks that it is the file it was written for.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

SCRIPTS = (
    "page_core.js",
    "page_saving.js",
    "page_tables.js",
    "page_charts.js",
    "page_front.js",
    "page_race.js",
    "page_items.js",
    "page_start.js",
)
"""Ours, in the order in which they are joined into one."""
_IMPORT = "import { ascending, isString, DisallowedObjectProperties } from 'vega-util';"
_EXPORT = "export { expression as expressionInterpreter };"
_MAP = "//# sourceMappingURL=vega-interpreter.js.map"


@cache
def style() -> str:
    """The style sheet."""
    return _text("templates", "report.css")


@cache
def scripts() -> tuple[str, ...]:
    """The chart library, its interpreter, and ours."""
    own = "\n".join(_text("templates", name) for name in SCRIPTS)
    return _text("assets", "vega.min.js"), interpreter(), f'(() => {{\n"use strict";\n{own}}})();\n'


def interpreter() -> str:
    """The interpreter as a plain script.

    Raises:
        ValueError: the file is not the one that this was written for.
    """
    source = _text("assets", "vega-interpreter.js")
    if not (source.count(_IMPORT) == source.count(_EXPORT) == source.count(_MAP) == 1):
        raise ValueError("vega-interpreter.js: its import or export is another: see assets/README.md before updating")
    body = source.replace(_IMPORT, "const { ascending, isString, DisallowedObjectProperties } = vega;")
    body = body.replace(_EXPORT, "vega.expressionInterpreter = expression;").replace(_MAP, "")
    return f"(() => {{\n{body}\n}})();\n"


def policy(styles: Sequence[str], run: Sequence[str]) -> str:
    """The content security policy of a page with these style sheets and scripts: no request, no eval, no other script.

    No string may become HTML either, where the browser knows Trusted Types.
    """
    parts = [
        "default-src 'none'",
        f"script-src {' '.join(map(_hash, run))}" if run else "script-src 'none'",
        f"style-src {' '.join(map(_hash, styles))}",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    return "; ".join(parts)


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _text(folder: str, name: str) -> str:
    return files("modelsearch.report").joinpath(folder, name).read_text(encoding="utf-8")
