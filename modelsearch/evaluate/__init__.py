"""Probes become outcomes: known replies, reserve, call, settle, score, record."""
