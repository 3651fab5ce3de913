"""Runs the blocks of a page: shell blocks one by one in one session, then Python blocks in one process."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.docs_blocks import SHELL, Block, commands
from bench.docs_world import Place, await_text, stop, substituted

LIMIT_S = 900.0
SERVES_S = 240.0
_STATE = ".docs-session"
_MARK = "=-=-= block "
_VOLATILE = (
    (r"\d{8}-\d{6}-[0-9a-f]{6}", "<run>"),
    (r"in \d+(\.\d+)? s\b", "in <time>"),
    (r"\b\d+(\.\d+)?(e-\d+)? s\b", "<time>"),
    (r"/\S*?/\.modelsearch/", ".modelsearch/"),
    (r"[ \t]+", " "),
)
"""What differs from one run to the next, and is no part of what a page promises."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of one block. `problem` is "" where it did what its page says."""

    block: Block
    stdout: str
    seconds: float
    problem: str = ""


def run_page(found: list[Block], place: Place) -> Iterator[Ran]:
    """Run every block of a page that is to be run; files are written as they come.

    Args:
        found: the blocks of the page in order, outputs included.
        place: a clean clone.
    """
    (place.folder / _STATE).write_text("", encoding="utf-8")
    ran: dict[int, Ran] = {}
    for at, block in enumerate(found):
        if block.file:
            path = place.folder / block.file
            _shell("".join(f"{each}\n" for each in block.setup), place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.is_run and block.language in SHELL:
            ran[at] = _shell_block(block, place)
    python = [(at, block) for at, block in enumerate(found) if block.is_run and block.language == "python"]
    ran.update(zip([at for at, _ in python], _python_blocks([block for _, block in python], place), strict=True))
    for at in sorted(ran):
        yield _held(ran[at], found[at + 1] if at + 1 < len(found) and found[at + 1].is_output else None)


def same(told: str, promised: str) -> bool:
    """Whether two outputs are the same but for run ids, times and paths."""
    return _steady(told) == _steady(promised)


def _held(ran: Ran, promised: Block | None) -> Ran:
    if ran.problem or promised is None or same(ran.stdout, promised.text):
        return ran
    return Ran(block=ran.block, stdout=ran.stdout, seconds=ran.seconds, problem=f"prints:\n{ran.stdout}")


def _steady(text: str) -> str:
    for pattern, instead in _VOLATILE:
        text = re.sub(pattern, instead, text)
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _shell_block(block: Block, place: Place) -> Ran:
    kept = [each for each in commands(block.text) if not any(each.startswith(line) for line, _ in block.skipped_lines)]
    started_s = time.monotonic()
    server = kept.pop() if block.serves and kept else ""
    text = "\n".join(substituted(each, run=place.newest_run()) for each in (*block.setup, *kept))
    code, stdout, stderr = _shell(text, place)
    problem = f"exit code {code}: {stderr[-1500:]}" if code else _serves(server, block.serves, place)
    return Ran(block=block, stdout=stdout, seconds=time.monotonic() - started_s, problem=problem)


def _shell(text: str, place: Place) -> tuple[int, str, str]:
    """One script in the page's session: exports and activated environments carry over."""
    script = f"source ./{_STATE}\nset -eo pipefail\n{text}\nexport -p > ./{_STATE}\n"
    try:
        done = subprocess.run(
            ["bash", "-c", script], cwd=place.folder, env=dict(place.environ), check=False, capture_output=True,
            text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 124, "", f"not over after {LIMIT_S:.0f} s"
    return done.returncode, done.stdout, done.stderr


def _serves(command: str, ready: str, place: Place) -> str:
    """Start a command that serves until stopped, wait until it is ready, stop it; what went wrong, or ""."""
    if not command:
        return ""
    log = place.folder / "serves.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["bash", "-c", f"source ./{_STATE}; exec {substituted(command, run=place.newest_run())}"],
            cwd=place.folder, env=dict(place.environ), stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        await_text(process, log, ready, SERVES_S)
    except RuntimeError as error:
        return str(error)
    finally:
        stop(process)
    return ""


def _python_blocks(given: list[Block], place: Place) -> list[Ran]:
    """All of a page in one process, as in a notebook; a line between tells their outputs apart."""
    if not given:
        return []
    _shell("\n".join(substituted(each, run="") for block in given for each in block.setup), place)
    texts = [substituted(block.text, run=place.newest_run()) for block in given]
    program = place.folder / ".docs-blocks.py"
    program.write_text(_PROGRAM.format(texts=json.dumps(texts), mark=_MARK), encoding="utf-8")
    started_s = time.monotonic()
    code, stdout, stderr = _shell(f"PYTHONPATH=. python {program.name}", place)
    seconds = (time.monotonic() - started_s) / len(given)
    parts = stdout.split(_MARK)[1:]
    ran = []
    for at, block in enumerate(given):
        is_last = at == len(parts) - 1
        problem = "" if at < len(parts) - 1 or (is_last and code == 0) else f"exit code {code}: {stderr[-1500:]}"
        told = parts[at].split("\n", 1)[1] if at < len(parts) else ""
        ran.append(Ran(block=block, stdout=told, seconds=seconds, problem=problem))
    return ran


_PROGRAM = """import json as _json, linecache as _linecache
for _at, _text in enumerate(_json.loads({texts!r})):
    print({mark!r} + str(_at), flush=True)
    _linecache.cache[f"<block {{_at}}>"] = (len(_text), None, _text.splitlines(True), f"<block {{_at}}>")
    exec(compile(_text, f"<block {{_at}}>", "exec"))
"""


def written_output(page: Path, ran: list[Ran]) -> bool:
    """Put what the blocks printed in place of what the page says they print; whether that changed it."""
    before = text = page.read_text(encoding="utf-8")
    for each in ran:
        head = re.escape(each.block.text) + r"`{3,}\n+<!-- output -->\n```text\n"
        found = re.search(f"{head}(?P<told>.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
        if found is not None:
            text = text[: found.start("told")] + _tidy(each.stdout) + text[found.end("told") :]
    page.write_text(text, encoding="utf-8")
    return text != before


def _tidy(text: str) -> str:
    lines = [re.sub(r"/\S*?/\.modelsearch/", ".modelsearch/", line).rstrip() for line in text.strip("\n").splitlines()]
    return "\n".join(lines) + "\n"
