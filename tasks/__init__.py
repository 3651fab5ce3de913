"""Prefect tasks: thin, one stage each, no arithmetic."""
