"""The one command behind `make test`: format, lint, types, import contracts, tests. Stops at the first red."""

import glob
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
PLACES = ["modelsearch", "tasks", "flows", "tests", "bench"]
STEPS: dict[str, list[str]] = {
    "format": [str(BIN / "ruff"), "format", "--check", *PLACES],
    "lint": [str(BIN / "ruff"), "check", *PLACES],
    "types": [str(BIN / "mypy")],
    "imports": [str(BIN / "lint-imports")],
    "tests": [str(BIN / "pytest"), "-q", "-m", "not servers and not prefect", "-n", "2"],
    "prefect tests": [str(BIN / "pytest"), "-q", "-m", "prefect and not servers"],
}
SERVER_STEPS: dict[str, list[str]] = {"server tests": [str(BIN / "pytest"), "-q", "-m", "servers"]}
PROGRAMS = {"chromium": "/usr/bin/chromium", "postgresql": "/usr/lib/postgresql/*/bin/postgres"}
"""What the server tests need: Debian package and the file that shows it is there."""


def main() -> int:
    """Run every step; the exit code is that of the first that fails."""
    is_servers = "--servers" in sys.argv[1:]
    if is_servers and not install_programs():
        return 1
    for name, command in (SERVER_STEPS if is_servers else STEPS).items():
        started = time.monotonic()
        _say(f"== {name}")
        code = subprocess.run(command, check=False).returncode
        _say(f"== {name}: {'ok' if code == 0 else f'exit {code}'} in {time.monotonic() - started:.1f} s")
        if code:
            return code
    return 0


def missing_programs() -> list[str]:
    """Debian packages that are not installed."""
    return [package for package, path in PROGRAMS.items() if not glob.glob(path)]  # noqa: PTH207 - an absolute pattern


def install_programs() -> bool:
    """Install what is missing with apt-get; False, with what to do, where that does not work."""
    missing = missing_programs()
    if not missing:
        return True
    _say(f"== installing {', '.join(missing)}")
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") is not None and (not as_root or shutil.which("sudo") is not None):
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *missing]):
            subprocess.run([*as_root, "apt-get", *step], check=False, env=environ, stdout=subprocess.DEVNULL)
    missing = missing_programs()
    if missing:
        _say(f"server tests need {' and '.join(missing)}, which could not be installed with apt-get: install by hand")
    return not missing


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
