"""Groq's batches are OpenAI's."""

from modelsearch.providers.batch.groq import Groq
from modelsearch.providers.batch.openai import OpenAi
from tests.unit.providers.batch.made import submission


def test_it_asks_as_openai_is_asked() -> None:
    assert Groq().create(submission(), "f") == OpenAi().create(submission(), "f")
    assert Groq().status_call("b").path == "/batches/b"
