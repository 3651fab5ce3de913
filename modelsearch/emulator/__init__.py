"""A real HTTP server on loopback that speaks the dialects: recorded tables or synthetic worlds, faults on request."""
