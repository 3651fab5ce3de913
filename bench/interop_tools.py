"""Inspect, lm-evaluation-harness and promptfoo, each in an environment of its own, evaluate models of our emulator.

Each gives what it says itself of each model, read by its own reader or from its own summary.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.own_venv import NotAvailableError

NODE_FILES = Path(__file__).with_name("interop_node")
TIMEOUT_S = 900.0
MAX_TOKENS = 64


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the tools evaluate.

    Attributes:
        url: of the emulated provider's API.
        items: id, input and target of each.
        system: the system prompt.
        home: a folder for logs and environments.
    """

    url: str
    items: Sequence[Mapping[str, str]]
    system: str
    models: Sequence[str]
    home: Path


@dataclass(frozen=True, kw_only=True)
class Told:
    """A tool's log, and its own figure of each model as it names them."""

    tool: str
    log: Path
    figures: Mapping[str, float]


def environment(**more: str) -> dict[str, str]:
    """No key of the user's, no proxy, no telemetry, nothing fetched from anywhere."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LANG") if name in os.environ}
    quiet = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "PROMPTFOO_DISABLE_TELEMETRY": "1",
             "PROMPTFOO_DISABLE_UPDATE": "1", "PROMPTFOO_DISABLE_SHARING": "1", "DO_NOT_TRACK": "1"}  # fmt: skip
    return {**kept, **quiet, **more}


def run(command: Sequence[str], asked: Asked, *, given: str = "", **more: str) -> str:
    """Stdout of a tool; its last words where it fails.

    Raises:
        RuntimeError: it did not end well.
    """
    done = subprocess.run(
        list(command), input=given, capture_output=True, text=True, check=False, timeout=TIMEOUT_S, cwd=asked.home,
        env=environment(HOME=str(asked.home), **more),
    )  # fmt: skip
    if done.returncode not in {0, 100}:  # 100: promptfoo's word for tests that did not pass
        message = f"{command[:3]} ended with {done.returncode}: {(done.stderr or done.stdout)[-1500:]}"
        raise RuntimeError(message)
    return done.stdout


def inspect_log(python: Path, asked: Asked, failing: Sequence[str]) -> Told:
    """Logs of all models, twice each item; some items fail."""
    out = fresh(asked.home / "inspect")
    given = {
        "items": list(asked.items),
        "system": asked.system,
        "models": list(asked.models),
        "out": str(out),
        "failing": list(failing),
    }
    script = str(Path(__file__).with_name("interop_inspect.py"))
    said = run(
        [str(python), "-P", script], asked, given=json.dumps(given), EMULATED_API_KEY="any", EMULATED_BASE_URL=asked.url
    )
    return Told(tool="inspect", log=out, figures=json.loads(said.strip().splitlines()[-1]))


def lm_eval_samples(python: Path, asked: Asked) -> Told:
    """Sample files of all models, by way of chat completions."""
    out, tasks = fresh(asked.home / "lm-eval"), fresh(asked.home / "lm-eval-tasks")
    (tasks / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in asked.items))
    (tasks / "desk.yaml").write_text(yaml.safe_dump(_lm_eval_task(tasks / "items.jsonl"), sort_keys=False))
    figures = {}
    for model in asked.models:
        place = f"model={model},base_url={asked.url}/chat/completions"
        arguments = f"{place},num_concurrent=4,tokenized_requests=False,tokenizer_backend=None"
        run(
            [str(python), "-m", "lm_eval", "run", "--model", "local-chat-completions", "--model_args", arguments,
             "--tasks", "support_desk", "--include_path", str(tasks), "--apply_chat_template",
             "--system_instruction", asked.system, "--output_path", str(out), "--log_samples"],
            asked, OPENAI_API_KEY="any",
        )  # fmt: skip
        results = json.loads(next((out / model).glob("results_*.json")).read_text())
        figures[model] = results["results"]["support_desk"]["exact_match,named"]
    return Told(tool="lm-eval", log=out, figures=figures)


def _lm_eval_task(items: Path) -> dict[str, Any]:
    labels = "order_status|refund|damaged_item|account_access|billing|product_question"
    return {
        "task": "support_desk",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(items)}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{input}}",
        "doc_to_target": "{{target}}",
        "generation_kwargs": {"until": [], "max_gen_toks": MAX_TOKENS, "do_sample": False},
        "filter_list": [
            {
                "name": "named",
                "filter": [{"function": "regex", "regex_pattern": f"({labels})"}, {"function": "take_first"}],
            },
            {"name": "as-is", "filter": [{"function": "take_first"}]},
        ],
        "metric_list": [
            {"metric": "exact_match", "aggregation": "mean", "higher_is_better": True, "ignore_case": True}
        ],
        "metadata": {"version": 1.0},
    }


def promptfoo_results(binary: Path, asked: Asked) -> Told:
    """One results file of all models."""
    out = fresh(asked.home / "promptfoo")
    prompt = json.dumps([{"role": "system", "content": asked.system}, {"role": "user", "content": "{{message}}"}])
    settings = {"apiBaseUrl": asked.url, "apiKey": "any", "max_tokens": MAX_TOKENS, "temperature": 0}
    config = {
        "description": "support desk",
        "prompts": [prompt],
        "providers": [{"id": f"openai:chat:{model}", "config": settings} for model in asked.models],
        "tests": [
            {
                "vars": {"message": item["input"]},
                "description": item["id"],
                "assert": [{"type": "icontains", "value": item["target"]}],
            }
            for item in asked.items
        ],
    }
    (out / "promptfooconfig.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    log = out / "results.json"
    command = [str(binary), "eval", "-c", str(out / "promptfooconfig.yaml"), "-o", str(log), "-j", "4"]
    quiet = ["--no-cache", "--no-progress-bar", "--no-table"]
    run([*command, *quiet], asked, PROMPTFOO_CONFIG_DIR=str(asked.home / "promptfoo-home"))
    figures = {}
    for column in json.loads(log.read_text())["results"]["prompts"]:
        metrics = column["metrics"]
        figures[column["provider"]] = metrics["testPassCount"] / (metrics["testPassCount"] + metrics["testFailCount"])
    return Told(tool="promptfoo", log=log, figures=figures)


def promptfoo_binary(folder: Path) -> Path:
    """Promptfoo's command, from the packages locked in `interop_node`; installed once.

    Raises:
        NotAvailableError: there is no npm, or it cannot get the packages.
    """
    binary = folder / "node_modules" / ".bin" / "promptfoo"
    lock = (NODE_FILES / "package-lock.json").read_bytes()
    stamp = folder / "installed.json"
    if binary.exists() and stamp.is_file() and stamp.read_bytes() == lock:
        return binary
    if shutil.which("npm") is None:
        message = "npm"
        raise NotAvailableError(message)
    fresh(folder)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(NODE_FILES / name, folder / name)
    done = subprocess.run(  # not `npm ci`, which wants the packages of other platforms too
        ["npm", "install", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
    )  # fmt: skip
    if done.returncode or not binary.exists():
        message = f"npm install: {done.stderr.strip().splitlines()[-1:]}"
        raise NotAvailableError(message)
    stamp.write_bytes(lock)
    return binary


def fresh(folder: Path) -> Path:
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
