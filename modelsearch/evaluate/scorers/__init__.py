"""One scorer a file: the canonical form of a reply, and its score against the target."""
