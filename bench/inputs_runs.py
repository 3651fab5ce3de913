"""More kinds of bad input: recorded tables, earlier runs, and the commands beside `search`."""

import socket
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.inputs_kinds import Kind
from bench.inputs_room import BASELINE, Room
from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.settings import read_settings
from modelsearch.store.journal import Journal
from modelsearch.store.lock import RunLock

_HELD: list[Any] = []
"""Sockets and locks that a worker's process holds to its end."""
RUN_ID = "20260101-000000-abcdef"


def _no_catalogue(room: Room) -> list[str]:
    for path in (room.catalogs / "providers").glob("*.yaml"):
        path.unlink()
    return room.search()


def _no_models_csv(room: Room) -> list[str]:
    (room.table / "models.csv").unlink()
    return room.search_table()


def _short_models_csv(room: Room) -> list[str]:
    path = room.table / "models.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("m2")))
    return room.search_table()


def _corrupt_table(room: Room) -> list[str]:
    (room.table / "outcomes.parquet").write_bytes(b"PAR1 this is no table PAR1")
    return room.search_table()


def _taken_port(room: Room) -> list[str]:
    sock = socket.create_server(("127.0.0.1", 0))
    _HELD.append(sock)
    return ["emulate", str(room.task), "--port", str(sock.getsockname()[1])]


def _begun(room: Room) -> Path:
    """The journal of a run that was begun and never went on."""
    request = SearchRequest(baseline=BASELINE, task=room.task, budget_usd=Decimal(5)).to_json()
    path = room.home / "runs" / RUN_ID / "journal.bin"
    with Journal.open(path, header={"run_id": RUN_ID, "fingerprint": "another search", "request": request}):
        return path


def _corrupt_journal(room: Room) -> list[str]:
    _begun(room).write_bytes(b"this is no journal")
    return ["resume", RUN_ID]


def _damaged_journal(room: Room) -> list[str]:
    path = _begun(room)
    data = bytearray(path.read_bytes())
    data[40] ^= 255
    path.write_bytes(bytes(data) * 2)
    return ["resume", RUN_ID]


def _changed_search(room: Room) -> list[str]:
    _begun(room)
    return ["resume", RUN_ID]


def _locked_run(room: Room) -> list[str]:
    _HELD.append(RunLock(_begun(room).parent))
    return ["resume", RUN_ID]


def _unfinished(room: Room) -> list[str]:
    _begun(room)
    return ["report", RUN_ID]


def _finished(room: Room) -> Path:
    """The folder of a finished run of the room's recorded table."""
    asked = SearchRequest(baseline="m0", recorded=room.table, budget_share=0.5, plan="cheap")
    return room.home / "runs" / search(asked, Opening(settings=read_settings())).run_id


def _explain_stranger(room: Room) -> list[str]:
    return ["explain", _finished(room).name, "m77"]


def _corrupt_result(room: Room) -> list[str]:
    folder = _finished(room)
    (folder / "result.json").write_text("{broken")
    return ["report", folder.name]


def _corrupt_header(room: Room) -> list[str]:
    folder = _finished(room)
    (folder / "run.json").write_text("{broken")
    return ["report", folder.name]


def _task_gone(room: Room) -> list[str]:
    _begun(room)
    room.task.unlink()
    return ["resume", RUN_ID]


def _home_is_file(room: Room) -> list[str]:
    room.home.write_text("no folder")
    return room.search()


MORE_KINDS = [
    Kind(name="home is a file", spoil=_home_is_file, says=("home", "MODELSEARCH_HOME")),
    Kind(name="catalogue without providers", spoil=_no_catalogue, says=("providers", "at least one")),
    Kind(name="corrupt recorded table", spoil=_corrupt_table, says=("outcomes.parquet", "parquet")),
    Kind(name="recorded table missing", spoil=lambda _: Room(root=Path("nowhere")).search_table(), says=("nowhere",)),
    Kind(name="models.csv missing", spoil=_no_models_csv, says=("models.csv",)),
    Kind(name="models.csv lacks a model", spoil=_short_models_csv, says=("models.csv", "m2")),
    Kind(name="unknown recorded baseline", spoil=lambda r: r.search_table(baseline="m9"), says=("--baseline", "m9")),
    Kind(
        name="budget share above 1",
        spoil=lambda r: [*r.search_table()[:5], "--budget-share", "3"],
        says=("--budget-share", "3"),
    ),
    Kind(
        name="Prefect server that is not there",
        spoil=lambda r: r.search(),
        says=("PREFECT_API_URL", "modelsearch ui"),
        put={"PREFECT_API_URL": "http://127.0.0.1:9/api"},
    ),
    Kind(name="report of unknown run", spoil=lambda _: ["report", "20990101"], says=("20990101", "no such run")),
    Kind(name="resume of unknown run", spoil=lambda _: ["resume", "20990101"], says=("20990101", "no such run")),
    Kind(name="explain of unknown run", spoil=lambda _: ["explain", "2099", "m0"], says=("2099", "no such run")),
    Kind(name="explain of unknown endpoint", spoil=_explain_stranger, says=("m77",)),
    Kind(name="report of unfinished run", spoil=_unfinished, says=(RUN_ID, "modelsearch resume")),
    Kind(name="corrupt result", spoil=_corrupt_result, says=("result.json",)),
    Kind(name="corrupt run.json", spoil=_corrupt_header, says=("run.json",)),
    Kind(name="task gone before resume", spoil=_task_gone, says=("task.yaml", "no such file")),
    Kind(name="corrupt journal", spoil=_corrupt_journal, says=("journal", "begins with")),
    Kind(name="damaged journal", spoil=_damaged_journal, says=("journal",)),
    Kind(name="resume of another search", spoil=_changed_search, says=("journal", "fingerprint", "new run")),
    Kind(name="run locked by another process", spoil=_locked_run, says=(RUN_ID, "has it open")),
    Kind(name="catalog show of unknown endpoint", spoil=lambda _: ["catalog", "show", "alpha/lage"], says=("alpha/",)),
    Kind(name="unknown command", spoil=lambda _: ["serach"], says=("serach",)),
    Kind(name="port in use", spoil=_taken_port, says=("port",)),
    Kind(name="emulate nothing", spoil=lambda _: ["emulate"], says=("--recorded",)),
    Kind(name="preview of unknown task", spoil=lambda _: ["preview", "no.yaml"], says=("--budget-usd",)),
]
