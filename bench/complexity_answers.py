"""What the local models answer to the tasks of `make bench-complexity`: each question asked once, ever.

Answers are kept in a file by what was asked (model, text, limit), so that a second run asks nothing.
"""

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from modelsearch.core.task import Item, TaskSpec
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer

TIMEOUT_S = 300.0
END_OF_ANSWER = ["\n"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One item as one model is asked it."""

    model: str
    task: TaskSpec
    item: Item
    message: str

    @property
    def key(self) -> str:
        """What names the question in the file."""
        told = json.dumps([self.model, self.message, self.task.max_output_tokens, END_OF_ANSWER])
        return hashlib.sha256(told.encode()).hexdigest()


class Answers:
    """Answers by question, in a file of JSON lines; a line cut by a kill is asked again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                continue
            self._known[row["key"]] = row["text"]

    def missing(self, questions: Sequence[Asked]) -> list[Asked]:
        """Those without an answer, each once."""
        return list({question.key: question for question in questions if question.key not in self._known}.values())

    def text(self, question: Asked) -> str:
        """The answer.

        Raises:
            KeyError: it was not asked.
        """
        return self._known[question.key]

    def keep(self, question: Asked, text: str) -> None:
        """Add an answer to the file."""
        with self._lock:
            self._known[question.key] = text
            with self._path.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"key": question.key, "task": question.task.id, "text": text}) + "\n")


def questions(tasks: Sequence[TaskSpec], models: Sequence[str]) -> list[Asked]:
    """Every item to every model; all items of a task one after the other, for their prompts begin alike."""
    found = []
    for task in tasks:
        renderer = PromptRenderer(task)
        for model in models:
            for item in task.items:
                message = renderer.render(item)[-1].content
                found.append(Asked(model=model, task=task, item=item, message=message))
    return found


def ask_all(missing: Sequence[Asked], urls: Mapping[str, str], answers: Answers) -> None:
    """Ask each model its questions, one call at a time, all models at once.

    Raises:
        httpx.HTTPError: a server failed.
    """
    with ThreadPoolExecutor(len(urls)) as pool:
        jobs = [
            pool.submit(_ask, [question for question in missing if question.model == model], url, answers)
            for model, url in urls.items()
        ]
        for job in jobs:
            job.result()


def _ask(mine: Sequence[Asked], url: str, answers: Answers) -> None:
    with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
        for question in mine:
            body = {
                "model": question.model, "messages": [{"role": "user", "content": question.message}],
                "max_tokens": question.task.max_output_tokens, "temperature": 0.0, "stop": END_OF_ANSWER,
            }  # fmt: skip
            reply = client.post(f"{url}/v1/chat/completions", json=body).raise_for_status().json()
            answers.keep(question, reply["choices"][0]["message"]["content"] or "")


def accuracy(task: TaskSpec, model: str, answers: Answers) -> float:
    """Mean score of a model on a task."""
    scorer = make_scorer(task)
    total = 0.0
    for question in questions([task], [model]):
        found = scorer.canonical(answers.text(question), question.item)
        total += 0.0 if found is None else scorer.score(found, question.item)
    return total / len(task.items)
