"""The one command behind `make test`: format, lint, types, import contracts, tests. Stops at the first red."""

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


def main() -> int:
    """Run every step; the exit code is that of the first that fails."""
    steps = SERVER_STEPS if "--servers" in sys.argv[1:] else STEPS
    for name, command in steps.items():
        started = time.monotonic()
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        code = subprocess.run(command, check=False).returncode
        sys.stdout.write(f"== {name}: {'ok' if code == 0 else f'exit {code}'} in {time.monotonic() - started:.1f} s\n")
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
