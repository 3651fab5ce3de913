"""Who leaves the pool, with the reason and its evidence."""
