"""`make bench-wire`: the official clients of OpenAI, Anthropic and Google read every reply that the emulator gives.

Each client runs in an environment of its own, from wheels locked in `bench/wire.lock`. Holds if every success is read
with its text, reason, tokens, cache and log-probabilities, validated against the client's own types, every error
arrives as the client's own error for that status, and a batch is submitted, found, and collected with its failed line.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.own_venv import NotAvailableError, own_venv
from bench.wire_emulator import ERRORS, REPLIES, STATUSES, Question, expected, questions, serving

ROOT = Path(__file__).resolve().parent.parent
LOCK = Path(__file__).with_name("wire.lock")
HOME = ROOT / ".modelsearch" / "wire"
SKIPPED = 77
TIMEOUT_S = 300.0


def answers(python: Path, asked: Sequence[Question]) -> list[dict[str, Any]]:
    """What the clients saw, one of each question."""
    done = subprocess.run(
        [str(python), "-P", str(Path(__file__).with_name("wire_clients.py"))],
        input=json.dumps([asdict(question) for question in asked]),
        capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
        env={"PATH": os.environ.get("PATH", "")},  # no key of the user's, and no proxy
    )  # fmt: skip
    if done.returncode:
        print(done.stderr[-2000:])
    return [json.loads(line)["seen"] for line in done.stdout.splitlines()]


def problem(question: Question, seen: dict[str, Any]) -> str:
    """What is wrong with what a client saw; "" = nothing."""
    if "unreadable" in seen:
        return str(seen["unreadable"])
    status = _status(question)
    if status is None:
        wanted = expected(question)
        wrong = {name: (seen.get(name), value) for name, value in wanted.items() if seen.get(name) != value}
        return f"(seen, expected) of {wrong}" if wrong else ""
    if seen.get("status") != status or seen.get("error") not in ERRORS[question.client][status]:
        return f"expected status {status} as {sorted(ERRORS[question.client][status])}, got {seen}"
    return "" if seen.get("kind") else "the error has no type or code"


def _status(question: Question) -> int | None:
    """Of the error that is due; None = a success."""
    if question.model == "plain":
        return STATUSES["unsupported"][question.client]
    return STATUSES.get(question.case, {}).get(question.client)


def main() -> int:
    """Install, ask, compare; 0 = holds, 77 = the clients cannot be had here."""
    try:
        venv = own_venv(LOCK, HOME / "venv")
    except NotAvailableError as error:
        print(f"skipped: needs the wheels of bench/wire.lock ({error})")
        return SKIPPED
    versions = [line.split()[0] for line in LOCK.read_text().splitlines() if line.startswith(_CLIENTS)]
    print(f"clients: {', '.join(versions)}" + (f"; installed in {venv.seconds:.0f} s" if venv.seconds else ""))
    with serving() as urls:
        asked = questions(urls)
        seen = answers(venv.python, asked)
    wrong = [f"{q.client}, {q.case}: {told}" for q, s in zip(asked, seen, strict=False) if (told := problem(q, s))]
    counts = Counter(question.client for question in asked)
    n_errors = sum(_status(question) is not None for question in asked)
    print(f"replies read: {dict(counts)}, {n_errors} of them errors; kinds of success: {', '.join(REPLIES)}")
    for line in wrong:
        print(f"WRONG: {line}")
    holds = not wrong and len(seen) == len(asked)
    print(f"holds: {len(asked)} replies read alike" if holds else f"fails: {len(seen)} of {len(asked)} answered")
    return 0 if holds else 1


_CLIENTS = ("openai==", "anthropic==", "google-genai==")

if __name__ == "__main__":
    sys.exit(main())
