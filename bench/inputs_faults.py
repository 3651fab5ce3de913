"""Providers that fail in mid-search: the search goes on, or stops with exit code 3 and `resume` ends it.

The real command with real keys against the emulator, which stands where the catalogue says the providers are; all
commands share one Prefect server. Once a fault is over the emulator starts again on the same port without it.
"""

import contextlib
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from bench.inputs_room import LABELS, Room, make_room
from bench.prefect_server import PrefectServer, free_port, prefect_server
from modelsearch.catalog.load import load_market
from modelsearch.core.events import CallReserved, CallSettled, CallUnknown
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.bill import read_log
from modelsearch.emulator.faults import read_faults
from modelsearch.emulator.replies import Asked, EmulatedReply
from modelsearch.emulator.server import spawned_emulator
from modelsearch.store.journal import Journal
from modelsearch.store.ledger import Ledger

TIMEOUT_S = 300
"""A provider that goes away in mid-search is waited for, two minutes at most."""
RIGHT_SHARE = {"alpha-large": 0.97, "beta-middle": 0.95, "gamma-small": 0.9}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong.

    Attributes:
        faults: of the emulator, as JSON.
        key: the only one that it accepts; None = any.
        is_absent: nobody listens at all.
        cut_after: requests after which the emulator is gone; None = it stays.
        is_stopped: the search must stop with exit code 3, and end once the fault is over.
    """

    name: str
    faults: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    is_absent: bool = False
    cut_after: int | None = None
    is_stopped: bool = False


FAULTS = [
    Fault(name="key refused", key="another-key", is_stopped=True),
    Fault(name="quota gone after 25 calls", faults={"quota_calls": 25}, is_stopped=True),
    Fault(
        name="everybody gone in mid-search",
        faults={"latency": {"kind": "fixed", "median_s": 0.2}},
        cut_after=40,
        is_stopped=True,
    ),
    Fault(name="nobody listens", is_absent=True, is_stopped=True),
    Fault(name="the baseline's provider down", faults={"provider_down": ["alpha"]}, is_stopped=True),
    Fault(name="another provider down", faults={"provider_down": ["gamma"]}),
    Fault(
        name="storm of 5xx and 429",
        faults={"p_server_error": 0.2, "server_status": 503, "p_rate_limit": 0.2, "retry_after_s": 0.1},
    ),
    Fault(name="connections reset", faults={"p_reset_before": 0.1, "p_reset_after": 0.05}),
    Fault(name="malformed and cut replies", faults={"p_malformed": 0.1, "p_truncated": 0.05, "p_error_in_200": 0.05}),
]


@dataclass(frozen=True, kw_only=True)
class Survived:
    """What came of a fault; `codes` are the exit codes of the commands in order."""

    fault: Fault
    codes: tuple[int, ...]
    said: str
    problems: tuple[str, ...]


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class Colours:
    """Who answers: each model knows its share of the questions, picked by hash."""

    def reply(self, asked: Asked) -> EmulatedReply | None:
        """The answer to a question of the room's items."""
        found = re.search(r"q(\d{3})", asked.prompt_text)
        if found is None:
            return None
        number = int(found[1])
        drawn = int.from_bytes(hashlib.blake2b(f"{asked.wire_name}|{number}".encode(), digest_size=4).digest())
        is_right = drawn / 2**32 < RIGHT_SHARE.get(asked.wire_name, 0.0)
        return EmulatedReply(
            text=LABELS[(number + (not is_right)) % len(LABELS)],
            input_tokens=20,
            output_tokens=2,
            model=asked.wire_name,
            item=found[0],
        )


def make_app(root: str, faults: dict[str, Any], key: str | None) -> EmulatorApp:
    """The emulator of a room."""
    room = Room(root=Path(root))
    market = load_market(room.catalogs, as_of=datetime.now(UTC).date())
    options = EmulatorOptions(faults=read_faults(faults), key=key, log_path=room.root / "log.jsonl")
    return EmulatorApp(Colours(), market, options)


def run_faults(folder: Path) -> list[Survived]:
    """Run all faults, two at once, and print a line for each."""
    with prefect_server(folder / "prefect") as server, ThreadPoolExecutor(2) as pool:
        survived = []
        for each in pool.map(lambda fault: run_fault(fault, folder / fault.name.replace(" ", "-"), server), FAULTS):
            survived.append(each)
            codes = ", then ".join(str(code) for code in each.codes)
            print(
                f"{'BAD' if each.problems else 'ok '} {each.fault.name:<38} {codes:>9}  {each.said[:160]}", flush=True
            )
            for problem in each.problems:
                print(f"      {problem}", flush=True)
    return survived


def run_fault(fault: Fault, root: Path, server: PrefectServer) -> Survived:
    """Search under the fault, and go on without it where that is called for."""
    port = free_port()
    room = make_room(root, base_url=f"http://127.0.0.1:{port}")
    (root / "log.jsonl").touch()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_emulator(room, fault, port))
        process = _command(room, server, *room.search("--plan", "cheap"))
        if fault.cut_after is not None:
            _await_requests(room, fault.cut_after)
            stack.close()
        ended = [_ended(process)]
    if fault.is_stopped:
        with _emulator(room, Fault(name="none"), port):
            run_id = next((room.home / "runs").iterdir()).name
            ended.append(_ended(_command(room, server, "resume", run_id)))
    said = ended[0].err.strip().rpartition("\n")[2] if fault.is_stopped else ended[0].out.partition("\n")[0]
    problems = tuple(_problems(fault, ended, room))
    return Survived(fault=fault, codes=tuple(each.code for each in ended), said=said, problems=problems)


@contextlib.contextmanager
def _emulator(room: Room, fault: Fault, port: int) -> Iterator[None]:
    if fault.is_absent:
        yield
        return
    arguments: dict[str, Any] = {"root": str(room.root), "faults": dict(fault.faults), "key": fault.key}
    with spawned_emulator("bench.inputs_faults:make_app", arguments, port=port):
        yield


def _await_requests(room: Room, n_requests: int) -> None:
    """Wait until the emulator has had so many requests."""
    for _ in range(TIMEOUT_S * 50):
        if len(read_log(room.root / "log.jsonl")) >= n_requests:
            return
        time.sleep(0.02)


def _ended(process: "subprocess.Popen[str]") -> Ended:
    try:
        out, err = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    return Ended(process.returncode, out, err)


def _command(room: Room, server: PrefectServer, *arguments: str) -> "subprocess.Popen[str]":
    plain = {"PATH": os.environ.get("PATH", ""), "HOME": str(room.root), "COLUMNS": "200"}
    return subprocess.Popen(
        [sys.executable, "-m", "flows", *arguments],
        env={**plain, **server.environ, **room.environ()},
        cwd=Path(__file__).resolve().parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _problems(fault: Fault, ended: list[Ended], room: Room) -> Iterator[str]:
    wanted = [3, 0] if fault.is_stopped else [0]
    if [each.code for each in ended] != wanted:
        yield f"exit codes {[each.code for each in ended]}, expected {wanted}: {ended[-1].err[-1500:]}"
    if any("Traceback" in each.err for each in ended):
        yield f"a traceback was shown: {ended[0].err[-1500:]}"
    last = ended[0].err.strip().rpartition("\n")[2]
    if fault.is_stopped and not (last.startswith("error: ") and "modelsearch resume" in last):
        yield f"the last line does not say how to go on: {last!r}"
    runs = list((room.home / "runs").iterdir())
    if len(runs) != 1 or not (runs[0] / "result.json").exists():
        yield f"expected one run with a result, got {[run.name for run in runs]}"
        return
    yield from _wrong_books(room, runs[0] / "journal.bin")


def _wrong_books(room: Room, journal: Path) -> Iterator[str]:
    """What was paid is what was billed, and no answer was bought twice."""
    _, events = Journal.read(journal)
    spend = Ledger.from_events(Decimal(5), events).spend()
    lines = read_log(room.root / "log.jsonl")
    billed = sum((line.cost_usd for line in lines), Decimal(0))
    unknown = sum(isinstance(event, CallUnknown) for event in events)
    if not spend.settled_usd <= billed <= spend.committed_usd or (not unknown and billed != spend.settled_usd):
        yield f"settled ${spend.settled_usd}, unknown ${spend.unknown_usd}, but the bill is ${billed}"
    whole = [f"{line.model} {line.item}" for line in lines if line.cost_usd and line.status == 200 and not line.fault]
    if len(whole) - len(set(whole)) > unknown:  # what was in flight when everybody went may be asked again
        yield f"{len(whole) - len(set(whole))} answers were bought twice, {unknown} calls have an unknown end"
    keys = {event.call_id: event.key for event in events if isinstance(event, CallReserved)}
    settled = [keys[event.call.id] for event in events if isinstance(event, CallSettled)]
    if len(set(settled)) != len(settled):
        yield f"{len(settled) - len(set(settled))} calls were settled twice"
    if not settled:
        yield "no call was ever settled"
