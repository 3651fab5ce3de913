"""`make docs`: the documentation site in `.docs/`, built strictly by mkdocs in an environment of its own (docs.lock).

Pages that are made from the code are written anew first. Opens from disk and from any web server.
"""

import os
import subprocess
import sys
from pathlib import Path

from bench import docs_pages
from bench.own_venv import BrokenWheelError, NotAvailableError, own_venv

ROOT = Path(__file__).resolve().parents[1]
LOCK = Path(__file__).with_name("docs.lock")
CONFIG = ROOT / "docs" / "_mkdocs" / "mkdocs.yml"
SITE = ROOT / ".docs"
NOTHING_TO_BUILD_WITH = 77


def build(site: Path = SITE, home: Path = ROOT / ".modelsearch" / "bench") -> "subprocess.CompletedProcess[str]":
    """Build the site into a folder; a warning fails it.

    Raises:
        NotAvailableError: the wheels of `docs.lock` cannot be had.
        BrokenWheelError: a wheel is not the one that was locked.
    """
    venv = own_venv(LOCK, home / "docs-venv")
    command = [str(venv.python), "-m", "mkdocs", "build", "--strict", "--clean", "-f", str(CONFIG)]
    quiet = {"NO_MKDOCS_2_WARNING": "true", "DISABLE_MKDOCS_2_WARNING": "true"}
    return subprocess.run(
        [*command, "-d", str(site)], check=False, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **quiet}
    )


def main() -> int:
    """Build, and say where the site is."""
    for name in docs_pages.write():
        print(f"written anew: docs/{name}")
    try:
        done = build()
    except NotAvailableError as error:
        print(f"skipped: needs the wheels of bench/docs.lock: {error}")
        return NOTHING_TO_BUILD_WITH
    except BrokenWheelError as error:
        print(f"broken: {error}")
        return 1
    sys.stderr.write(done.stdout + done.stderr)
    print(f"site in {SITE}, begin at {SITE / 'index.html'}" if done.returncode == 0 else "the site was not built")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
