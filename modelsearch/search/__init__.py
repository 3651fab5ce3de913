"""Decisions: pure, seeded, without IO. A strategy reads a view and returns values; it keeps no state."""
