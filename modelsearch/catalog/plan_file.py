"""Search plans as YAML: by name from the catalogue, or from a file of the user's."""

from pathlib import Path
from typing import Any

import yaml

from modelsearch.core.errors import PlanError


def read_plan(name: str, folder: Path) -> dict[str, Any]:
    """The data of a plan.

    Args:
        name: of a plan in `folder`, or the path of a YAML file.
        folder: `catalogs/plans`.

    Raises:
        PlanError: there is no such plan, or it is no YAML mapping.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yaml")))
        message = f"--plan: expected one of {known}, or the path of a YAML file, got {name!r}"
        raise PlanError(message) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        message = f"plan {path}: cannot be read as YAML: {reason}"
        raise PlanError(message) from None
    if not isinstance(data, dict):
        message = f"plan {path}: expected a mapping with `name` and `phases`, got {type(data).__name__}"
        raise PlanError(message)
    return data
