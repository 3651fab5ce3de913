"""Runs cells in a real Jupyter kernel; started by `bench/notebook.py` in an environment of its own.

`python notebook_run.py IN.json OUT.json`: IN holds `cells`, `folder` and `environ`; OUT the outputs of each cell by
MIME type.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

LIMIT_S = 600


def main() -> None:
    """Execute and write what came."""
    import nbformat  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - of the bench's own environment
    from nbclient import NotebookClient  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415

    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    os.environ.update(asked["environ"])
    cells = [nbformat.v4.new_code_cell(source) for source in asked["cells"]]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=LIMIT_S, resources={"metadata": {"path": asked["folder"]}}).execute()
    told = [[_by_kind(output) for output in cell["outputs"]] for cell in notebook["cells"]]
    Path(sys.argv[2]).write_text(json.dumps(told), encoding="utf-8")
    nbformat.write(notebook, str(Path(sys.argv[2]).with_suffix(".ipynb")))


def _by_kind(output: Any) -> dict[str, str]:
    if output["output_type"] == "stream":
        return {"stream": output["text"]}
    return {kind: "".join(value) for kind, value in output.get("data", {}).items() if isinstance(value, str | list)}


if __name__ == "__main__":
    main()
