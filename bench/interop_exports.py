"""The other half of `make bench-interop`: what is exported works where it goes.

A search of an emulated market is exported in every format and served. Holds if the official OpenAI SDK gets every
item's answer from the exported server as the search evaluated it, as one reply and as a stream, and its own errors for
a wrong key, a wrong model and a limit that is used up; LiteLLM loads the config and its Router reaches the emulator,
and the baseline where the model is down; and the Python snippet runs and gives the evaluated answer.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.own_venv import NotAvailableError, own_venv
from modelsearch.api.emulated import world_app
from modelsearch.api.exporting import exported
from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.events import OutcomeScored
from modelsearch.core.task import TaskSpec
from modelsearch.emulator.server import emulator_server, listening_socket
from modelsearch.emulator.world_make import make_world
from modelsearch.settings import Settings, read_settings
from modelsearch.store.journal import Journal
from modelsearch.store.layout import find_run

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".modelsearch" / "interop"
OPENAI_LOCK, LITELLM_LOCK = (Path(__file__).with_name(f"{name}.lock") for name in ("interop", "interop_exports"))
CLIENT = Path(__file__).with_name("interop_clients.py")
SEED, N_ITEMS, BUDGET_USD = 1, 40, "2"
SKIPPED, READY_S = 77, 90.0
KEY = "a-key-of-the-bench-0123456789"


@dataclass(frozen=True, kw_only=True)
class Searched:
    """A finished search.

    Attributes:
        answers: what the recommended candidate answered, by item, as the scorer reads it.
    """

    run_id: str
    settings: Settings
    task: TaskSpec
    answers: Mapping[str, str | None]


@contextmanager
def searched(home: Path) -> Iterator[Searched]:
    """Search the bundled classification task on an emulator that lives as long as the block."""
    settings = read_settings({"MODELSEARCH_HOME": str(home / "exports-home")})
    real = load_market(settings.catalogs, as_of=datetime.now(UTC).date())
    path = settings.catalogs / "examples" / "classification.yaml"
    task = read_task(path, real)
    with emulator_server(world_app(make_world(task, seed=SEED, base=real), task)) as url:
        request = SearchRequest(
            baseline="", task=path, is_emulated=True, emulator_url=url, budget_usd=Decimal(BUDGET_USD), seed=SEED,
            plan="cheap",
        )  # fmt: skip
        result = search(request, Opening(settings=settings))
        run = find_run(settings.runs, str(result.run_id))
        _, events = Journal.read(run.journal)
        chosen = result.recommendation.candidate_id
        outcomes = [e.outcome for e in events if isinstance(e, OutcomeScored) and e.outcome.candidate_id == chosen]
        answers = {str(o.item_id): o.answer for o in outcomes if o.repeat == 0}
        print(f"exports of {chosen} ({result.recommendation.certainty.value}), {len(answers)} items known, seed {SEED}")
        yield Searched(run_id=str(result.run_id), settings=settings, task=task, answers=answers)


@contextmanager
def served(found: Searched, max_usd: str) -> Iterator[str]:
    """`modelsearch serve-candidate` in a process of its own; yields its base URL."""
    with listening_socket() as sock:
        port = sock.getsockname()[1]
    command = [sys.executable, "-m", "flows", "serve-candidate", found.run_id, "--mode", "input"]
    environ = {**os.environ, "MODELSEARCH_HOME": str(found.settings.home), "MODELSEARCH_SERVE_KEY": KEY}
    with subprocess.Popen(
        [*command, "--port", str(port), "--max-usd", max_usd], env=environ, cwd=ROOT, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _await_ready(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(30)


def _await_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline_s = time.monotonic() + READY_S
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - loopback
                if response.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    message = f"serve-candidate: not ready at {url}"
    raise RuntimeError(message)


def told_by(python: Path, what: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """What a client makes of it, in its own environment."""
    done = subprocess.run(
        [str(python), "-P", str(CLIENT), what], input=json.dumps(config), capture_output=True, text=True, check=False,
        timeout=300, env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )  # fmt: skip
    if done.returncode:
        return {"error": done.stderr[-800:]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def openai_holds(found: Searched, python: Path) -> bool:
    """The official SDK against the exported server."""
    items = [item for item in found.task.items if str(item.id) in found.answers][:N_ITEMS]
    config: dict[str, Any] = {"key": KEY, "model": str(found.task.id), "inputs": [str(item.input) for item in items]}
    with served(found, "1") as url:
        told = told_by(python, "openai", {**config, "url": url})
    with served(found, "0.0000001") as url:
        short = told_by(python, "openai_short", {**config, "url": url})
    expected = [found.answers[str(item.id)] for item in items]
    checks = {
        "answers as evaluated": told.get("answers") == expected and bool(expected),
        "streams as evaluated": told.get("streamed") == told.get("texts"),
        "usage told": told.get("n_tokens", 0) > 0,
        "wrong key": told.get("wrong_key") == "AuthenticationError",
        "wrong model": told.get("wrong_model") == "NotFoundError",
        "limit": short.get("limit") == "RateLimitError",
    }
    return _said(f"OpenAI SDK {told.get('version', '?')}, {len(items)} items", checks, told)


def litellm_holds(found: Searched, python: Path) -> bool:
    """LiteLLM loads the config, its Router reaches the emulator, and the baseline where the model is down."""
    text = exported(found.settings, run=found.run_id, kind="litellm").text
    item = next(item for item in found.task.items if str(item.id) in found.answers)
    system = found.task.prompts[0].system.strip()
    config = {"config": text, "model": str(found.task.id), "system": system, "input": str(item.input)}
    told = told_by(python, "litellm", config)
    checks = {
        "config loads": told.get("n_models", 0) >= 1,
        "reaches the emulator": str(found.answers[str(item.id)]) in str(told.get("text", "")),
        "falls back": told.get("n_models") == 1 or bool(told.get("fallback")),
    }
    return _said(f"LiteLLM {told.get('version', '?')}", checks, told)


def snippet_holds(found: Searched, home: Path) -> bool:
    """The Python file is run as it is."""
    path = home / "exported_snippet.py"
    path.write_text(exported(found.settings, run=found.run_id, kind="python").text, encoding="utf-8")
    item = next(item for item in found.task.items if str(item.id) in found.answers)
    done = subprocess.run(
        [sys.executable, str(path), str(item.input)], capture_output=True, text=True, check=False, timeout=120
    )
    is_right = str(found.answers[str(item.id)]) in done.stdout
    return _said("Python snippet", {"runs": done.returncode == 0, "answers as evaluated": is_right}, done.stderr[-300:])


def formats_hold(found: Searched) -> bool:
    """The other formats are there and hold no key."""
    texts = {kind: exported(found.settings, run=found.run_id, kind=kind).text for kind in ("env", "json", "litellm")}
    checks = {f"{kind} says its certainty": "certified" in text or "NDECIDED" in text for kind, text in texts.items()}
    checks["no key"] = not any(KEY in text for text in texts.values())
    return _said("formats", checks, "")


def _said(what: str, checks: Mapping[str, bool], told: object) -> bool:
    wrong = [name for name, is_held in checks.items() if not is_held]
    print(f"  {what}: " + (", ".join(checks) if not wrong else f"WRONG: {', '.join(wrong)}: {str(told)[:600]}"))
    return not wrong


def held(home: Path = HOME) -> bool:
    """Whether every export works where it goes; prints its own lines.

    Raises:
        NotAvailableError: the clients' packages cannot be had here.
    """
    home.mkdir(parents=True, exist_ok=True)
    openai_venv, litellm_venv = own_venv(OPENAI_LOCK, home / "venv"), own_venv(LITELLM_LOCK, home / "litellm-venv")
    with searched(home) as found:
        held_all = [
            formats_hold(found),
            snippet_holds(found, home),
            litellm_holds(found, litellm_venv.python),
            openai_holds(found, openai_venv.python),
        ]
    return all(held_all)


def main() -> int:
    """By itself: 0 = holds, 77 = the clients cannot be had here."""
    try:
        is_held = held()
    except NotAvailableError as error:
        print(f"skipped: needs the packages of {OPENAI_LOCK.name} and {LITELLM_LOCK.name} ({error})")
        return SKIPPED
    print("holds: exports" if is_held else "fails: exports")
    return 0 if is_held else 1


if __name__ == "__main__":
    sys.exit(main())
