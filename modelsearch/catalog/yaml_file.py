"""One catalogue file from disk: YAML with exact decimals, no key twice, and every problem listed at once."""

from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from modelsearch.catalog.schema import Row
from modelsearch.core.errors import CatalogError

RowT = TypeVar("RowT", bound=Row)
MAX_PROBLEMS = 20


class _Loader(yaml.CSafeLoader):
    """CSafeLoader whose numbers with a point are Decimals, exact as written, and whose mappings have no key twice."""


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    text = loader.construct_scalar(node).replace("_", "").lower()
    return Decimal({".nan": "nan", ".inf": "inf", "+.inf": "inf", "-.inf": "-inf"}.get(text, text))


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    pairs = [
        (loader.construct_object(key, deep=True), loader.construct_object(value, deep=True))
        for key, value in node.value
    ]
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        seen = [key for key, _ in pairs]
        twice = sorted({str(key) for key in seen if seen.count(key) > 1})
        raise yaml.constructor.ConstructorError(problem=f"key given twice: {twice}", problem_mark=node.start_mark)
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read_rows(path: Path, cls: type[RowT]) -> RowT:
    """Read and validate one file.

    Args:
        path: the YAML file.
        cls: what it must hold.

    Raises:
        CatalogError: unreadable, no YAML, or not of this shape; the message lists each problem with its key, what is
            allowed and what was got.
    """
    value = _parsed(path)
    if not isinstance(value, dict):
        message = f"{path}: expected a mapping with the keys {_names(cls)}, got {_short(value)}"
        raise CatalogError(message)
    try:
        return cls.model_validate(value)
    except ValidationError as error:
        problems = [_problem(cls, value, each) for each in error.errors(include_url=False)]
    raise CatalogError(listed(path, problems))


def listed(path: Path | str, problems: list[str]) -> str:
    """One message for all problems of a file."""
    shown = problems[:MAX_PROBLEMS]
    if len(problems) > MAX_PROBLEMS:
        shown.append(f"... and {len(problems) - MAX_PROBLEMS} more")
    return f"{path}: {len(problems)} problem(s):\n" + "\n".join(f"  {problem}" for problem in shown)


def _parsed(path: Path) -> object:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  (a subclass of CSafeLoader)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); expected a catalogue file here"
    except UnicodeDecodeError as error:
        message = f"{path}: expected UTF-8 text, got byte {error.object[error.start]:#x} at {error.start}"
    except (yaml.YAMLError, ArithmeticError, ValueError) as error:
        message = f"{path}: no valid YAML: {' '.join(str(error).split())}"
    raise CatalogError(message)


def _problem(cls: type[BaseModel], value: object, error: Any) -> str:
    """`key: what is allowed, got what`, list entries named by their id where they have one."""
    where = _key(value, error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key; allowed: {_names(_owner(cls, error['loc']))}"
    if error["type"] == "missing":
        return f"{where}: missing; it must be given"
    return f"{where}: {error['msg']}, got {_short(error['input'])}"


def _key(value: object, loc: tuple[int | str, ...]) -> str:
    """The path of keys, list entries by their name; steps that pydantic adds for unions are left out."""
    text = ""
    for step in loc:
        value = _child(value, step)
        if isinstance(step, int):
            text += f"[{_entry_name(value, step)}]"
        elif value is not _NOTHING or step == loc[-1]:
            text += f".{step}" if text else step
    return text or "file"


def _entry_name(entry: object, index: int) -> object:
    if isinstance(entry, dict):
        return next((entry[key] for key in ("id", "wire", "name") if key in entry), index)
    return index


_NOTHING = object()


def _child(value: Any, step: int | str) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return _NOTHING


def _owner(cls: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that holds the last key of `loc`."""
    for step in loc[:-1]:
        if isinstance(step, str) and step in cls.model_fields:
            cls = next(_models_in(cls.model_fields[step].annotation), cls)
    return cls


def _models_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _names(cls: type[BaseModel]) -> str:
    return ", ".join(cls.model_fields)


def _short(value: object) -> str:
    text = "nothing" if value is None else f"{value}" if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
