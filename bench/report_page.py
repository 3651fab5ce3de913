"""A report in headless Chromium, as a person has it on a screen, and everything that the browser says about it."""

import base64
import contextlib
import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import connect
from websockets.sync.connection import Connection

from bench.prefect_server import HOST
from bench.unattended import asked, await_it

LIMIT_S = 90.0


@dataclass(frozen=True, slots=True)
class Screen:
    """A window: CSS pixels, and whether it is a phone's."""

    name: str
    width: int
    height: int
    is_phone: bool = False


@dataclass
class Seen:
    """What the browser told while a page was open."""

    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def take(self, told: dict[str, Any]) -> None:
        """One event of the debugging protocol."""
        method, about = told.get("method", ""), told.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = about["exceptionDetails"]
            self.problems.append(f"exception: {details.get('exception', {}).get('description') or details['text']}")
        elif method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.problems.append(f"console: {[arg.get('value') or arg.get('description') for arg in about['args']]}")
        elif method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.problems.append(f"log: {about['entry']['text']}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])


class Window:
    """One page of the browser."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.seen = Seen()

    def do(self, method: str, **parameters: object) -> dict[str, Any]:
        """One command of the debugging protocol; its result. Events on the way are noted in `seen`."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._connection.recv(timeout=LIMIT_S))
            if told.get("id") == number:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error']}")
                return dict(told.get("result", {}))
            self.seen.take(told)

    def value(self, expression: str) -> Any:
        """What an expression of JavaScript comes to; a promise is waited for.

        Raises:
            RuntimeError: it threw.
        """
        done = self.do("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise RuntimeError(f"{expression[:200]}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def look_through(self, screen: Screen, *, is_dark: bool = False, media: str = "screen") -> None:
        """Take a window's size and a scheme of colours."""
        size = {"width": screen.width, "height": screen.height}
        self.do("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=screen.is_phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.do("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def open(self, file: Path) -> float:
        """Open a file and wait until its charts are drawn; seconds from asking for it to then.

        Raises:
            RuntimeError: they are never drawn.
        """
        self.seen = Seen()
        begun = time.monotonic()
        self.do("Page.navigate", url=file.as_uri())
        ready = "document.documentElement?.dataset.ready === 'yes'"
        await_it(lambda: True if self.value(ready) else None, f"the charts of {file.name}", LIMIT_S)
        return time.monotonic() - begun

    def load_s(self) -> tuple[float, float]:
        """Seconds from the start of the navigation until all was loaded, and until the charts were drawn."""
        timing = self.value(
            "(() => { const n = performance.getEntriesByType('navigation')[0];"
            " return [n.loadEventEnd, performance.getEntriesByName('ready')[0]?.startTime ?? NaN]; })()"
        )
        return timing[0] / 1000, timing[1] / 1000

    def picture(self, path: Path, *, is_whole: bool = True) -> Path:
        """Write what it looks like as PNG, all of its length or what the window shows."""
        clip: dict[str, object] = {}
        if is_whole:
            size = self.do("Page.getLayoutMetrics")["cssContentSize"]
            box = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 9000), "scale": 1}
            clip = {"captureBeyondViewport": True, "clip": box}
        data = base64.b64decode(self.do("Page.captureScreenshot", format="png", **clip)["data"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path


@contextlib.contextmanager
def window(program: str) -> Iterator[Window]:
    """A headless browser with a profile of its own, one page open."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", f"--user-data-dir={profile}", "--hide-scrollbars",
            "--remote-debugging-port=0", "about:blank",
        ]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            at = Path(profile) / "DevToolsActivePort"
            port = int(await_it(lambda: at.read_text().split()[0] if at.exists() else None, "the browser", LIMIT_S))
            page = next(each for each in asked("GET", f"http://{HOST}:{port}/json/list") if each["type"] == "page")
            with connect(page["webSocketDebuggerUrl"], max_size=None, open_timeout=LIMIT_S) as connection:
                opened = Window(connection)
                for part in ("Page", "Runtime", "Log", "Network"):
                    opened.do(f"{part}.enable")
                yield opened
        finally:
            process.kill()
            process.wait()
            time.sleep(0.5)  # its helpers write into the profile until they see that it is gone
