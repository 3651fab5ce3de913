import re

import pyarrow as pa
import pytest

from modelsearch.store.night_tables import TABLES, lines_of
from tests.unit.store.test_night_store import report

FIELDS = [(name, field) for name, schema in TABLES.items() for field in schema]


@pytest.mark.parametrize(("table", "field"), FIELDS, ids=[f"{name}.{field.name}" for name, field in FIELDS])
def test_every_field_has_a_meaning_and_numbers_a_unit(table: str, field: "pa.Field[pa.DataType]") -> None:
    metadata = field.metadata or {}
    assert len(metadata[b"meaning"]) > 5
    is_number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
    assert bool(metadata[b"unit"]) == is_number, table
    assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name)


def test_lines_fill_their_tables() -> None:
    for name, lines in lines_of(report()).items():
        for line in lines:
            assert set(line) == set(TABLES[name].names)
            needed = {field.name for field in TABLES[name] if not field.nullable}
            assert not [field for field in needed if line[field] is None]
