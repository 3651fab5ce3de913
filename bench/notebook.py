"""`make bench-notebook`: a search in a real Jupyter kernel, shown, drawn, and read by pandas, DuckDB and Polars.

nbclient and ipykernel run in an environment of their own (`bench/notebook.lock`). Holds if every cell runs, the result
shows itself as HTML of at most 12 KB without script or style sheet, the front as SVG, frames as tables, and the result
read again from its run is the same. Writes the executed notebook and a page of all outputs in light and dark to
`.modelsearch/notebook/`.
"""

import html
import json
import os
import site
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.notebook_cells import CELLS
from bench.own_venv import NotAvailableError, own_venv

ROOT = Path(__file__).resolve().parent.parent
LOCK = Path(__file__).with_name("notebook.lock")
HOME = ROOT / ".modelsearch" / "notebook"
RUNNER = Path(__file__).with_name("notebook_run.py")
SKIPPED = 77
TIMEOUT_S = 900.0
MAX_HTML_CHARS = 12_000
Outputs = list[list[dict[str, str]]]


def executed(python: Path, folder: Path) -> Outputs:
    """The outputs of every cell, by MIME type.

    Raises:
        RuntimeError: a cell failed; its traceback.
    """
    (folder / "catalogs").symlink_to(ROOT / "catalogs")
    paths = os.pathsep.join([str(ROOT), *site.getsitepackages()])
    environ = {"PYTHONPATH": paths, "MODELSEARCH_HOME": str(folder / ".modelsearch"), "OMP_NUM_THREADS": "1"}
    asked, told = folder / "asked.json", HOME / "outputs.json"
    asked.write_text(json.dumps({"cells": CELLS, "folder": str(folder), "environ": environ}))
    done = subprocess.run(
        [str(python), str(RUNNER), str(asked), str(told)],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    outputs: Outputs = json.loads(told.read_text())
    return outputs


def faults(outputs: Outputs) -> list[str]:
    """What is not as it should be."""
    last = [cell[-1] if cell else {} for cell in outputs]
    shown = last[0].get("text/html", "")
    found = []
    if not ("modelsearch-result" in shown and len(shown) <= MAX_HTML_CHARS):
        found.append(f"the result's HTML has {len(shown)} characters")
    if "<script" in shown or "<style" in shown or "http" in shown:
        found.append("the result's HTML holds script, style sheet or link")
    if not last[1].get("image/svg+xml", "").startswith("<svg"):
        found.append("the front is no SVG")
    found += [
        f"cell {number} shows no table" for number in range(2, 8) if "<table" not in last[number].get("text/html", "")
    ]
    if last[-1].get("text/plain") != "True":
        found.append("the result read again is another one")
    return found


def page(outputs: Outputs) -> str:
    """All cells with their outputs, once on white and once on black, as a notebook's themes are."""
    cells = []
    for source, cell in zip(CELLS, outputs, strict=True):
        shown = [each.get("text/html") or each.get("image/svg+xml") or _text(each) for each in cell]
        cells.append(f"<pre style='opacity:.7'>{html.escape(source)}</pre>{''.join(shown)}")
    body = "".join(cells)
    themes = (("#fff", "#111", "light"), ("#111", "#ddd", "dark"))
    return "<!doctype html><meta charset='utf-8'>" + "".join(
        f"<div style='background:{paper};color:{ink};padding:24px;font:14px system-ui;color-scheme:{name}'>{body}</div>"
        for paper, ink, name in themes
    )


def _text(output: dict[str, str]) -> str:
    return f"<pre>{html.escape(output.get('text/plain', output.get('stream', '')))}</pre>"


def main() -> int:
    """Run it and say what came."""
    try:
        own = own_venv(LOCK, HOME / "venv")
    except NotAvailableError as error:
        print(f"skipped: needs nbclient and ipykernel: {error}")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        outputs = executed(own.python, Path(folder))
    (HOME / "outputs.html").write_text(page(outputs), encoding="utf-8")
    found = faults(outputs)
    for fault in found:
        print(fault)
    n_chars = len(outputs[0][-1].get("text/html", ""))
    print(
        f"{len(CELLS)} cells in a Jupyter kernel; the result's HTML: {n_chars:,} characters; python -m bench.notebook"
    )
    print("bench-notebook holds" if not found else "bench-notebook does NOT hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
