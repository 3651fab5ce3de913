"""New candidates from known ones."""
