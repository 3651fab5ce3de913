"""The shop for all tests of this folder."""

from tests.unit.api.shop import shop

__all__ = ["shop"]
