"""Batch APIs of providers: one dialect a file, sans IO, and the one client that does their HTTP.

Why batch dialects are no part of the dialects of calls: a provider's batch API is its own, whatever format its calls
have (OpenRouter and OpenAI speak the same calls, and batches that have nothing in common). What is in a batch, and what
comes back for a request, is encoded and decoded by the dialect of the calls alone.
"""
