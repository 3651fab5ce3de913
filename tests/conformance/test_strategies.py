"""Every registered strategy keeps the contract of its role."""

import pytest

from modelsearch.core.registry import Role, lookup, names
from modelsearch.testing.conformance import CHECKS

STRATEGIES = [(role, name) for role in CHECKS for name in names(role)]


@pytest.mark.parametrize(("role", "name"), STRATEGIES, ids=[f"{role}-{name}" for role, name in STRATEGIES])
def test_conformance(role: Role, name: str) -> None:
    CHECKS[role](lookup(role, name).cls())
