"""Prior merit, free of charge."""
