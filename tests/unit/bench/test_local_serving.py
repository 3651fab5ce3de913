import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from bench import local_serving
from bench.local_serving import ServerStartError, spawned

WAITS = "import sys; print('hello\\nREADY http://h:1', flush=True); sys.stdin.read()"
SILENT = "import sys; sys.stdin.read()"
SERVES = (
    "from bench.local_serving import serve_until_told\n"
    "async def app(scope, receive, send):\n"
    "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
    "    await send({'type': 'http.response.body', 'body': b'here'})\n"
    "serve_until_told(app)"
)
PARENT = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from bench.local_serving import spawned\n"
    "with spawned([sys.executable, '-c', sys.argv[1]], folder=Path('.'), log=Path(sys.argv[2])) as server:\n"
    "    print(server.pid, flush=True)\n"
    "    time.sleep(60)"
)
ROOT = Path(__file__).resolve().parents[3]


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_server_lives_as_long_as_the_block(tmp_path: Path) -> None:
    with spawned(_python(WAITS), folder=tmp_path, log=tmp_path / "log") as server:
        assert server.url == "http://h:1"
        os.kill(server.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_one_that_ends_before_it_is_ready_is_told_with_its_code(tmp_path: Path) -> None:
    command = _python("import sys; print('why', file=sys.stderr); sys.exit(3)")
    with (
        pytest.raises(ServerStartError, match="not ready"),
        spawned(command, folder=tmp_path, log=tmp_path / "log"),
    ):
        pass
    assert (tmp_path / "log").read_text() == "why\n"


def test_one_that_stays_silent_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_serving, "READY_TIMEOUT_S", 0.05)
    with pytest.raises(ServerStartError), spawned(_python(SILENT), folder=tmp_path, log=tmp_path / "log"):
        pass


def test_a_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    parent = subprocess.Popen([*_python(PARENT), WAITS, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout as told:
        pid = int(told.readline())
    parent.kill()
    parent.wait()
    deadline_s = time.monotonic() + 5
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_an_app_is_served_until_told(tmp_path: Path) -> None:
    with spawned(_python(SERVES), folder=ROOT, log=tmp_path / "log") as server:
        assert httpx.get(server.url, trust_env=False).text == "here"
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
