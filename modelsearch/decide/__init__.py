"""Outcomes become estimates, verdicts and one recommendation."""
