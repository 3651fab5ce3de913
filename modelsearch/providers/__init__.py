"""The only room with a network socket: one file does HTTP, dialects translate without IO."""
