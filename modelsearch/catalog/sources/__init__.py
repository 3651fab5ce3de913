"""What providers tell of themselves at run time, as core types: one source a file, sans IO."""
