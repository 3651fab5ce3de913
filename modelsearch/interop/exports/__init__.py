"""A recommendation as what a team pastes into production: LiteLLM, OpenRouter, .env, Python, JSON."""
