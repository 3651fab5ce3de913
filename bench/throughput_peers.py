"""Other tools on the same items at the same server: net CPU per sample and wall, where they are installed.

A tool counts as installed where its command stands beside this interpreter or on the path. CPU is that of its process
and children, less that of the same tool on one item.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.throughput_load import SYSTEM, read_items

N_IN_FLIGHT = 256
TIMEOUT_S = 900
_INSPECT = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import match
from inspect_ai.solver import generate, system_message
import json

@task
def bench():
    rows = [json.loads(line) for line in open({items!r})]
    samples = [Sample(id=row["id"], input=row["input"], target=row["target"]) for row in rows]
    return Task(dataset=samples, solver=[system_message({system!r}), generate(max_tokens=64)], scorer=match("exact"))
"""
_LM_EVAL = """
task: bench
dataset_path: json
dataset_kwargs: {{data_files: {{test: {items}}}}}
test_split: test
output_type: generate_until
description: {system}
doc_to_text: "{{{{input}}}}"
doc_to_target: "{{{{target}}}}"
generation_kwargs: {{until: [], max_gen_toks: 64}}
metric_list: [{{metric: exact_match}}]
"""


def peer_lines(url: str, n_items: int) -> Iterator[str]:
    """One line a tool."""
    for name in ("inspect", "lm_eval", "promptfoo"):
        command = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
        yield f"{name}: not installed" if command is None else _measured(name, command, url, n_items)


def _measured(name: str, command: str, url: str, n_items: int) -> str:
    try:
        (many_s, wall_s), (one_s, _) = (_run(name, command, url, n) for n in (n_items, 1))
    except (subprocess.SubprocessError, OSError) as error:
        return f"{name}: installed, and fails here ({type(error).__name__})"
    return f"{name}: {(many_s - one_s) / (n_items - 1) * 1000:.2f} ms net CPU per sample, {wall_s:.1f} s for {n_items}"


def _run(name: str, command: str, url: str, n_items: int) -> tuple[float, float]:
    """CPU and wall in s."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = {"inspect": _inspect, "lm_eval": _lm_eval, "promptfoo": _promptfoo}[name](
            Path(folder), url, n_items
        )
        start_cpu_s, start_s = _children_s(), time.perf_counter()
        subprocess.run(
            [command, *arguments], cwd=folder, env=_environment(url), capture_output=True, check=True, timeout=TIMEOUT_S
        )
        return _children_s() - start_cpu_s, time.perf_counter() - start_s


def _inspect(folder: Path, _url: str, n_items: int) -> list[str]:
    text = _INSPECT.format(items=str(_items(folder, n_items)), system=SYSTEM)
    (folder / "bench.py").write_text(text)
    limits = ["--max-connections", str(N_IN_FLIGHT), "--max-samples", str(N_IN_FLIGHT)]
    return ["eval", "bench.py", "--model", "openai-api/bench/m", "--display", "none", *limits]


def _lm_eval(folder: Path, url: str, n_items: int) -> list[str]:
    text = _LM_EVAL.format(items=json.dumps(str(_items(folder, n_items))), system=json.dumps(SYSTEM))
    (folder / "bench.yaml").write_text(text)
    model = f"model=m,base_url={url}/chat/completions,num_concurrent={N_IN_FLIGHT},tokenized_requests=False"
    task = ["--tasks", "bench", "--include_path", str(folder), "--apply_chat_template"]
    return ["--model", "local-chat-completions", "--model_args", model, *task]


def _promptfoo(folder: Path, url: str, n_items: int) -> list[str]:
    rows = read_items(n_items)
    tests = [{"vars": {"input": row["input"]}, "assert": [{"type": "equals", "value": row["target"]}]} for row in rows]
    prompt = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "{{input}}"}]
    provider = {"id": "openai:chat:m", "config": {"apiBaseUrl": url, "max_tokens": 64, "temperature": 0}}
    config = {"prompts": [json.dumps(prompt)], "providers": [provider], "tests": tests}
    (folder / "config.json").write_text(json.dumps(config))
    return ["eval", "-c", "config.json", "-j", str(N_IN_FLIGHT), "--no-cache", "--no-table", "--no-progress-bar"]


def _items(folder: Path, n_items: int) -> Path:
    path = folder / "items.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in read_items(n_items)))
    return path


def _environment(url: str) -> Mapping[str, str]:
    key = "sk-0123456789abcdef"
    own = {"BENCH_API_KEY": key, "BENCH_BASE_URL": url, "OPENAI_API_KEY": key, "PROMPTFOO_DISABLE_TELEMETRY": "1"}
    return {**os.environ, **own, "HF_DATASETS_OFFLINE": "1", "PROMPTFOO_DISABLE_UPDATE": "1"}


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
