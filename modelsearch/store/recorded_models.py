"""The models of a recorded table: `models.csv`, read and written."""

import csv
import io
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from modelsearch.core.errors import RecordedTableError
from modelsearch.core.recorded import RecordedModel

MODELS_FILE = "models.csv"
COLUMNS = ("model", "provider", "family", "params_b", "input_usd_per_mtok", "output_usd_per_mtok", "context_window")


def read_models(path: Path) -> dict[str, RecordedModel]:
    """The models by name; an empty number is unknown, further columns are ignored.

    Raises:
        RecordedTableError: a missing file or column, a model twice, or a number that is none or negative.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            _check_columns(path, reader.fieldnames or ())
            models = [_model_of(path, line) for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"recorded table {path}: expected a CSV file: {error}"
        raise RecordedTableError(message) from error
    by_name = {model.name: model for model in models}
    if len(by_name) != len(models):
        names = [model.name for model in models]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"recorded table {path}: model {twice!r} is there twice; each needs one line"
        raise RecordedTableError(message)
    return by_name


def models_csv(models: Iterable[RecordedModel]) -> str:
    """The file's text; unknown numbers are left empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for model in models:
        prices = (model.input_usd_per_mtok, model.output_usd_per_mtok)
        writer.writerow((model.name, model.provider, model.family, model.params_b, *prices, model.context_tokens))
    return text.getvalue()


def _check_columns(path: Path, found: Iterable[str]) -> None:
    names = list(found)
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        message = f"recorded table {path}: column {', '.join(missing)} is missing; it has {', '.join(names) or 'none'}"
        raise RecordedTableError(message)


def _model_of(path: Path, line: Mapping[str, str | None]) -> RecordedModel:
    context_tokens = _number(path, line, "context_window")
    return RecordedModel(
        name=line["model"] or "",
        provider=line["provider"] or "",
        family=line["family"] or "",
        params_b=_number(path, line, "params_b"),
        input_usd_per_mtok=_number(path, line, "input_usd_per_mtok"),
        output_usd_per_mtok=_number(path, line, "output_usd_per_mtok"),
        context_tokens=None if context_tokens is None else int(context_tokens),
    )


def _number(path: Path, line: Mapping[str, str | None], column: str) -> float | None:
    """A number >= 0; None where the field is empty or nan."""
    text = (line[column] or "").strip()
    try:
        value = float(text or "nan")
    except ValueError:
        value = -1.0
    if math.isnan(value):
        return None
    if value < 0 or math.isinf(value):
        message = (
            f"recorded table {path}: {column} of {line['model']!r}: expected a number >= 0 or nothing, got {text!r}"
        )
        raise RecordedTableError(message)
    return value
