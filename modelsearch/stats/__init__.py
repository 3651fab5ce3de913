"""Arrays in, numbers out: knows no domain type and imports no room."""
