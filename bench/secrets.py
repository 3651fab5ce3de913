"""`make bench-secrets`: keys must appear in nothing that a search writes or says.

A search for the bundled task through the command line, with embedded Prefect at its most talkative, over the real
catalogue whose providers OpenAI, Anthropic and Google are set to an emulator. Each wants its own key, a random canary,
and repeats it in error bodies, headers and broken replies. Four runs: preview, a search, a search with a wrong key,
and its resume with the right one. Then a search with a right and one with a wrong key on a real Prefect server with
PostgreSQL, which also holds the replies, and with runs published to a folder; and the feedback endpoint is asked with
no key, a wrong one and another task's.
Every file under the project's home (journal, Parquet, result, reports, Prefect's database and logs), a dump of the
server's database, its log, what was published and all output is searched for every key in several forms; planted keys
show that the search would find them. Prints the figures last.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.postgres_server import postgres_bins
from bench.secrets_control import missed_plants
from bench.secrets_feedback import feedback_problems
from bench.secrets_scan import Hit, hits_in, scan
from bench.secrets_server import NO_POSTGRES, STORAGE, dumped, server_environ, server_problems
from modelsearch.core.ids import Json
from modelsearch.emulator.server import spawned_emulator
from modelsearch.settings import read_settings
from modelsearch.store.layout import list_runs

VARIABLES = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "google": "GEMINI_API_KEY"}
UNUSED = {"groq": "GROQ_API_KEY"}
"""Set, and never to be sent."""
BASELINE = "openai/gpt-4.1"
BUDGET_USD = "0.5"
LIMIT_S = 240.0


def canary(name: str) -> str:
    """A key that is found again, with characters that encodings change."""
    return f"sk-{name}-{secrets.token_hex(12)}+/{secrets.token_hex(8)}=="


@dataclass(kw_only=True)
class Bench:
    """A project of its own, the keys, and all that was said.

    Attributes:
        said: standard output and error of every command, by what it was.
        more: of the environment of commands.
    """

    root: Path
    keys: Mapping[str, str]
    said: dict[str, bytes] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Of the project."""
        return self.root / "home"

    def environ(self, keys: Mapping[str, str]) -> dict[str, str]:
        """Of a command: nothing of ours but the path."""
        variables = VARIABLES | UNUSED
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root / "user"),
            "MODELSEARCH_HOME": str(self.home),
            "MODELSEARCH_CATALOGS": str(self.root / "catalogs"),
            "PREFECT_LOGGING_LEVEL": "DEBUG",
            "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
            **self.more,
            **{variables[name]: key for name, key in keys.items()},
        }

    def run(self, what: str, arguments: list[str], keys: Mapping[str, str]) -> int:
        """Run a command of `modelsearch`; its exit code."""
        start_s = time.monotonic()
        command = [sys.executable, "-m", "flows", *arguments]
        done = subprocess.run(
            command, env=self.environ(keys), capture_output=True, timeout=LIMIT_S, check=False, cwd=Path.cwd()
        )
        self.said[what] = done.stdout + done.stderr
        print(f"{what}: exit code {done.returncode}, {time.monotonic() - start_s:.0f} s, {len(self.said[what])} bytes")
        return done.returncode


def main() -> int:
    """Run everything; exit code 0 only if no key was found, every plant was, and the runs went as they should."""
    keys = {name: canary(name) for name in VARIABLES | UNUSED}
    wrong = {"wrong": canary("wrong")}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(root=Path(folder), keys=keys)
        problems = runs_of(bench, wrong["wrong"])
        doors = {task: canary(task) for task in ("shop", "bank")}
        problems += feedback_problems(bench.home, {**doors, **wrong}, bench.said)
        everything = {**keys, **wrong, **doors}
        hits, n_files = scan(bench.home, everything)
        user_hits, n_user_files = scan(bench.root / "user", everything)
        hits += user_hits
        published_hits, n_published_files = scan(bench.root / "beside" / STORAGE, everything)
        hits += published_hits
        for what, said in bench.said.items():
            hits += hits_in(said, f"output of {what}", everything)
        n_mb = sum(path.stat().st_size for path in bench.home.rglob("*") if path.is_file()) / 1e6
        n_hidden = hidden(bench.home)
        missed = missed_plants(bench.root / "plants")
    return told(
        hits, [*problems, *missed], f"{n_files + n_user_files + n_published_files} files ({n_mb:.1f} MB)", n_hidden
    )


def runs_of(bench: Bench, wrong_key: str) -> list[str]:
    """Preview, search, search with a wrong key, resume; a line for each that went otherwise than it should."""
    settings = read_settings()
    task = settings.catalogs / "examples" / "classification.yaml"
    factory: dict[str, Json] = {
        "catalogs": str(settings.catalogs),
        "task": str(task),
        "keys": {**bench.keys},
        "log": str(bench.root / "requests.jsonl"),
    }
    (bench.root / "user").mkdir()
    with spawned_emulator("bench.secrets_emulator:make_app", factory) as url:
        point_at(url, settings.catalogs, bench.root / "catalogs")
        asked = [str(task), "--baseline", BASELINE, "--budget-usd", BUDGET_USD, "--plan", "cheap"]
        asked += ["--providers", ",".join(VARIABLES)]
        is_wrong = {**bench.keys, "openai": wrong_key}
        codes = {
            "preview": bench.run("preview", ["preview", *asked], bench.keys),
            "search": bench.run("search", ["search", *asked], bench.keys),
            "wrong key": bench.run("wrong key", ["search", *asked], is_wrong),
        }
        runs = [str(run.run_id) for run in list_runs(bench.home / "runs")]
        codes["resume"] = bench.run("resume", ["resume", runs[-1]], bench.keys)
        codes["report"] = bench.run("report", ["report", runs[0]], bench.keys)
        told_of_server = on_server(bench, asked, is_wrong, codes)
    problems = [what for what, code in codes.items() if (code == 0) == what.startswith("wrong key")]
    told_of = [
        f"{what}: exit code {codes[what]}: {bench.said[what][-400:].decode(errors='replace')}" for what in problems
    ]
    told_of += told_of_server
    return told_of if any(bench.home.rglob("*.db")) else [*told_of, "there is no Prefect database to look into"]


def on_server(bench: Bench, asked: list[str], is_wrong: Mapping[str, str], codes: dict[str, int]) -> list[str]:
    """A right and a wrong search on a real server; its database is then what was said."""
    if postgres_bins() is None:
        return [NO_POSTGRES]
    beside = bench.root / "beside"
    with server_environ(beside) as more:
        bench.more.update(more)
        codes["search on a server"] = bench.run("search on a server", ["search", *asked, "--seed", "1"], bench.keys)
        codes["wrong key on a server"] = bench.run("wrong key on a server", ["search", *asked, "--seed", "2"], is_wrong)
        bench.said["the server's database"] = dump = dumped(beside)
        bench.more.clear()
    bench.said["the server's log"] = (beside / "server" / "server.log").read_bytes()
    return [*server_problems(dump, beside)]


def point_at(url: str, catalogs: Path, copy: Path) -> None:
    """A copy of the catalogue whose tested providers live at the emulator."""
    shutil.copytree(catalogs, copy)
    for name in VARIABLES:
        path = copy / "providers" / f"{name}.yaml"
        lines = path.read_text().splitlines()
        lines = [f"base_url: {url}/p/{name}" if line.startswith("base_url:") else line for line in lines]
        path.write_text("\n".join(lines) + "\n")


def hidden(home: Path) -> int:
    """How often the client took a key out of a reply that the journals keep."""
    return sum(path.read_bytes().count(b"***") for path in home.rglob("journal.bin"))


def told(hits: list[Hit], problems: list[str], looked_at: str, n_hidden: int) -> int:
    """Print what was found; the exit code."""
    for hit in hits[:20]:
        print(f"  found: key {hit.name} as {hit.form} in {hit.place}")
    for problem in problems:
        print(f"  problem: {problem}")
    if n_hidden == 0:
        problems = [*problems, "no reply with a key reached the journal: nothing was tested"]
    is_held = not hits and not problems
    print(
        f"secrets: {len(hits)} hits in {looked_at} and all output, {n_hidden} echoed keys hidden in journals, "
        f"{len(problems)} problems, planted keys found: {'holds' if is_held else 'BROKEN'}"
    )
    return 0 if is_held else 1


if __name__ == "__main__":
    sys.exit(main())
