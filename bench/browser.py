"""A page of the Prefect UI as a person sees it, logged in: headless Chromium, driven over its debugging port."""

import base64
import contextlib
import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import connect
from websockets.sync.connection import Connection

from bench.prefect_server import HOST
from bench.unattended import asked, await_it

LIMIT_S = 90.0


class Tab:
    """One page of the browser."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)

    def do(self, method: str, **parameters: object) -> Any:
        """One command of the debugging protocol; its result."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._connection.recv(timeout=LIMIT_S))
            if told.get("id") == number:
                return told.get("result", {})

    def text(self) -> str:
        """What can be read on it."""
        done = self.do("Runtime.evaluate", expression="document.body ? document.body.innerText : ''")
        return str(done.get("result", {}).get("value") or "")

    def log_in(self, url: str, auth: str) -> None:
        """Give the UI the password, where it keeps what a person types."""
        self.do("Page.navigate", url=url)
        time.sleep(2)
        secret = base64.b64encode(auth.encode()).decode()
        self.do("Runtime.evaluate", expression=f"localStorage.setItem('prefect-password', '{secret}')")

    def await_text(self, url: str, *wanted: str) -> str:
        """Go there and wait until all of it can be read; the page's text.

        Raises:
            RuntimeError: it does not come.
        """
        self.do("Page.navigate", url=url)

        def look() -> str | None:
            text = self.text()
            return text if all(each in text for each in wanted) else None

        return await_it(look, f"{', '.join(wanted)} on {urlsplit(url).path}", LIMIT_S)

    def picture(self, path: Path) -> int:
        """Write what it looks like as PNG; its size in bytes."""
        data = base64.b64decode(self.do("Page.captureScreenshot", format="png")["data"])
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.write_bytes(data)


@contextlib.contextmanager
def browser(program: str) -> Iterator[Tab]:
    """A headless browser with a profile of its own."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", f"--user-data-dir={profile}", "--window-size=1400,1000",
            "--remote-debugging-port=0", "about:blank",
        ]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            at = Path(profile) / "DevToolsActivePort"
            port = int(await_it(lambda: at.read_text().split()[0] if at.exists() else None, "the browser", LIMIT_S))
            page = next(each for each in asked("GET", f"http://{HOST}:{port}/json/list") if each["type"] == "page")
            with connect(page["webSocketDebuggerUrl"], max_size=None, open_timeout=LIMIT_S) as connection:
                tab = Tab(connection)
                tab.do("Page.enable")
                yield tab
        finally:
            process.kill()
            process.wait()
            time.sleep(0.5)  # its helpers write into the profile until they see that it is gone
