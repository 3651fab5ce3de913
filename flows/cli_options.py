"""Options of the command line that several commands share, and what they amount to."""

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from flows import completing
from modelsearch.core.errors import OptionError

Task = Annotated[Path | None, typer.Argument(help="Task spec (YAML); none with --recorded.", show_default=False)]
RunId = Annotated[str, typer.Argument(help="A run's id, or its beginning.", autocompletion=completing.runs)]
EndpointId = Annotated[str, typer.Argument(help="An endpoint's id.", autocompletion=completing.endpoints)]
Baseline = Annotated[
    str,
    typer.Option(
        help="What serves the task today: an id of `modelsearch catalog list`.", autocompletion=completing.endpoints
    ),
]
BudgetUsd = Annotated[str | None, typer.Option(help="Hard limit of what the search may spend, in USD.")]
BudgetShare = Annotated[float | None, typer.Option(help="With --recorded: share of the table's whole cost.")]
MaxCalls = Annotated[int | None, typer.Option(help="Hard limit of the calls that the search may make.")]
Recorded = Annotated[Path | None, typer.Option(help="Search a recorded table (folder) in place of a task.")]
PlanName = Annotated[
    str,
    typer.Option(help="cheap, balanced, thorough, or the path of a plan (YAML).", autocompletion=completing.plans),
]
Seed = Annotated[int, typer.Option(help="Of the item order and every random choice.")]
Margin = Annotated[float | None, typer.Option(help="Largest loss of quality accepted, in score units.")]
Alpha = Annotated[float | None, typer.Option(help="Rate of false certificates accepted.")]
MaxCost = Annotated[str | None, typer.Option("--max-cost-usd-per-1k", help="Largest cost of 1,000 items in USD.")]
MaxLatency = Annotated[float | None, typer.Option("--max-latency-s", help="Largest 95th percentile of latency.")]
MinQuality = Annotated[float | None, typer.Option(help="Lowest quality accepted.")]
TargetQuality = Annotated[float | None, typer.Option(help="Quality beyond which more earns nothing.")]
Weights = Annotated[str | None, typer.Option(help="Of the composite score: cost=0.4,quality=0.4,latency=0.2")]
MinContext = Annotated[int | None, typer.Option(help="Least context in tokens.")]
Providers = Annotated[str | None, typer.Option(help="Only these providers, by comma.")]
Pricing = Annotated[str | None, typer.Option(help="Only these classes: premium, variable, budget, local.")]
Include = Annotated[list[str] | None, typer.Option(help="Only endpoints that match this glob; may be repeated.")]
Exclude = Annotated[list[str] | None, typer.Option(help="No endpoint that matches this glob; may be repeated.")]
Require = Annotated[str | None, typer.Option(help="open-weights, region=XX, zdr or a capability, by comma.")]
StrictKind = Annotated[bool, typer.Option("--strict-kind", help="Drop what the task kind avoids.")]
BaselineOutcomes = Annotated[
    Path | None, typer.Option(help="The baseline's known answers or scores (JSONL, CSV, Parquet): no need to buy them.")
]
Emulated = Annotated[
    bool, typer.Option("--emulated", help="Against the emulator on loopback: made-up models, no key, no real money.")
]
EmulatorUrl = Annotated[
    str | None, typer.Option(help="An emulator that runs already (`modelsearch emulate`); implies --emulated.")
]
Fault = Annotated[
    list[str] | None,
    typer.Option(help="A fault and its rate, such as p_rate_limit=0.1 or p_reset_after=0.02; may be repeated."),
]
Batch = Annotated[
    str, typer.Option(help="never, wide (big rounds) or always: buy in batches, cheaper and within hours.")
]
BatchDeadline = Annotated[
    float, typer.Option("--batch-deadline-h", help="Hours after the first batch within which others are handed in.")
]
BatchMinCalls = Annotated[int, typer.Option("--batch-min-calls", help="Calls from which on a round is wide.", min=1)]
Past = Annotated[
    list[Path] | None,
    typer.Option(help="Learn from this recorded table or finished run (folder); may be repeated. Else from own runs."),
]
AllowCode = Annotated[
    bool, typer.Option("--allow-code-execution", help="Let the scorer `code` run what models write, walled in.")
]
Repeats = Annotated[int | None, typer.Option(help="Ask each item so often: for models or scorers that vary.")]
NoPast = Annotated[bool, typer.Option("--no-past", help="Learn nothing from past searches.")]
PRICING_CLASSES = ("premium", "variable", "budget", "local")


@dataclass(frozen=True, kw_only=True)
class TaskOptions:
    """Options as typed; `overrides` are the values of `TaskOverrides`."""

    margin: float | None
    alpha: float | None
    max_cost: str | None
    max_latency_s: float | None
    min_quality: float | None
    target_quality: float | None
    weights: str | None
    min_context: int | None
    providers: str | None
    pricing: str | None
    include: list[str] | None
    exclude: list[str] | None
    require: str | None
    is_kind_strict: bool
    repeats: int | None = None

    def values(self) -> dict[str, Any]:
        """Arguments of `TaskOverrides`.

        Raises:
            OptionError: one cannot be read.
        """
        return {
            "margin": self.margin,
            "alpha": self.alpha,
            "max_cost_usd_per_1k": amount(self.max_cost, "--max-cost-usd-per-1k"),
            "max_latency_s": self.max_latency_s,
            "min_quality": self.min_quality,
            "target_quality": self.target_quality,
            "weights": weights_of(self.weights),
            "min_context_tokens": self.min_context,
            "providers": names_of(self.providers, "--providers"),
            "pricing": _pricing_of(self.pricing),
            "include": tuple(self.include) if self.include else None,
            "exclude": tuple(self.exclude) if self.exclude else None,
            "needs": names_of(self.require, "--require"),
            "is_kind_strict": True if self.is_kind_strict else None,
            "n_repeats": self.repeats,
        }


def past_of(folders: list[Path] | None, *, is_refused: bool) -> tuple[Path, ...] | None:
    """What `SearchRequest.past` is to be: None = the project's own runs.

    Raises:
        OptionError: folders are given and refused.
    """
    if folders and is_refused:
        message = f"--no-past: learns nothing from past searches, got --past {folders[0]} besides: leave one out"
        raise OptionError(message)
    return () if is_refused else tuple(folders) if folders else None


def amount(text: str | None, option: str) -> Decimal | None:
    """An amount in USD above 0.

    Raises:
        OptionError: it is none.
    """
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite() or value <= 0:
        message = f"{option}: expected an amount in USD above 0, got {text!r}"
        raise OptionError(message)
    return value


def names_of(text: str | None, option: str) -> frozenset[str] | None:
    """Names by comma.

    Raises:
        OptionError: there is none.
    """
    if text is None:
        return None
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    if not names:
        message = f"{option}: expected names separated by commas, got {text!r}: name some, or leave the option out"
        raise OptionError(message)
    return names


def weights_of(text: str | None) -> dict[str, float] | None:
    """Weights such as `cost=0.4,quality=0.6`.

    Raises:
        OptionError: another name than cost, quality, latency, or no number >= 0.
    """
    if text is None:
        return None
    weights = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            weights[name.strip()] = float(value)
        except ValueError:
            weights[name.strip()] = -1.0
    if not set(weights) <= {"cost", "quality", "latency"} or not all(w >= 0 for w in weights.values()):
        message = f"--weights: expected numbers >= 0 such as cost=0.4,quality=0.4,latency=0.2, got {text!r}"
        raise OptionError(message)
    return weights


def _pricing_of(text: str | None) -> frozenset[str] | None:
    names = names_of(text, "--pricing")
    unknown = sorted((names or frozenset()) - set(PRICING_CLASSES))
    if unknown:
        message = f"--pricing: expected some of {', '.join(PRICING_CLASSES)}, got {unknown[0]!r}"
        raise OptionError(message)
    return names


def faults_of(given: list[str] | None) -> dict[str, Any]:
    """Faults such as `p_rate_limit=0.1`, as JSON values.

    Raises:
        OptionError: one has no `=`, or its value is no JSON.
    """
    faults = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        try:
            faults[name.strip()] = json.loads(value)
        except ValueError:
            equals = ""
        if not equals:
            message = f"--fault: expected NAME=VALUE such as p_rate_limit=0.1, got {text!r}"
            raise OptionError(message)
    return faults
