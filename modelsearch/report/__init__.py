"""Reads a result or a run and writes text; computes nothing new."""
