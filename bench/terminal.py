"""`make bench-terminal`: a real search in a real terminal, looked at while it runs.

`modelsearch demo` in a pseudo-terminal of 80x24 and of 50x14, read by a terminal emulator. Holds if every picture fits
the window, phases, money, race and news are seen, the terminal is clean when it ends and after Ctrl-C (cursor shown, no
picture left, exit codes 0 and 130), and drawing takes less than 1 % of a core, by the processor time of the thread
that draws. Writes what was seen to `.modelsearch/terminal/`.
"""

import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from tests.flows.terminal import Terminal, terminal

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".modelsearch" / "terminal"
HEAD = "points"
ROW = re.compile(r"^[=+ -] \S+/\S+ .*\d\.\d")
LIMIT_S = 400.0
MAX_SHARE = 0.01
PROGRAM = """
import json, sys, threading, time
import flows.live as live
path = sys.argv.pop()
drawn = live._Screen._draw
def timed(self):
    began_s = time.monotonic()
    drawn(self)
    with open(path, "w") as file:
        json.dump({"drawing_s": time.thread_time(), "wall_s": time.monotonic() - began_s}, file)
live._Screen._draw = timed
from flows.cli import main
main()
"""
"""The command itself; only the time that drawing takes is written down."""


class Seen:
    """What was on the screen, from time to time."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.pictures: list[str] = []

    def watch(self, seen: Terminal, *, until_race: bool = False) -> None:
        """Read to the end, or until the race is on; keep a picture a second."""
        end_s, next_s = time.monotonic() + LIMIT_S, 0.0
        while seen.read(0.1) >= 0:
            now_s = time.monotonic()
            if now_s > end_s:
                raise TimeoutError(seen.text)
            if now_s >= next_s:
                self.pictures.append(seen.text)
                next_s = now_s + 1.0
            if until_race and is_racing(seen.text):
                self.pictures.append(seen.text)
                return

    @property
    def has_race(self) -> bool:
        """Whether candidates were seen racing."""
        return any(is_racing(picture) for picture in self.pictures)


def is_racing(text: str) -> bool:
    """Whether the race's phase runs, and a candidate is seen with its points."""
    return "race: round" in text and HEAD in text and any(ROW.search(line) for line in text.splitlines())


def faults_of(seen: Seen, last: Terminal, code: int, wanted: int) -> list[str]:
    """What is not as it should be."""
    found = []
    if code != wanted:
        found.append(f"exit code {code}, wanted {wanted}")
    if not last.is_cursor_shown():
        found.append("the cursor is hidden")
    if is_racing(last.text):
        found.append("the picture is still there")
    if not seen.has_race:
        found.append("no race was seen")
    return found


def searched(columns: int, rows: int, *, is_interrupted: bool) -> tuple[list[str], float]:
    """Run the demo there; its faults and the share of a core that drawing took."""
    name = f"{columns}x{rows}{'-interrupted' if is_interrupted else ''}"
    with tempfile.TemporaryDirectory() as folder:
        told, seen = Path(folder) / "drawing.json", Seen(columns, rows)
        environ = {"MODELSEARCH_HOME": f"{folder}/.modelsearch", "PYTHONPATH": str(ROOT), "PREFECT_HOME": f"{folder}/p"}
        command = [sys.executable, "-c", PROGRAM, "demo", "--budget-usd", "1", str(told)]
        with terminal(command, columns=columns, rows=rows, environ=environ) as window:
            seen.watch(window, until_race=is_interrupted)
            if is_interrupted:
                window.interrupt()
                window.rest(LIMIT_S)
            code = window.process.wait(timeout=60)
            found = faults_of(seen, window, code, 130 if is_interrupted else 0)
            seen.pictures.append(window.text)
        drawing = json.loads(told.read_text()) if told.exists() else {"drawing_s": 0.0, "wall_s": 1.0}
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / f"{name}.txt").write_text(f"\n{'=' * columns}\n".join(seen.pictures), encoding="utf-8")
    share = drawing["drawing_s"] / drawing["wall_s"]
    print(f"{name}: {len(seen.pictures)} pictures looked at, drawing took {share:.2%} of a core, exit code {code}")
    return [f"{name}: {fault}" for fault in found], share


def main() -> int:
    """Look, and say what was seen."""
    os.environ.pop("PREFECT_API_URL", None)
    found: list[str] = []
    for columns, rows, is_interrupted in ((80, 24, False), (80, 24, True), (50, 14, True)):
        faults, share = searched(columns, rows, is_interrupted=is_interrupted)
        found += faults + ([f"drawing took {share:.2%} of a core"] if share >= MAX_SHARE else [])
    for fault in found:
        print(fault)
    print("python -m bench.terminal: the bundled task in the emulated market, seed 0")
    print("bench-terminal holds" if not found else "bench-terminal does NOT hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
