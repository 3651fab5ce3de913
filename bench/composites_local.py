"""`make bench-composites-local`: votes by confidence on real models, by llama.cpp's log-probabilities.

`python -m bench.composites_local N` asks the first N items only.

Gemma 3 270M and SmolLM2 135M, with two prompts each, sort film reviews into two classes and tell the probabilities of
their tokens. Votes of all four: the majority, weights by stated confidence, and by confidence calibrated on the folds
that are not judged. Holds if calibrated confidence does not lose to the majority by more than two standard errors.
"""

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np

from bench.local import HOME, ITEMS, JOIN_MESSAGES, ROOT, SKIPPED, TRAINING, missing_here
from bench.local_install import Installed, installed
from bench.local_market import GEMMA, SMOLLM2, write_inputs
from bench.local_serving import spawned
from bench.local_truth import Question, questions
from bench.own_venv import NotAvailableError
from modelsearch.api.pool import candidates_of
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.outcome import Reply, Status, TokenLogprob, Usage
from modelsearch.core.search import Floats
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.confidence import confidence_of
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.search.combiners.weighted_vote import crossfitted_worth
from modelsearch.search.composing import Bought, bought
from modelsearch.search.voting import log_odds_of, vote_scores
from modelsearch.testing.factories import make_view

MAX_ITEMS = 400
TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a candidate said to an item: canonical text or None, its score and how sure it was."""

    text: str | None
    score: float
    confidence: float | None


@contextlib.contextmanager
def engines(found: Installed, log: Path) -> Iterator[dict[str, str]]:
    """Base URLs of both models by name."""
    with contextlib.ExitStack() as stack:
        urls = {}
        for name, weights in ((GEMMA, found.gemma), (SMOLLM2, found.smollm2)):
            parts = {"model": str(weights), "template": JOIN_MESSAGES, "n_slots": 2, "n_ctx": 4096, "n_threads": 1}
            command = (str(found.python), "-P", str(ROOT / "bench" / "local_engine.py"), json.dumps(parts))
            urls[name] = stack.enter_context(spawned(command, folder=ROOT, log=log)).url
        yield urls


def asked(client: httpx.Client, url: str, question: Question, task: TaskSpec) -> Answer:
    """One call."""
    body = {
        "model": question.model, "messages": [{"role": "user", "content": question.message}],
        "max_tokens": task.max_output_tokens, "temperature": 0.0, "logprobs": True,
    }  # fmt: skip
    reply = client.post(f"{url}/v1/chat/completions", json=body).raise_for_status().json()["choices"][0]
    text, scorer = reply["message"]["content"] or "", make_scorer(task)
    told = (reply.get("logprobs") or {}).get("content") or ()
    canonical = scorer.canonical(text, question.item)
    logprobs = tuple(TokenLogprob(text=token["token"], logprob=token["logprob"]) for token in told)
    whole = Reply(text=text, status=Status.OK, usage=Usage(), logprobs=logprobs)
    return Answer(
        text=canonical,
        score=0.0 if canonical is None else scorer.score(canonical, question.item),
        confidence=confidence_of(whole, canonical),
    )


def answers(found: Installed, n_items: int) -> dict[str, list[Answer]]:
    """What each of the four candidates said to the first items."""
    with tempfile.TemporaryDirectory(prefix="modelsearch-composites-") as name:
        folder = Path(name)
        inputs = write_inputs(
            folder, items=ITEMS, training=TRAINING, base_url="http://127.0.0.1:9/v1", catalogs=ROOT / "catalogs"
        )
        market = load_market(inputs.catalogs, as_of=datetime.now(UTC).date())
        task = read_task(inputs.task, market)
        kept = {item.id for item in task.items[:n_items]}
        wanted = [q for q in questions(task, market, candidates_of(task, market)) if q.item.id in kept]
        said: dict[str, list[Answer]] = {}
        with engines(found, HOME / "servers.log") as urls, httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            for question in wanted:
                if question.model in urls:
                    answer = asked(client, urls[question.model], question, task)
                    said.setdefault(question.candidate_id, []).append(answer)
    return said


def as_bought(said: dict[str, list[Answer]]) -> Bought | None:
    """Everything said, with a baseline that is always right as row 0."""
    rows = list(said.values())
    n_items = len(rows[0])
    score = [[1.0] * n_items, *[[a.score for a in row] for row in rows]]
    texts: list[list[str | None]] = [[None] * n_items, *[[a.text for a in row] for row in rows]]
    sure = [[np.nan] * n_items, *[[np.nan if a.confidence is None else a.confidence for a in row] for row in rows]]
    return bought(make_view(score, answers=texts, confidence=sure), min_items=1)


def votes(found: Bought) -> dict[str, Floats]:
    """(n_items,) score of each way of voting; members best first."""
    order = [int(row) for row in np.argsort(-found.mean_gap[1:], kind="stable") + 1]
    odds = np.maximum(0.0, log_odds_of(found.confidence[order]))
    ways = {"majority": None, "confidence as stated": odds}
    for by in ("quality", "confidence"):
        name = "confidence, calibrated" if by == "confidence" else "quality"
        ways[name] = crossfitted_worth(found, order, 2, by)[order]
    scores = found.score[order].astype(np.float64)
    return {way: vote_scores(found.answer[order], scores, 0.0, worth) for way, worth in ways.items()}


def told_of_member(name: str, row: list[Answer]) -> str:
    """Accuracy, and how sure it was where right and where wrong."""
    right = [a.confidence for a in row if a.score == 1 and a.confidence is not None]
    wrong = [a.confidence for a in row if a.score < 1 and a.confidence is not None]
    sure = f"sure {np.mean(right):.2f} where right, {np.mean(wrong):.2f} where wrong" if right and wrong else "not sure"
    return f"   {name:45} accuracy {np.mean([a.score for a in row]):.3f}, {sure}"


def main() -> int:
    """Ask, vote, compare; 0 = holds, 77 = something needed is not here."""
    lack = missing_here()
    if lack:
        print(f"skipped: needs {lack}")
        return SKIPPED
    HOME.mkdir(parents=True, exist_ok=True)
    try:
        ready = installed(HOME)
    except NotAvailableError as error:
        print(f"skipped: needs the wheels of bench/local.lock ({error})")
        return SKIPPED
    started_s = time.monotonic()
    said = answers(ready, int(sys.argv[1]) if len(sys.argv) > 1 else MAX_ITEMS)
    n_items = len(next(iter(said.values())))  # the file may have fewer
    print(f"{len(said)} candidates, first {n_items} items of {ITEMS.name}, {time.monotonic() - started_s:.0f} s")
    for name, row in said.items():
        print(told_of_member(name, row))
    found = as_bought(said)
    if found is None:
        print("does not hold: nothing was answered")
        return 1
    ways = votes(found)
    for way, score in ways.items():
        gain = score - ways["majority"]
        print(f"   {way:24} {score.mean():.3f} ({gain.mean():+.3f} +- {gain.std(ddof=1) / np.sqrt(n_items):.3f})")
    gain = ways["confidence, calibrated"] - ways["majority"]
    is_fine = bool(gain.mean() >= -2 * gain.std(ddof=1) / np.sqrt(n_items))
    print("holds" if is_fine else "does not hold: calibrated confidence loses to the majority")
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
