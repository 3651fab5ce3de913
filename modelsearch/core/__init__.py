"""The nouns of a model search: values without IO, built on the standard library and numpy array types.

Every other room speaks in these types, so that no room has to know another. All are frozen dataclasses; untrusted
text is validated with pydantic in `catalog` and `taskfile` before it becomes one of them.
"""
