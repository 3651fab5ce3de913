"""JSON Schema: whether a value is valid. References are followed inside the schema only, never over a network."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import Json, canonical_json


def check_schema(schema: Mapping[str, Json]) -> None:
    """Refuse what is no schema, or refers to what it does not hold.

    Raises:
        PlanError: saying where.
    """
    if not isinstance(schema, Mapping):
        raise PlanError(f"schema: expected a JSON Schema as a mapping, got {schema!r}")
    try:
        Draft202012Validator.check_schema(dict(schema))
        is_valid(schema, None)
    except (SchemaError, Unresolvable) as error:
        told = error.message if isinstance(error, SchemaError) else f"{error.ref!r} is not in the schema"
        raise PlanError(f"schema: expected a JSON Schema (draft 2020-12): {told}") from error


def is_valid(schema: Mapping[str, Json], value: Json) -> bool:
    """Whether the value meets the schema; one that is nested too deep to look at does not."""
    try:
        _validator(canonical_json(dict(schema))).validate(value)
    except (ValidationError, RecursionError):
        return False
    return True


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Any:
    no_registry: Registry[Any] = Registry()  # an empty one: references to elsewhere do not resolve
    return Draft202012Validator(msgspec.json.decode(schema), registry=no_registry)
