"""Outcomes for others: of finished runs and recorded tables, item by item or as one noisy mean a model.

What leaves: hashes of task and item ids by a secret of this project (HMAC-SHA256; nobody can try ids without it), task
kind and rough length, model names and list prices, scores, costs, tokens. What stays: prompts, items, answers, ids.
"""

import hashlib
import hmac
import math
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

import numpy as np

from modelsearch.core.errors import OptionError
from modelsearch.core.federated import SharedModel, SharedTask
from modelsearch.store.federated_lines import FORMAT, VERSION, Head, ItemLine, Line, ModelLine, TaskLine, line_bytes
from modelsearch.store.layout import write_whole

SALT_BYTES = 32
_HASH_DIGITS = 24
_PRIVACY_ITEMS = (
    "item by item: ids hashed with a secret of the project; no text, answers or gold. Whoever has the same items and "
    "asked the same models may recognise them by the pattern of scores."
)
_PRIVACY_MEANS = "means a model only; task ids hashed with a secret of the project; no text, answers or gold."


@dataclass(frozen=True, kw_only=True)
class Told:
    """How much is told.

    Attributes:
        is_by_item: a line for each model and item; False = one mean a model.
        epsilon: of the noise on each mean (Laplace, scale 1 / (n items * epsilon)), > 0; None = none. A change of one
            item moves each of m means by at most 1/n, so that all of them together tell m * epsilon about it.
        score_step: scores and means are rounded to multiples of it, in (0, 0.5]; None = not.
    """

    is_by_item: bool = True
    epsilon: float | None = None
    score_step: float | None = None

    def __post_init__(self) -> None:
        """Check ranges.

        Raises:
            OptionError: out of range, or noise where items are told.
        """
        if self.epsilon is not None and (self.is_by_item or not 0 < self.epsilon < math.inf):
            raise OptionError(f"--noise: expected a number > 0 together with --means, got {self.epsilon}")
        if self.score_step is not None and not 0 < self.score_step <= 0.5:
            raise OptionError(f"--round: expected a step in (0, 0.5], got {self.score_step}")

    @property
    def privacy(self) -> str:
        """The note that goes with the file."""
        parts = [_PRIVACY_ITEMS if self.is_by_item else _PRIVACY_MEANS]
        if self.epsilon is not None:
            parts.append(f"Laplace noise, epsilon {self.epsilon:g} for each model's mean; they add up over models.")
        else:
            parts.append("No noise was added: this is no differential privacy.")
        if self.score_step is not None:
            parts.append(f"Rounded to {self.score_step:g}.")
        return " ".join(parts)


def read_salt(path: Path) -> bytes:
    """The project's secret for hashing ids, made the first time; readable by its owner alone."""
    if not path.is_file():
        write_whole(path, secrets.token_bytes(SALT_BYTES))
        path.chmod(0o600)
    return path.read_bytes()


def project_of(salt: bytes) -> str:
    """What the project is called in its exports."""
    return hmac.new(salt, b"project", hashlib.sha256).hexdigest()[:_HASH_DIGITS]


def write_export(path: Path, tasks: Sequence[SharedTask], told: Told, salt: bytes) -> int:
    """Write an export, and return its number of lines; the file is replaced whole.

    Raises:
        OptionError: there is nothing to tell.
        FileWriteError: the disk does not take it.
    """
    if not any(model.outcomes for task in tasks for model in task.models):
        raise OptionError("export outcomes: no outcome of a single model in what was named")
    lines = [line_bytes(line) for line in _lines(tasks, told, salt)]
    write_whole(path, b"".join(lines))
    return len(lines)


def _lines(tasks: Iterable[SharedTask], told: Told, salt: bytes) -> Iterator[Line]:
    now = datetime.now(UTC).date().isoformat()
    yield Head(format=FORMAT, version=VERSION, project=project_of(salt), exported_at=now, privacy=told.privacy)
    noise = np.random.default_rng(secrets.randbits(128))
    for task in tasks:
        task_hash = _hashed(salt, "task", task.id)
        length = task.traits.input_tokens
        rough = None if math.isnan(length) else float(f"{length:.1g}")
        yield TaskLine(id=task_hash, kind=task.traits.kind, n_labels=task.traits.n_labels, input_tokens=rough)
        for model in task.models:
            if model.outcomes:
                yield _model_line(task_hash, model, told, noise)
                yield from _item_lines(task, task_hash, model, told, salt) if told.is_by_item else ()


def _model_line(task_hash: str, model: SharedModel, told: Told, noise: np.random.Generator) -> ModelLine:
    n_items = len(model.outcomes)
    scale = 0.0 if told.epsilon is None else 1.0 / (n_items * told.epsilon)
    quality = fmean(_rounded(outcome.score, told if told.is_by_item else Told()) for outcome in model.outcomes)
    if scale:
        quality = min(1.0, max(0.0, quality + noise.laplace(0.0, scale)))
    costs = [outcome.cost_usd for outcome in model.outcomes if outcome.cost_usd is not None]
    return ModelLine(
        task=task_hash,
        name=model.name,
        params_b=model.params_b,
        usd_per_mtok=model.usd_per_mtok,
        n_items=n_items,
        quality=quality if told.is_by_item else _rounded(quality, told),
        noise_scale=min(scale, 1.0),
        cost_usd=float(f"{fmean(costs):.2g}") if costs else None,
    )


def _item_lines(task: SharedTask, task_hash: str, model: SharedModel, told: Told, salt: bytes) -> Iterator[ItemLine]:
    for outcome in model.outcomes:
        yield ItemLine(
            task=task_hash,
            model=model.name,
            item=_hashed(salt, f"item {task.id}", outcome.item_id),
            score=_rounded(outcome.score, told),
            cost_usd=outcome.cost_usd,
            tokens_in=outcome.tokens_in,
            tokens_out=outcome.tokens_out,
        )


def _rounded(score: float, told: Told) -> float:
    step = told.score_step
    return score if step is None else min(1.0, max(0.0, round(round(score / step) * step, 6)))


def _hashed(salt: bytes, what: str, name: str) -> str:
    return hmac.new(salt, f"{what}\0{name}".encode(), hashlib.sha256).hexdigest()[:_HASH_DIGITS]
