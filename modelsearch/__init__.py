"""modelsearch: the cheapest LLM, ensemble or cascade that is as good as the one you use now, with the evidence."""
