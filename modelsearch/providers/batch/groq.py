"""Groq's batches: OpenAI's, under its own address, for some of its models."""

from dataclasses import dataclass

from modelsearch.core.registry import register
from modelsearch.providers.batch.openai import OpenAi


@register("batch_dialect", "groq", source="https://console.groq.com/docs/batch")
@dataclass(frozen=True, slots=True, kw_only=True)
class Groq(OpenAi):
    """As OpenAI's in every field; the address of the calls in a file is OpenAI's as well."""
