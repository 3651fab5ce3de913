"""Measurements: each is a make target, prints its figure last, and exits 0 only if it holds, 77 without its data."""
