"""`make bench-servers`: our client with two real servers on this machine, llama.cpp's and dasLLAMA's.

Both serve SmolLM2 135M: llama.cpp's own server (from the wheel xllamacpp) as it comes in its wheel, in Q4_1; dasLLAMA,
an engine of its own, the same values in Q5_1, for it does not read Q4_1.
Tried and of no use here: tinyq4 0.1.0 (models that share input and
output weights do not load), flyweight-llm 0.23.1 (not this architecture), mistralrs 0.9.5 (its wheel has
no server), llama-cpp-python (llama.cpp again, and no wheel), vllm and sglang (gigabytes), ollama (in neither registry).
Holds if both give right answers with true token counts, and truncation, an unknown model, a prompt beyond the context
and eight calls at once end as they should.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.local_install import Installed, installed
from bench.local_serving import spawned
from bench.own_venv import NotAvailableError, OwnVenv, own_venv
from bench.servers_checks import N_CONCURRENT, Target, checks
from bench.servers_gguf import as_q5_1

ROOT = Path(__file__).resolve().parent.parent
LOCK = Path(__file__).with_name("servers.lock")
HOME = ROOT / ".modelsearch" / "servers"
WEIGHTS_HOME = ROOT / ".modelsearch" / "local"
SKIPPED = 77
CONTEXT_TOKENS = 512
THREADS = 2
LICENCE = "weights: SmolLM2-135M-Instruct, Apache-2.0"


@contextlib.contextmanager
def llama_cpp(found: Installed) -> Iterator[Target]:
    """llama.cpp's server with SmolLM2 and the template that comes with it; each slot has its own context."""
    config = {"model": str(found.smollm2), "template": "", "n_slots": N_CONCURRENT, "n_threads": THREADS}
    sized = json.dumps(config | {"n_ctx": CONTEXT_TOKENS * N_CONCURRENT})
    command = (str(found.python), "-P", str(ROOT / "bench" / "local_engine.py"), sized)
    with spawned(command, folder=ROOT, log=HOME / "llama_cpp.log") as server:
        yield Target(
            name="llama.cpp", url=server.url, model="smollm2", context_tokens=CONTEXT_TOKENS, is_model_free=True
        )


@contextlib.contextmanager
def das_llama(found: Installed, venv: OwnVenv) -> Iterator[Target]:
    """DasLLAMA's server with the same weights; its model is named as its file."""
    weights = as_q5_1(found.smollm2, HOME / "smollm2-135m-instruct-q5_1.gguf")
    config = {
        "program": str(venv.folder / "bin" / "dasllama-server"), "model": str(weights), "home": str(HOME),
        "n_slots": N_CONCURRENT, "n_ctx": CONTEXT_TOKENS, "n_threads": THREADS,
    }  # fmt: skip
    command = (sys.executable, "-P", str(ROOT / "bench" / "servers_das.py"), json.dumps(config))
    with spawned(command, folder=ROOT, log=HOME / "dasllama.log") as server:
        yield Target(
            name="dasLLAMA", url=server.url, model=weights.name, context_tokens=CONTEXT_TOKENS, is_model_free=False
        )


def holds(target: Target) -> bool:
    """Ask one server; prints what was seen."""
    found = asyncio.run(checks(target))
    for check in found:
        print(f"{target.name}, {check.name}: {'ok' if check.is_ok else 'WRONG'}: {check.told}")
    return all(check.is_ok for check in found)


def main() -> int:
    """Install, serve one after another, ask; 0 = holds, 77 = a server cannot be had here."""
    if sys.platform != "linux":
        print("skipped: needs Linux, for which the servers' wheels are")
        return SKIPPED
    for folder in (HOME, WEIGHTS_HOME):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        found, venv = installed(WEIGHTS_HOME), own_venv(LOCK, HOME / "venv")
    except NotAvailableError as error:
        print(f"skipped: needs the wheels of bench/local.lock and bench/servers.lock ({error})")
        return SKIPPED
    print(LICENCE)
    print(f"installed in {found.seconds + venv.seconds:.0f} s")
    results = []
    for serving in (llama_cpp(found), das_llama(found, venv)):
        with serving as target:
            results.append(holds(target))
    print("holds: both servers, every check" if all(results) else "fails: see WRONG above")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
