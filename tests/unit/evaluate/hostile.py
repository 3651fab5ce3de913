"""Programs that mean harm, and how each must end: within its time, and never as passed."""

from typing import NamedTuple


class Hostile(NamedTuple):
    """A program, and the ends that are right with the interpreter's own hook, and without."""

    program: str
    ends: frozenset[str]
    bare_ends: frozenset[str]


def _of(program: str, ends: str, bare_ends: str = "") -> Hostile:
    return Hostile(program, frozenset(ends.split()), frozenset((bare_ends or ends).split()))


def programs(outside: str, port: int) -> dict[str, Hostile]:
    """By what they try; `outside` is a folder that they must not write to, `port` one that they must not reach."""
    return {
        "fork bomb": _of("import os\nwhile True:\n    os.fork()\n", "raised", "raised timeout killed"),
        "stubborn fork bomb": _of(
            "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n", "timeout killed"
        ),
        "endless loop": _of("while True:\n    pass\n", "timeout"),
        "endless sleep": _of("import time\ntime.sleep(1000)\n", "timeout"),
        "10 GB": _of("x = bytearray(10 * 1024**3)\n", "memory"),
        "10 GB bit by bit": _of("x = []\nwhile True:\n    x.append(bytearray(10**7))\n", "memory timeout killed"),
        "writes outside": _of(f"open({outside!r} + '/owned', 'w').write('x')\n", "raised"),
        "fills the disk": _of("f = open('a', 'w')\nwhile True:\n    f.write('x' * 10**6)\n", "raised killed timeout"),
        "opens a socket": _of(
            f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)\n", "raised", "raised"
        ),
        "prints 1 GB, then fails": _of(
            "for _ in range(1000):\n    print('x' * 10**6)\nassert False\n", "raised timeout"
        ),
        "exits early": _of("import sys\nsys.exit(0)\n", "raised"),
        "leaves early": _of("import os\nos._exit(0)\n", "left"),
        "crashes": _of("import faulthandler\nfaulthandler._sigsegv()\n", "killed"),
        "kills its parent": _of(
            "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nassert False\n", "raised", "raised killed"
        ),
        "leaves a child behind": _of(
            "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(600)\nassert False\n", "raised"
        ),
        "recurses without end": _of("def f():\n    return f()\nf()\n", "raised killed"),
    }
