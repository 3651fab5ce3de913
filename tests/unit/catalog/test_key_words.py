"""Every key of every catalogue file is told, and no key is told that there is not."""

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from modelsearch.catalog.key_words import KEY_WORDS, with_words
from modelsearch.catalog.schema import FILES


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """The classes of rows that a type holds, each with those that it holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
    for inner in get_args(annotation):
        yield from models_in(inner)


def test_words_and_keys_are_the_same() -> None:
    rows = {row.__name__: set(row.model_fields) for cls in FILES.values() for row in models_in(cls)}
    assert {name: set(words) for name, words in KEY_WORDS.items()} == rows


def test_words_stand_beside_what_a_key_may_hold() -> None:
    schema = with_words(FILES["provider"].model_json_schema())
    assert schema["properties"]["base_url"]["description"] == KEY_WORDS["ProviderFile"]["base_url"]
    assert schema["$defs"]["LimitsRow"]["properties"]["rpm"]["description"].startswith("requests a minute")
