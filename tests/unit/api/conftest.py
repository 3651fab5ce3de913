"""The shop and the bazaar for all tests of this folder."""

from tests.unit.api.bazaar import bazaar
from tests.unit.api.shop import shop

__all__ = ["bazaar", "shop"]
