"""A terminal that can be read: a pseudo-terminal with a screen behind it, as wide and high as is wanted."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyte

STEP_S = 0.02


@dataclass
class Terminal:
    """What a program wrote, byte by byte, and what a person sees of it."""

    process: subprocess.Popen[bytes]
    controller: int
    screen: Any
    stream: Any
    written: bytearray = field(default_factory=bytearray)

    @property
    def lines(self) -> list[str]:
        """The screen as text, top first."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines).rstrip()

    def is_cursor_shown(self) -> bool:
        """Whether the cursor can be seen."""
        return not self.screen.cursor.hidden

    def read(self, limit_s: float = STEP_S) -> int:
        """Take in what is there within so many seconds; how many bytes, -1 when the program is gone."""
        ready, _, _ = select.select([self.controller], [], [], limit_s)
        if not ready:
            return 0
        try:
            content = os.read(self.controller, 65536)
        except OSError:  # Linux says so at the end of a pseudo-terminal
            return -1
        self.written += content
        self.stream.feed(content)
        return len(content) or -1

    def until(self, is_so: Callable[[str], bool], limit_s: float = 20.0) -> str:
        """Read until the screen is as wanted; its text.

        Raises:
            TimeoutError: it never is.
        """
        end_s = time.monotonic() + limit_s
        while not is_so(self.text):
            if self.read() < 0 or time.monotonic() > end_s:
                raise TimeoutError(self.text)
        return self.text

    def rest(self, limit_s: float = 20.0) -> int:
        """Read to the end of the program; its exit code, below 0 for a signal."""
        end_s = time.monotonic() + limit_s
        while self.read() >= 0:
            if time.monotonic() > end_s:
                raise TimeoutError(self.text)
        return self.process.wait(timeout=limit_s)

    def interrupt(self) -> None:
        """Ctrl-C, as it is typed."""
        os.write(self.controller, b"\x03")

    def resize(self, columns: int, rows: int) -> None:
        """Pull at the window's corner."""
        fcntl.ioctl(self.controller, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)
        self.process.send_signal(signal.SIGWINCH)


@contextlib.contextmanager
def terminal(
    command: Sequence[str], *, columns: int = 80, rows: int = 24, environ: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Run a command there; it is ended with the block."""
    controller, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    own = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    process = subprocess.Popen(
        command, stdin=side, stdout=side, stderr=side, start_new_session=True,
        env={**own, "TERM": "xterm-256color", **(environ or {})}, preexec_fn=_take_terminal,  # noqa: PLW1509 - one thread
    )  # fmt: skip
    os.close(side)
    screen = pyte.Screen(columns, rows)
    try:
        yield Terminal(process, controller, screen, pyte.ByteStream(screen))
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def _take_terminal() -> None:
    """Make it the controlling one, so that Ctrl-C is a signal."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
